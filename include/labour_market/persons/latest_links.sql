-- The latest state of each pair: its last row of ops.person_link.
select distinct on (alias_key, person_key) * from ops.person_link order by alias_key, person_key, link_id desc
