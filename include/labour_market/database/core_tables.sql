-- The tables of core with their columns and indexes, as they are.
select
    relname as feed,
    obj_description(pg_class.oid, 'pg_class') as description,
    (
        select jsonb_object_agg(
            attname,
            jsonb_build_object(
                'type', format_type(atttypid, null),
                'not_null', attnotnull,
                'description', col_description(attrelid, attnum)
            )
        )
        from pg_attribute
        where attrelid = pg_class.oid and attnum > 0 and not attisdropped
    ) as columns,
    (
        select jsonb_object_agg(
            (select relname from pg_class as index_class where index_class.oid = indexrelid),
            jsonb_build_object(
                'columns', (
                    select jsonb_agg(attname order by place)
                    from unnest(indkey::smallint []) with ordinality as keys (number, place)
                    inner join pg_attribute on attrelid = indrelid and attnum = number
                ),
                'is_key', indisunique and indnullsnotdistinct and indexprs is null
                and coalesce(pg_get_expr(indpred, indrelid) = '(recorded_to = ''infinity''::timestamp with time zone)', false),
                'is_valid', indisvalid
            )
        )
        from pg_index
        where indrelid = pg_class.oid
    ) as indexes
from pg_class
where relnamespace = 'core'::regnamespace and relkind = 'r'
order by relname
