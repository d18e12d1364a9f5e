{{ config(incremental_strategy='replace_batch', meta={'feed': 'employers'}, indexes=[{'columns': ['sender_code', 'period']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- depends_on: {{ ref('dim_date') }}
-- depends_on: {{ ref('dim_employer') }}
-- depends_on: {{ ref('dim_occupation') }}
-- One row an employer, period and VSCO level-2 group of the demand grid (Form 02): hires planned for the next six months.
select
    {{ surrogate_key(['employer.sender_code', 'employer.period', 'employer.employer_no', 'grid.vsco2']) }} as demand_sk,
    employer.sender_code,
    employer.period,
    employer.employer_no,
    employer.batch_id,
    employer.row_no,
    {{ surrogate_key(['employer.sender_code', 'employer.employer_no']) }} as employer_sk,
    coalesce(area.area_sk, -1) as area_sk,
    coalesce(area.parent_district_code, employer.sender_code) as district_code,
    coalesce(to_char(employer.surveyed_on, 'YYYYMMDD')::int, -1) as surveyed_date_sk,
    coalesce(occupation.occupation_l2_sk, -1) as occupation_sk,
    grid.vsco2 as occupation_official,
    grid.vsco2 as occupation_detail,
    'given' as coding_method,
    sum(grid.quantity)::bigint as openings,
    sum(coalesce(grid.quantity_female, 0))::bigint as openings_female
from {{ ref('stg_employers__employer') }} as employer
cross join lateral jsonb_to_recordset(employer.demand_grid) as grid (vsco2 text, quantity bigint, quantity_female bigint) -- noqa: AL05
left join {{ ref('int_occupation__resolved') }} as occupation on grid.vsco2 = occupation.code and occupation.level = 2
left join {{ ref('int_area__keyed') }} as area
    on area.level = 'commune' and employer.commune_code = area.code
        and employer.surveyed_on >= area.valid_from and employer.surveyed_on < area.valid_to
where {{ in_scope('employers', 'employer') }} and grid.vsco2 is not null
group by
    employer.sender_code, employer.period, employer.employer_no, employer.batch_id, employer.row_no, employer.surveyed_on,
    area.area_sk, area.parent_district_code, occupation.occupation_l2_sk, grid.vsco2
