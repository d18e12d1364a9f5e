-- Openings are those that employers plan. Persons of a year are those of its survey round; openings are compared with the seekers of the latest round until
-- then, of senders whose register and survey have both arrived. Level 2 of VSCO is where the feeds conform.
with indicators as (select * from {{ ref('indicator') }}),

occupations as (select * from {{ ref('dim_occupation') }}),

measures as (
    select
        period_kind,
        period,
        area_mode,
        area_code,
        area,
        substring(breakdown, '^occupation=(.*)$') as occupation_code,
        max(value) filter (where metric = 'employed') as employed,
        max(value) filter (where metric = 'seekers_surveyed') as seekers,
        max(value) filter (where metric = 'openings_planned') as openings_planned,
        max(numerator) filter (where metric = 'tension_planned') as openings_compared,
        max(denominator) filter (where metric = 'tension_planned') as seekers_compared,
        max(value) filter (where metric = 'tension_planned') as tension_planned,
        bool_or(is_suppressed) as is_suppressed,
        {{ incomplete_metrics() }}
    from indicators
    where metric in ('employed', 'seekers_surveyed', 'openings_planned', 'tension_planned') and starts_with(breakdown, 'occupation=')
    group by period_kind, period, area_mode, area_code, area, breakdown
)

select
    measures.period_kind,
    measures.period,
    measures.area_mode,
    measures.area_code,
    measures.area,
    measures.occupation_code,
    occupations.label_vi as occupation_vi,
    occupations.label_en as occupation_en,
    measures.employed,
    measures.seekers,
    measures.openings_planned,
    measures.seekers_compared,
    measures.tension_planned,
    measures.is_suppressed,
    measures.partial_metrics,
    measures.not_received_metrics,
    measures.openings_compared
from measures
inner join occupations on measures.occupation_code = occupations.code and occupations.scheme in ('VSCO2020', 'none')
