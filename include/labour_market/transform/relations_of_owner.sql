-- Tables and views of an owner in these schemas.
select schema.nspname || '.' || relation.relname
from pg_class as relation
join pg_namespace as schema on schema.oid = relation.relnamespace
where schema.nspname = any(%(schemas)s) and relation.relkind in ('r', 'v') and pg_get_userbyid(relation.relowner) = %(owner)s
order by 1
