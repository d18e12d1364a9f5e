-- Rows in breach of each rule and batch: how many, the numbers of the first ones, and the first column and pattern.
select
    batch_id,
    rule_id,
    count(distinct row_no),
    coalesce(
        (array_agg(distinct row_no order by row_no) filter (where row_no > 0))[1:%(first_rows)s], array[]::int[]
    ),
    (array_agg(column_name order by row_no, column_name))[1],
    (array_agg(value_pattern order by row_no, column_name))[1]
from failing
where not excused
group by batch_id, rule_id
