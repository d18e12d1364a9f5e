with published as (select * from {{ ref('published_figure') }}),

recorded as (select * from {{ source('ops', 'stated_figure') }})

select
    metric,
    period_kind,
    period,
    'as_reported' as area_mode,
    'all' as area_code,
    breakdown,
    part,
    as_written,
    value::numeric as value,
    bound,
    step::numeric as step,
    stated_by,
    nullif(stated_on, '')::date as stated_on,
    time_reference,
    source
from published
union all
select
    metric,
    period_kind,
    period,
    area_mode,
    area_code,
    breakdown,
    part,
    as_written,
    value,
    bound,
    step,
    stated_by,
    stated_on,
    null as time_reference,
    source
from recorded
