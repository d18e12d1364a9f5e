-- Job starts with their checks. The wage is rounded to half a million, the time from the session to the start is in weeks. Sex and age are those of the
-- last sighting of the person. Where the residence on the day is unknown, district_code is that of the last sighting, as residence_basis says.
with placements as (select * from {{ ref('fct_placement') }}),

persons as (select * from {{ ref('dim_person') }}),

dates as (select * from {{ ref('dim_date') }}),

areas as (select * from {{ ref('dim_area') }}),

employer_versions as (select * from {{ ref('dim_employer_version') }}),

industries as (select * from {{ ref('dim_industry') }}),

occupations as (select * from {{ ref('dim_occupation') }}),

starts as (
    select
        placements.*,
        persons.sex,
        persons.age_band,
        case when placements.area_sk = -1 and placements.district_code = 'unknown' then persons.area_sk else placements.area_sk end as known_area_sk,
        case
            when placements.district_code <> 'unknown' then 'at_start'
            when persons.area_sk > 0 then 'last_sighting'
            else 'unknown'
        end as residence_basis
    from placements
    inner join persons on placements.person_sk = persons.person_sk
),

starts_in_districts as (
    select
        starts.*,
        areas.district_name_vi,
        case when starts.residence_basis = 'last_sighting' then coalesce(areas.district_code, 'unknown') else starts.district_code end as known_district
    from starts
    inner join areas on starts.known_area_sk = areas.area_sk
)

select
    {{ analysis_key('starts.placement_sk') }} as start_key,
    {{ analysis_key('starts.person_sk') }} as person_key,
    {{ analysis_key('starts.session_sk') }} as session_key,
    {{ analysis_key('starts.employer_sk') }} as employer_key,
    {{ analysis_key('starts.order_sk') }} as order_key,
    dates.month_start as start_month,
    starts.channel,
    starts.known_district as district_code,
    starts.district_name_vi,
    starts.residence_basis,
    workplaces.district_code as workplace_district_code,
    workplaces.district_name_vi as workplace_district_name_vi,
    starts.sex,
    starts.age_band,
    {{ group_numbers('starts') }},
    {{ employer_columns('employer_versions', 'industries') }},
    {{ occupation_columns('occupations') }},
    starts.contract_type,
    (round(starts.wage_vnd / 500000.0) * 500000)::bigint as wage_vnd,
    starts.days_to_start / 7 as weeks_to_start,
    {%- for check in ['start', 'm3', 'm6', 'm12'] %}
        starts.check_{{ check }},
        case starts.check_{{ check }} when 'in_job' then 1 else 0 end as in_job_{{ check }},
        case when starts.check_{{ check }} in ('in_job', 'lost') then 1 else 0 end as known_{{ check }},
    {%- endfor %}
    1 as starts
from starts_in_districts as starts
inner join dates on starts.start_date_sk = dates.date_sk
inner join areas as workplaces on starts.workplace_area_sk = workplaces.area_sk
inner join employer_versions on starts.employer_version_sk = employer_versions.employer_version_sk
inner join industries on employer_versions.industry_sk = industries.industry_sk
inner join occupations on starts.occupation_detail_sk = occupations.occupation_sk
where {{ is_visible_to_reader('starts.known_district') }}
