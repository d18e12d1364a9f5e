{{ config(incremental_strategy='merge_and_remove', unique_key='employer_sk') }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- An employer has the attributes of its latest register. A branch (tax code 10-3) names the enterprise of the 10 digits: that of its own district where there
-- is one. A branch and its enterprise are written again when a delivery has one of them, or has removed or corrected one.
with mentions as (select * from {{ ref('int_employers__mentioned') }}),

registrations as not materialized (select * from {{ ref('stg_employers__employer') }}),

divisions as (select * from {{ ref('int_industry_divisions__with_section') }}),

industries as (select * from {{ ref('dim_industry') }}),

areas as (select * from {{ ref('int_areas__keyed') }}),

registrations_in_scope as (
    {{ all_versions_in_scope('employers', ['sender_code', 'employer_no', 'tax_code', 'tax_code_kind']) }}
),

numbers_in_scope as (
    select
        sender_code,
        employer_no
    from registrations_in_scope
    union
    (
        {{ all_versions_in_scope(['job_orders', 'fair_attendance'], ['sender_code', 'employer_no']) | indent(8) }}
    )
),

employers_in_scope as (
    select distinct
        mentions.employer_sk,
        mentions.sender_code,
        mentions.employer_no
    from mentions
    inner join numbers_in_scope on mentions.sender_code = numbers_in_scope.sender_code and mentions.employer_no = numbers_in_scope.employer_no
),

-- a tax code of an earlier version too: its branches have lost their enterprise
tax_codes_in_scope as (
    select left(registrations.tax_code, 10) as tax_code
    from registrations
    inner join employers_in_scope
        on registrations.sender_code = employers_in_scope.sender_code and registrations.employer_no = employers_in_scope.employer_no
    where registrations.tax_code_kind in ('enterprise', 'branch')
    union
    select left(tax_code, 10) as tax_code from registrations_in_scope
    where tax_code_kind in ('enterprise', 'branch')
),

employers_to_write as (
    select
        employer_sk,
        sender_code,
        employer_no
    from employers_in_scope
    union
    select
        {{ surrogate_key(['registrations.sender_code', 'registrations.employer_no']) }} as employer_sk,
        registrations.sender_code,
        registrations.employer_no
    from registrations
    inner join tax_codes_in_scope on left(registrations.tax_code, 10) = tax_codes_in_scope.tax_code
    where registrations.tax_code_kind in ('enterprise', 'branch')
),

latest_registrations as (
    select distinct on (registrations.sender_code, registrations.employer_no) registrations.*
    from registrations
    inner join employers_to_write
        on registrations.sender_code = employers_to_write.sender_code and registrations.employer_no = employers_to_write.employer_no
    order by registrations.sender_code asc, registrations.employer_no asc, registrations.valid_from desc, registrations.valid_to desc
),

described_employers as (
    select
        employers_to_write.employer_sk,
        employers_to_write.sender_code,
        employers_to_write.employer_no,
        latest_registrations.name,
        case when latest_registrations.tax_code_kind <> 'personal' then latest_registrations.tax_code end as tax_code,
        latest_registrations.tax_code_kind,
        latest_registrations.employer_type,
        latest_registrations.size_band,
        latest_registrations.headcount,
        latest_registrations.vsic_code,
        coalesce(industries.industry_sk, -1) as industry_sk,
        coalesce(areas.area_sk, -1) as area_sk,
        latest_registrations.employer_no is null as is_inferred,
        coalesce(latest_registrations.batch_id, -1) as batch_id
    from employers_to_write
    left join latest_registrations
        on employers_to_write.sender_code = latest_registrations.sender_code and employers_to_write.employer_no = latest_registrations.employer_no
    left join divisions
        on divisions.code = left(latest_registrations.vsic_code, 2)
            and divisions.valid_from <= latest_registrations.valid_to - 1 and latest_registrations.valid_to - 1 < divisions.valid_to
    left join industries on divisions.version = industries.version and divisions.section = industries.section_code
    left join areas on {{ is_commune_on('areas', 'latest_registrations.commune_code', 'latest_registrations.surveyed_on') }}
),

parents as (
    select distinct on (branches.employer_sk)
        branches.employer_sk,
        enterprises.employer_sk as parent_employer_sk
    from described_employers as branches
    inner join described_employers as enterprises
        on left(branches.tax_code, 10) = enterprises.tax_code and enterprises.tax_code_kind = 'enterprise'
    where branches.tax_code_kind = 'branch'
    order by branches.employer_sk asc, (branches.sender_code = enterprises.sender_code) desc, enterprises.employer_sk asc
),

employers as (
    select
        described_employers.*,
        case when described_employers.tax_code_kind = 'branch' then coalesce(parents.parent_employer_sk, -1) else -2 end as parent_employer_sk
    from described_employers
    left join parents on described_employers.employer_sk = parents.employer_sk
    -- an employer that had one of the tax codes in the past is left as it is: the enterprise of its present code may not be described here
    where
        described_employers.employer_sk in (select employers_in_scope.employer_sk from employers_in_scope)
        or left(described_employers.tax_code, 10) in (select tax_codes_in_scope.tax_code from tax_codes_in_scope)
)

{{ with_special_members('employers', {
    'employer_sk': 'key',
    'sender_code': 'code',
    'employer_no': 'code',
    'name': 'label_vi',
    'tax_code': 'empty',
    'tax_code_kind': 'empty',
    'employer_type': 'empty',
    'size_band': 'empty',
    'headcount': 'empty',
    'vsic_code': 'empty',
    'industry_sk': 'key',
    'area_sk': 'key',
    'is_inferred': 'false',
    'batch_id': 'key',
    'parent_employer_sk': '-2',
}) }}
