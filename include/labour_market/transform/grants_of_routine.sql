-- The statements that give a function its grants again: first what it has by default is taken back.
select
    format(
        'revoke all on function %%s from %%s',
        %(routine)s::text,
        case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
    )
from pg_proc
cross join aclexplode(acldefault('f', proowner))
where oid = %(routine)s::text::regprocedure and grantee <> proowner
union all
select
    format(
        'grant execute on function %%s to %%s%%s',
        %(routine)s::text,
        case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' end
    )
from pg_proc
cross join aclexplode(coalesce(proacl, acldefault('f', proowner)))
where oid = %(routine)s::text::regprocedure and grantee <> proowner
