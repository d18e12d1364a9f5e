-- Count the new reports of titles that are coded already.
update ops.title_coding as coding
set
    seen_count = coding.seen_count + reported_title.new_reports,
    first_seen = least(coding.first_seen, reported_title.first_reported),
    last_seen = greatest(coding.last_seen, reported_title.last_reported)
from reported_title
where
    reported_title.title = coding.title_key and reported_title.context = coding.context
    and reported_title.new_reports > 0
