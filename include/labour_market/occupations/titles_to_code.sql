-- Reported titles without a coding, and titles that another version of the coder has coded.
select title, context, new_reports, first_reported, last_reported
from reported_title
where not exists (
    select from ops.title_coding as coding
    where coding.title_key = reported_title.title and coding.context = reported_title.context
)
union all
select title_key as title, context, seen_count as new_reports, first_seen as first_reported, last_seen as last_reported
from ops.title_coding
where coder_version <> %(coder_version)s
