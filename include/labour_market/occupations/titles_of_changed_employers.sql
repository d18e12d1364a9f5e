-- Titles in earlier rows of a feed whose employer has a record in a pending partition, and so perhaps another industry. An ended record counts
-- too: when a correction removes an employer from its partition, an older record gives the industry, or none does.
select record.{title} as title, {context} as context, record.{reported_on} as reported_on, false as is_new
from core.{feed} as record
{join_industry}
where record.recorded_to = 'infinity' and record.batch_id not in (select batch_id from pending)
    and ({keys_of_record}) in (
        select {keys}
        from core.{industry_feed}
        where (sender_code, period) in (select sender_code, period from ops.outbox where built_at is null and feed = {industry_feed_name})
    )
