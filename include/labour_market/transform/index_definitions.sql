-- Each index of a table that no constraint made: its name, and its definition before the name and after the name of the table.
select
    class.relname,
    case when index.indisunique then 'create unique index' else 'create index' end,
    substr(pg_get_indexdef(index.indexrelid), strpos(pg_get_indexdef(index.indexrelid), ' USING '))
from pg_index as index
inner join pg_class as class on index.indexrelid = class.oid
where
    index.indrelid = to_regclass(%(relation)s)
    and not exists (select from pg_constraint as owner where owner.conindid = index.indexrelid and owner.contype in ('p', 'u', 'x'))
order by class.relname
