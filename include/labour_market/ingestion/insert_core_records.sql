-- Copy the rows of a batch that no rule keeps out from its stage table into core.
insert into core.{feed} ({core_columns})
select
    staged.batch_id,
    staged.row_no,
    staged.sender_code,
    staged.period,
    staged.sequence,
    %(valid_from)s,
    coalesce(%(valid_to)s, 'infinity'::date),
    now(),
    {recorded_to},
    {staged_fields}
from stage.{stage} as staged
where staged.batch_id = %(batch_id)s and {publishable}
