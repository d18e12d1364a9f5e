-- The views that read one of these relations, directly or by other views; each after those that it reads itself. Temporary views end with their session.
with recursive readers as (
    select distinct
        pg_depend.refobjid as source,
        pg_rewrite.ev_class as reader
    from pg_depend
    inner join pg_rewrite on pg_depend.classid = 'pg_rewrite'::regclass and pg_depend.objid = pg_rewrite.oid
    where pg_depend.refclassid = 'pg_class'::regclass and pg_depend.refobjid <> pg_rewrite.ev_class
),

dependents as (
    select
        reader,
        1 as depth
    from readers
    where source = any(%(relations)s::regclass[])
    union
    select
        readers.reader,
        dependents.depth + 1
    from dependents
    inner join readers on dependents.reader = readers.source
)

select
    pg_class.oid::bigint,
    nspname,
    relname,
    relkind::text,
    pg_get_userbyid(relowner),
    array_to_string(reloptions, ', '),
    rtrim(pg_get_viewdef(pg_class.oid), ';')
from dependents
inner join pg_class on dependents.reader = pg_class.oid
inner join pg_namespace on pg_class.relnamespace = pg_namespace.oid
where nspname || '.' || relname <> all(%(except_for)s) and nspname !~ '^pg_temp'
group by pg_class.oid, nspname, relname, relkind, relowner, reloptions
order by max(dependents.depth), nspname, relname
