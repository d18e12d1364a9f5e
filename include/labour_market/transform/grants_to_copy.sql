-- The grants of a source on itself and on those of its columns that the target has; without a source, those that the schema gives to new
-- relations by default. Grants to the owner of the target are left out; a grant to the public has no role.
with access_list as (
    select coalesce(
        (
            select coalesce(source.relacl, acldefault('r', source.relowner))
            from pg_class as source
            where source.oid = to_regclass(%(source)s)
        ),
        (
            select by_default.defaclacl
            from pg_default_acl as by_default
            join pg_namespace as schema on schema.oid = by_default.defaclnamespace
            where
                schema.nspname = %(schema)s and by_default.defaclobjtype = 'r' and by_default.defaclrole = %(owner)s::regrole
        ),
        acldefault('r', %(owner)s::regrole)
    ) as items
),

granted as (
    select item.grantee, item.privilege_type, item.is_grantable, null as column_name
    from access_list, aclexplode(access_list.items) as item
    union all
    select item.grantee, item.privilege_type, item.is_grantable, source_column.attname as column_name
    from pg_attribute as source_column, aclexplode(source_column.attacl) as item
    where source_column.attrelid = to_regclass(%(source)s) and exists (
        select
        from pg_attribute as target_column
        where
            target_column.attrelid = to_regclass(%(target)s) and target_column.attname = source_column.attname
            and not target_column.attisdropped
    )
)

select
    case granted.grantee when 0 then null else pg_get_userbyid(granted.grantee) end,
    granted.privilege_type,
    granted.is_grantable,
    granted.column_name
from granted
where granted.grantee <> (select target.relowner from pg_class as target where target.oid = to_regclass(%(target)s))
