-- Titles in earlier rows of a feed whose employer has a pending record, and so perhaps another industry.
select record.{title} as title, {context} as context, record.{reported_on} as reported_on, false as is_new
from core.{feed} as record
{join_industry}
inner join pending on employer.batch_id = pending.batch_id
where record.recorded_to = 'infinity' and record.batch_id not in (select batch_id from pending)
