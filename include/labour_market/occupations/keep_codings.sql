-- Keep new codings. A code of detail that is no longer given to new titles stays on a title that has it.
insert into ops.title_coding (
    title_key, context, title, occupation_code, level, method, score, coder_version, first_seen, last_seen, seen_count, detail_code
)
select title_key, context, title, occupation_code, level, method, score, coder_version, first_seen, last_seen, seen_count, detail_code
from new_coding
on conflict (title_key, context) do update set
    title = excluded.title,
    occupation_code = excluded.occupation_code,
    level = excluded.level,
    method = excluded.method,
    score = excluded.score,
    coder_version = excluded.coder_version,
    detail_code = coalesce(
        excluded.detail_code, case when title_coding.detail_code = any(%(retired_codes)s) then title_coding.detail_code end
    )
