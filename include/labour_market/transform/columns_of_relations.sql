-- Name and type of each column of each table and view in these schemas, in order.
select schema.nspname || '.' || relation.relname, attribute.attname, format_type(attribute.atttypid, attribute.atttypmod)
from pg_attribute as attribute
join pg_class as relation on relation.oid = attribute.attrelid
join pg_namespace as schema on schema.oid = relation.relnamespace
where
    schema.nspname = any(%(schemas)s) and relation.relkind in ('r', 'v')
    and attribute.attnum > 0 and not attribute.attisdropped
order by relation.oid, attribute.attnum
