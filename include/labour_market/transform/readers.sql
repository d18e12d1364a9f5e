-- Pairs of a view and a relation that it reads itself.
select distinct view_schema.nspname || '.' || view.relname, read_schema.nspname || '.' || read.relname
from pg_depend as dependency
join pg_rewrite as rule on dependency.classid = 'pg_rewrite'::regclass and dependency.objid = rule.oid
join pg_class as view on view.oid = rule.ev_class
join pg_namespace as view_schema on view_schema.oid = view.relnamespace
join pg_class as read on read.oid = dependency.refobjid
join pg_namespace as read_schema on read_schema.oid = read.relnamespace
where
    dependency.refclassid = 'pg_class'::regclass and view.oid <> read.oid
    and not pg_is_other_temp_schema(view.relnamespace)
