-- What a relation has other than columns, key, declared foreign keys (those are not enforced), indexes, rights and comments: kind, name and
-- definition of each. An object that takes its place has none of it.
select
    'trigger' as kind,
    tgname as name,
    tgname as definition
from pg_trigger
where tgrelid = to_regclass(%(relation)s) and not tgisinternal
union all
select
    'rule',
    rulename,
    rulename
from pg_rewrite
where ev_class = to_regclass(%(relation)s) and rulename <> '_RETURN'
union all
select
    'default of column',
    attname,
    attname || ' ' || pg_get_expr(adbin, adrelid)
from pg_attrdef
inner join pg_attribute on attrelid = adrelid and attnum = adnum
where adrelid = to_regclass(%(relation)s)
union all
select
    'row security',
    '',
    ''
from pg_class
where oid = to_regclass(%(relation)s) and relrowsecurity
union all
select
    'policy',
    polname,
    polname
from pg_policy
where polrelid = to_regclass(%(relation)s)
union all
select
    'constraint',
    conname,
    pg_get_constraintdef(oid)
from pg_constraint
where conrelid = to_regclass(%(relation)s) and (contype in ('c', 'u', 'x') or (contype = 'f' and conenforced))
union all
select
    'statistics',
    stxname,
    stxname
from pg_statistic_ext
where stxrelid = to_regclass(%(relation)s)
union all
select
    'publication',
    pubname,
    pubname
from pg_publication_rel
inner join pg_publication on pg_publication.oid = prpubid
where prrelid = to_regclass(%(relation)s)
order by 1, 2
