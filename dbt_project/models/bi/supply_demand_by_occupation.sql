-- Persons who work in, or seek work in, an occupation against the openings that employers plan in it, by area, at VSCO level 2, where the feeds conform.
with told as (
    select
        area_mode,
        area_code,
        area,
        substring(breakdown, '^occupation=(.*)$') as occupation_code,
        max(value) filter (where metric = 'employed') as employed,
        max(value) filter (where metric = 'seekers_surveyed') as seekers,
        max(value) filter (where metric = 'openings_planned') as openings_planned,
        max(value) filter (where metric = 'tension_planned') as tension_planned,
        bool_or(is_suppressed) as is_suppressed
    from {{ ref('indicator') }}
    where metric in ('employed', 'seekers_surveyed', 'openings_planned', 'tension_planned') and starts_with(breakdown, 'occupation=')
    group by area_mode, area_code, area, breakdown
)

select
    told.area_mode,
    told.area_code,
    told.area,
    told.occupation_code,
    occupation.label_vi as occupation_vi,
    occupation.label_en as occupation_en,
    told.employed,
    told.seekers,
    told.openings_planned,
    told.tension_planned,
    told.is_suppressed
from told
inner join {{ ref('dim_occupation') }} as occupation
    on told.occupation_code = occupation.code and occupation.scheme in ('VSCO2020', 'none')
