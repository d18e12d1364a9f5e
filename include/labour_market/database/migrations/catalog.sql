-- One line for each table, column, constraint, index, function and right in the schemas of the setting lmw.schemas, to compare databases.
-- Names of constraints and the order of columns are left out: the programs depend on neither.
with relations as (
    select
        pg_class.oid,
        format('%s.%s', nspname, relname) as name,
        relowner,
        coalesce(relacl, acldefault('r', relowner)) as rights
    from pg_class
    inner join pg_namespace on relnamespace = pg_namespace.oid
    where nspname = any(string_to_array(current_setting('lmw.schemas'), ',')) and relkind in ('r', 'p')
),

columns as (
    select
        relations.name as relation,
        relations.relowner,
        attname as name,
        attacl as rights,
        concat_ws(
            ' ',
            format_type(atttypid, atttypmod),
            case when attnotnull then 'not null' end,
            case attidentity when 'a' then 'identity always' when 'd' then 'identity by default' end,
            'default ' || pg_get_expr(adbin, adrelid)
        ) as definition
    from relations
    inner join pg_attribute on attrelid = relations.oid and attnum > 0 and not attisdropped
    left join pg_attrdef on adrelid = attrelid and adnum = attnum
),

functions as (
    select
        pg_proc.oid::regprocedure::text as name,
        md5(pg_get_functiondef(pg_proc.oid)) as definition
    from pg_proc
    inner join pg_namespace on pronamespace = pg_namespace.oid
    where nspname = any(string_to_array(current_setting('lmw.schemas'), ','))
)

select format('table %s', name) as line from relations
union all
select format('column %s.%s %s', relation, name, definition) from columns
union all
select format('constraint %s %s', relations.name, pg_get_constraintdef(pg_constraint.oid))
from pg_constraint
inner join relations on conrelid = relations.oid
where contype <> 'n'
union all
select pg_get_indexdef(indexrelid)
from pg_index
inner join relations on indrelid = relations.oid
where not exists (select from pg_constraint where conindid = indexrelid)
union all
select format('function %s %s', name, definition) from functions
union all
select format('grant %s on %s to %s', entry.privilege_type, relations.name, pg_get_userbyid(entry.grantee))
from relations
cross join aclexplode(relations.rights) as entry
where entry.grantee <> relations.relowner
union all
select format('grant %s (%s) on %s to %s', entry.privilege_type, columns.name, columns.relation, pg_get_userbyid(entry.grantee))
from columns
cross join aclexplode(columns.rights) as entry
where entry.grantee <> columns.relowner
order by line
