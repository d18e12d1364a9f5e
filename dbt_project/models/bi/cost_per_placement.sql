-- Settled costs only, where the session was held. The starts of a session of several funds are divided by the shares of the funds.
select
    period as year,
    area_mode,
    area_code,
    area,
    breakdown,
    numerator as cost_settled_vnd,
    denominator as confirmed_starts,
    value as cost_per_placement_vnd,
    is_suppressed,
    status,
    senders_expected,
    senders_in
from {{ ref('indicator') }}
where metric = 'cost_per_placement'
