-- The rows behind durations: each case, and the start that ended it.
select
    cell.metric,
    cases.period_kind,
    cases.period,
    cases.area_mode,
    cases.area_code,
    cases.breakdown,
    telling.part,
    telling.fact,
    telling.batch_id,
    telling.row_no,
    cases.unit,
    cases.weight as amount
from {{ ref('int_case__timed') }} as cases
cross join lateral (values (cases.metric), (cases.share)) as cell (metric)
cross join
    lateral (
        values
        ('denominator', cases.fact, cases.batch_id, cases.row_no, true),
        ('numerator', cases.fact, cases.batch_id, cases.row_no, cases.is_event),
        ('numerator', 'fct_placement', cases.start_batch_id, cases.start_row_no, cases.start_batch_id is not null)
    ) as telling (part, fact, batch_id, row_no, belongs)
where telling.belongs
