-- Figures as somebody stated them: published ones, which ship with the project, and those that a steward recorded.
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
    said_of,
    source
from {{ ref('published_figure') }}
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
    null as said_of,
    source
from {{ source('ops', 'stated_figure') }}
