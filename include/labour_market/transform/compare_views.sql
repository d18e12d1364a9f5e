-- Whether a view states the query of a candidate and has its options, and the columns of both with their types, in order.
select
    view.relkind = 'v'
    and pg_get_viewdef(view.oid) = pg_get_viewdef(to_regclass(%(candidate)s))
    and view.reloptions is not distinct from (select reloptions from pg_class where oid = to_regclass(%(candidate)s)),
    array(
        select attribute.attname || ' ' || format_type(attribute.atttypid, attribute.atttypmod)
        from pg_attribute as attribute
        where attribute.attrelid = view.oid and attribute.attnum > 0 and not attribute.attisdropped
        order by attribute.attnum
    ),
    array(
        select attribute.attname || ' ' || format_type(attribute.atttypid, attribute.atttypmod)
        from pg_attribute as attribute
        where attribute.attrelid = to_regclass(%(candidate)s) and attribute.attnum > 0
        order by attribute.attnum
    )
from pg_class as view
where view.oid = to_regclass(%(relation)s)
