-- What: at most a tenth of a sender's openings have no occupation.
-- When it fails (a warning): titles of a new kind came, or a sender writes codes of another scheme.
-- How to fix: lmw occupation code shows how the coder reads the titles; a steward's correction is kept.
{{ config(severity='warn') }}
select
    sender_code,
    sum(openings) as openings,
    sum(openings) filter (where occupation_sk = -1) as uncoded_openings
from {{ ref('fct_job_order') }}
group by sender_code
having sum(openings) >= 100 and sum(openings) filter (where occupation_sk = -1) > 0.1 * sum(openings)
