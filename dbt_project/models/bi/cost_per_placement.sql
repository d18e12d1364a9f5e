-- What a confirmed start of the sessions cost, where they were held, by fund and kind of session: settled cost only, a session of several funds shared out by
-- their shares.
select
    period as year,
    area_mode,
    area_code,
    area,
    breakdown,
    numerator as cost_settled_vnd,
    denominator as confirmed_starts,
    value as cost_per_placement_vnd,
    is_suppressed
from {{ ref('indicator') }}
where metric = 'cost_per_placement'
