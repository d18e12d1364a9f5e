-- Rows of a batch that are quarantined, and those that only repeat another row.
with rejected as (
    select bool_or(action = 'quarantine') as is_quarantined
    from quarantine.rejected_row
    where batch_id = %(batch_id)s and status <> 'superseded'
    group by row_no
)

select count(*) filter (where is_quarantined) as quarantined, count(*) filter (where not is_quarantined) as duplicate
from rejected
