-- The statements that give a view that was created again its rights, comments and indexes.
with view_rights as (
    select
        relname,
        relowner,
        relnamespace::regnamespace as schema_name,
        null::name as column_name,
        relacl as rights
    from pg_class
    where oid = %(view)s
    union all
    select
        relname,
        relowner,
        relnamespace::regnamespace,
        attname,
        attacl
    from pg_attribute
    inner join pg_class on attrelid = pg_class.oid
    where attrelid = %(view)s
)

select
    format(
        'grant %%s%%s on %%s.%%I to %%s%%s',
        entry.privilege_type,
        case when column_name is not null then format(' (%%I)', column_name) end,
        schema_name,
        relname,
        case when entry.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(entry.grantee)) end,
        case when entry.is_grantable then ' with grant option' end
    )
from view_rights
cross join aclexplode(rights) as entry
where entry.grantee <> relowner
union all
select
    case
        when objsubid = 0 then format('comment on %%s %%s is %%L', case relkind when 'm' then 'materialized view' else 'view' end, pg_class.oid::regclass, description)
        else format('comment on column %%s.%%I is %%L', pg_class.oid::regclass, attname, description)
    end
from pg_description
inner join pg_class on objoid = pg_class.oid
left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0
where classoid = 'pg_class'::regclass and objoid = %(view)s
union all
select pg_get_indexdef(indexrelid)
from pg_index
where indrelid = %(view)s
