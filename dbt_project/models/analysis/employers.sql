-- Employers as in the latest register, without name, number, tax code and headcount.
with employers as (select * from {{ ref('dim_employer') }}),

areas as (select * from {{ ref('dim_area') }}),

industries as (select * from {{ ref('dim_industry') }})

select
    {{ analysis_key('employers.employer_sk') }} as employer_key,
    coalesce(areas.district_code, employers.sender_code) as district_code,
    areas.district_name_vi,
    {{ employer_columns('employers', 'industries') }},
    {{ as_number('employers.is_inferred') }} as is_inferred,
    {{ as_number("employers.tax_code_kind = 'branch'") }} as is_branch,
    1 as employers
from employers
inner join areas on employers.area_sk = areas.area_sk
inner join industries on employers.industry_sk = industries.industry_sk
where employers.employer_sk > 0 and {{ is_visible_to_reader('coalesce(areas.district_code, employers.sender_code)') }}
