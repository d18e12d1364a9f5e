-- The cells that rows of a batch are counted in, with the number of those rows.
with counted as (
    select {cell_key}, count(distinct (fact, row_no)) as rows
    from indicators.indicator_source
    where batch_id = %(batch_id)s
    group by {cell_key}
)

select {cell_key}, cell.numerator, cell.denominator, cell.value, cell.is_suppressed, counted.rows
from counted
inner join indicators.indicator_cell as cell using ({cell_key})
order by {cell_key}
