{{ config(incremental_strategy='replace_key_and_remove', unique_key='employer_sk', indexes=[{'columns': ['employer_sk', 'valid_from']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_batch') }}
-- A new version begins with the period in which the register has another name, type, tax code, size, industry or commune. The first version holds before its
-- register too, and an employer that no register has yet has one version without attributes: so every day of every employer has a version, and a fact
-- carries the key of the one with valid_from <= its day < valid_to. registered_from is the day since which the attributes are on record.
with employers as (select * from {{ ref('dim_employer') }}),

registrations as not materialized (select * from {{ ref('stg_employers__employer') }}),

divisions as (select * from {{ ref('int_industry_divisions__with_section') }}),

industries as (select * from {{ ref('dim_industry') }}),

areas as (select * from {{ ref('int_areas__keyed') }}),

-- an employer that a correction took out of its register too: its other registers give its versions
numbers_in_scope as (
    {{ all_versions_in_scope(['employers', 'job_orders', 'fair_attendance'], ['sender_code', 'employer_no']) }}
),

employers_in_scope as (
    select distinct
        employers.employer_sk,
        employers.sender_code,
        employers.employer_no
    from employers
    inner join numbers_in_scope
        on employers.sender_code = numbers_in_scope.sender_code and employers.employer_no = numbers_in_scope.employer_no
),

registrations_in_scope as (
    select
        registrations.*,
        jsonb_build_array(
            registrations.name, registrations.employer_type, registrations.tax_code, registrations.size_band, registrations.vsic_code,
            registrations.commune_code
        ) as attributes
    from registrations
    inner join employers_in_scope
        on registrations.sender_code = employers_in_scope.sender_code and registrations.employer_no = employers_in_scope.employer_no
),

compared_registrations as (
    select
        *,
        lag(attributes) over (partition by sender_code, employer_no order by valid_from asc, valid_to asc) as previous_attributes
    from registrations_in_scope
),

versions as (
    select
        *,
        lead(valid_from, 1, 'infinity'::date) over (partition by sender_code, employer_no order by valid_from asc, valid_to asc) as ends_on
    from compared_registrations
    where previous_attributes is distinct from attributes
),

described_versions as (
    select
        {{ surrogate_key(['employers_in_scope.sender_code', 'employers_in_scope.employer_no', 'versions.period']) }} as employer_version_sk,
        employers_in_scope.employer_sk,
        employers_in_scope.sender_code,
        employers_in_scope.employer_no,
        case when versions.previous_attributes is null then '1900-01-01'::date else versions.valid_from end as valid_from,
        coalesce(versions.ends_on, 'infinity'::date) as valid_to,
        coalesce(versions.ends_on, 'infinity'::date) = 'infinity' as is_current,
        versions.valid_from as registered_from,
        versions.name,
        versions.employer_type,
        versions.size_band,
        versions.vsic_code,
        coalesce(industries.industry_sk, -1) as industry_sk,
        coalesce(areas.area_sk, -1) as area_sk,
        coalesce(versions.batch_id, -1) as batch_id
    from employers_in_scope
    left join versions on employers_in_scope.sender_code = versions.sender_code and employers_in_scope.employer_no = versions.employer_no
    left join divisions
        on divisions.code = left(versions.vsic_code, 2)
            and divisions.valid_from <= versions.valid_to - 1 and versions.valid_to - 1 < divisions.valid_to
    left join industries on divisions.version = industries.version and divisions.section = industries.section_code
    left join areas on {{ is_commune_on('areas', 'versions.commune_code', 'versions.surveyed_on') }}
)

{{ with_special_members('described_versions', {
    'employer_version_sk': 'key',
    'employer_sk': 'key',
    'sender_code': 'code',
    'employer_no': 'code',
    'valid_from': 'first_day',
    'valid_to': 'last_day',
    'is_current': 'true',
    'registered_from': 'empty',
    'name': 'label_vi',
    'employer_type': 'empty',
    'size_band': 'empty',
    'vsic_code': 'empty',
    'industry_sk': 'key',
    'area_sk': 'key',
    'batch_id': 'key',
}) }}
