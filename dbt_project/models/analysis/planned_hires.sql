-- The hires that employers planned for six months, by occupation at level 2.
with demand as (select * from {{ ref('fct_labour_demand') }}),

dates as (select * from {{ ref('dim_date') }}),

areas as (select * from {{ ref('dim_area') }}),

employer_versions as (select * from {{ ref('dim_employer_version') }}),

industries as (select * from {{ ref('dim_industry') }}),

occupations as (select * from {{ ref('dim_occupation') }})

select
    {{ analysis_key('demand.demand_sk') }} as demand_key,
    {{ analysis_key('demand.employer_sk') }} as employer_key,
    demand.sender_code,
    demand.period,
    dates.month_start as surveyed_month,
    demand.district_code,
    areas.district_name_vi,
    {{ employer_columns('employer_versions', 'industries') }},
    {{ occupation_columns('occupations') }},
    demand.openings,
    demand.openings_female
from demand
inner join dates on demand.surveyed_date_sk = dates.date_sk
inner join areas on demand.area_sk = areas.area_sk
inner join employer_versions on demand.employer_version_sk = employer_versions.employer_version_sk
inner join industries on employer_versions.industry_sk = industries.industry_sk
inner join occupations on demand.occupation_detail_sk = occupations.occupation_sk
where {{ is_visible_to_reader('demand.district_code') }}
