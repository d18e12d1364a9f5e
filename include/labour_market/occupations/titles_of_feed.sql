-- Titles in pending rows of a feed.
select record.{title} as title, {context} as context, record.{reported_on} as reported_on, pending.is_new
from core.{feed} as record
inner join pending using (batch_id)
{join_industry}
