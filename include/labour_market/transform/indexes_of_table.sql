-- The columns of each index of a table, and whether it is unique; partial indexes and those of expressions are left out.
select
    array(
        select attribute.attname::text
        from unnest(index.indkey) with ordinality as key (attnum, place)
        join pg_attribute as attribute on attribute.attrelid = index.indrelid and attribute.attnum = key.attnum
        order by key.place
    ),
    index.indisunique
from pg_index as index
where index.indrelid = to_regclass(%(relation)s) and index.indpred is null and index.indexprs is null
