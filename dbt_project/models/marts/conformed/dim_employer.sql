{{ config(incremental_strategy='merge', unique_key='employer_sk') }}
-- depends_on: {{ ref('dim_area') }}
-- Employers as the latest register of their district knows them. A branch (tax code 10-3) names the employer of the 10 digits: that of its own district where
-- there is one. Both are written again when one of them comes.
with told as (
    select distinct
        known.employer_sk,
        known.sender_code,
        known.employer_no
    from {{ ref('int_employer__known') }} as known
    {% if is_incremental() %}
        inner join {{ source('ops', 'build_scope') }} as scope
            on known.feed = scope.feed and known.sender_code = scope.sender_code and known.period = scope.period
    {% endif %}
),

family as (
    select distinct left(employer.tax_code, 10) as code
    from {{ ref('stg_employers__employer') }} as employer
    inner join told on employer.sender_code = told.sender_code and employer.employer_no = told.employer_no
    where employer.tax_code_kind in ('enterprise', 'branch')
),

touched as (
    select * from told
    union
    select
        {{ surrogate_key(['employer.sender_code', 'employer.employer_no']) }},
        employer.sender_code,
        employer.employer_no
    from {{ ref('stg_employers__employer') }} as employer
    inner join family on left(employer.tax_code, 10) = family.code
    where employer.tax_code_kind in ('enterprise', 'branch')
),

latest as (
    select distinct on (employer.sender_code, employer.employer_no) employer.*
    from {{ ref('stg_employers__employer') }} as employer
    inner join touched on employer.sender_code = touched.sender_code and employer.employer_no = touched.employer_no
    order by employer.sender_code asc, employer.employer_no asc, employer.valid_from desc, employer.valid_to desc
),

described as (
    select
        touched.employer_sk,
        touched.sender_code,
        touched.employer_no,
        latest.name,
        case when latest.tax_code_kind <> 'personal' then latest.tax_code end as tax_code,
        latest.tax_code_kind,
        latest.employer_type,
        latest.size_band,
        latest.headcount,
        latest.vsic_code,
        coalesce(section.industry_sk, -1) as industry_sk,
        coalesce(area.area_sk, -1) as area_sk,
        latest.employer_no is null as is_inferred,
        coalesce(latest.batch_id, -1) as batch_id
    from touched
    left join latest on touched.sender_code = latest.sender_code and touched.employer_no = latest.employer_no
    left join {{ ref('int_industry__section_of_division') }} as class
        on class.code = left(latest.vsic_code, 2)
            and class.valid_from <= latest.valid_to - 1 and latest.valid_to - 1 < class.valid_to
    left join {{ ref('dim_industry') }} as section on class.version = section.version and class.section = section.section_code
    left join {{ ref('int_area__keyed') }} as area
        on area.level = 'commune' and latest.commune_code = area.code
            and latest.surveyed_on >= area.valid_from and latest.surveyed_on < area.valid_to
),

parents as (
    select distinct on (branch.employer_sk)
        branch.employer_sk,
        parent.employer_sk as parent_employer_sk
    from described as branch
    inner join described as parent on left(branch.tax_code, 10) = parent.tax_code and parent.tax_code_kind = 'enterprise'
    where branch.tax_code_kind = 'branch'
    order by branch.employer_sk asc, (branch.sender_code = parent.sender_code) desc, parent.employer_sk asc
),

members as (
    select
        -1::bigint as employer_sk,
        'unknown' as sender_code,
        'unknown' as employer_no,
        'Không rõ' as name,
        null as tax_code,
        null as tax_code_kind,
        null as employer_type,
        null as size_band,
        null::bigint as headcount,
        null as vsic_code,
        -1::bigint as industry_sk,
        -1::bigint as area_sk,
        false as is_inferred,
        -1::bigint as batch_id,
        -2::bigint as parent_employer_sk
    union all
    select
        -2,
        'not_applicable',
        'not_applicable',
        'Không áp dụng',
        null,
        null,
        null,
        null,
        null,
        null,
        -2,
        -2,
        false,
        -2,
        -2
)

select
    described.*,
    case when described.tax_code_kind = 'branch' then coalesce(parents.parent_employer_sk, -1) else -2 end as parent_employer_sk
from described
left join parents on described.employer_sk = parents.employer_sk
union all
select * from members
