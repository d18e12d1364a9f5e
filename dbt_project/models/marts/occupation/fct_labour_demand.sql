{{ config(incremental_strategy='replace_batch', meta={'feed': 'employers'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_occupation') }}
-- Hires planned for the next six months, by the groups of the demand grid of Form 02.
with employers as (select * from {{ ref('stg_employers__employer') }}),

occupations as (
    select * from {{ ref('int_occupations__keyed') }}
    where level = 2
),

employer_versions as (select * from {{ ref('dim_employer_version') }}),

areas as (select * from {{ ref('int_areas__keyed') }})

select
    {{ surrogate_key(['employers.sender_code', 'employers.period', 'employers.employer_no', 'demand.vsco2']) }} as demand_sk,
    employers.sender_code,
    employers.period,
    employers.employer_no,
    employers.batch_id,
    employers.row_no,
    {{ surrogate_key(['employers.sender_code', 'employers.employer_no']) }} as employer_sk,
    coalesce(employer_versions.employer_version_sk, -1) as employer_version_sk,
    coalesce(areas.area_sk, -1) as area_sk,
    coalesce(areas.parent_district_code, employers.sender_code) as district_code,
    coalesce(to_char(employers.surveyed_on, 'YYYYMMDD')::int, -1) as surveyed_date_sk,
    coalesce(occupations.occupation_l2_sk, -1) as occupation_sk,
    demand.vsco2 as occupation_official,
    demand.vsco2 as occupation_detail,
    coalesce(occupations.occupation_l2_sk, -1) as occupation_detail_sk,
    'given' as coding_method,
    sum(demand.quantity)::bigint as openings,
    sum(coalesce(demand.quantity_female, 0))::bigint as openings_female
from employers
cross join lateral jsonb_to_recordset(employers.demand_grid) as demand (vsco2 text, quantity bigint, quantity_female bigint) -- noqa: AL05
left join occupations on demand.vsco2 = occupations.code
left join employer_versions
    on employers.sender_code = employer_versions.sender_code and employers.employer_no = employer_versions.employer_no
        and employers.valid_from >= employer_versions.valid_from and employers.valid_from < employer_versions.valid_to
left join areas on {{ is_commune_on('areas', 'employers.commune_code', 'employers.surveyed_on') }}
where {{ in_scope('employers', 'employers') }} and demand.vsco2 is not null
group by
    employers.sender_code, employers.period, employers.employer_no, employers.batch_id, employers.row_no, employers.surveyed_on,
    employer_versions.employer_version_sk, areas.area_sk, areas.parent_district_code, occupations.occupation_l2_sk, demand.vsco2
