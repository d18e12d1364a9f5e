-- Tables with a foreign key to one of these relations.
select distinct table_schema.nspname || '.' || referencing.relname
from pg_constraint as foreign_key
join pg_class as referencing on referencing.oid = foreign_key.conrelid
join pg_namespace as table_schema on table_schema.oid = referencing.relnamespace
join pg_class as referenced on referenced.oid = foreign_key.confrelid
join pg_namespace as referenced_schema on referenced_schema.oid = referenced.relnamespace
where foreign_key.contype = 'f' and referenced_schema.nspname || '.' || referenced.relname = any(%(relations)s)
