-- What: a visit with a start of work also has an accepted offer.
-- When it fails (a warning): the district typed a day of start and left "accepted" open; the start is not counted as a placement until it is.
-- How to fix: the district completes the attendance list; a corrected delivery replaces it.
{{ config(severity='warn') }}
select
    sender_code,
    session_no,
    visit_sk,
    batch_id
from {{ ref('fct_fair_attendance') }} as visits
where is_started and not is_accepted and {{ in_build_scope('fair_attendance', 'visits') }}
