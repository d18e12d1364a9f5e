-- The person of each linked pseudonym. A chain (form, old number, new number) leads to its end, with the lower of its scores.
with links_in_force as (
    select distinct on (alias_key) alias_key, person_key, method, score, state
    from ({latest_links}) as latest_links
    where state in ('linked', 'confirmed')
    order by alias_key, state, link_id
)

select
    links_in_force.alias_key,
    coalesce(next_link.person_key, links_in_force.person_key),
    links_in_force.method,
    least(links_in_force.score, next_link.score),
    links_in_force.state
from links_in_force
left join links_in_force as next_link on links_in_force.person_key = next_link.alias_key
