-- End the current records whose key comes again for the same period and sequence or a later one, and those of an earlier publication of the
-- batch, which rules may keep out now; gives the periods of the former.
with own as (
    update core.{feed}
    set recorded_to = now()
    where batch_id = %(batch_id)s and recorded_to = 'infinity'
)

update core.{feed} as recorded
set recorded_to = now()
from stage.{stage} as staged
where staged.batch_id = %(batch_id)s
    and recorded.batch_id <> %(batch_id)s
    and recorded.sender_code = %(sender_code)s
    and recorded.recorded_to = 'infinity'
    and {same_key}
    and (recorded.valid_from, recorded.sequence) <= (%(valid_from)s, %(sequence)s)
    and {publishable}
returning recorded.period
