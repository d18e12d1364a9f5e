{{ config(incremental_strategy='replace_key_and_remove', unique_key='employer_sk', indexes=[{'columns': ['employer_sk', 'valid_from']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_employer') }}
-- A new version begins with the period in which the register has another name, type, tax code, size, industry or commune. Facts keep the employer's own key;
-- the version of a fact is that of its employer_sk with valid_from <= its day < valid_to. No version holds before the first register.
with registrations as not materialized (select * from {{ ref('stg_employers__employer') }}),

divisions as (select * from {{ ref('int_industry_divisions__with_section') }}),

industries as (select * from {{ ref('dim_industry') }}),

areas as (select * from {{ ref('int_areas__keyed') }}),

-- an employer that a correction took out of its register too: its other registers give its versions
numbers_in_scope as (
    {{ all_versions_in_scope('employers', ['sender_code', 'employer_no']) }}
),

employers_in_scope as (
    select distinct
        sender_code,
        employer_no
    from numbers_in_scope
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
)

select
    {{ surrogate_key(['versions.sender_code', 'versions.employer_no', 'versions.period']) }} as employer_version_sk,
    {{ surrogate_key(['versions.sender_code', 'versions.employer_no']) }} as employer_sk,
    versions.valid_from,
    versions.ends_on as valid_to,
    versions.ends_on = 'infinity' as is_current,
    versions.name,
    versions.employer_type,
    versions.size_band,
    versions.vsic_code,
    coalesce(industries.industry_sk, -1) as industry_sk,
    coalesce(areas.area_sk, -1) as area_sk,
    versions.batch_id
from versions
left join divisions
    on divisions.code = left(versions.vsic_code, 2)
        and divisions.valid_from <= versions.valid_to - 1 and versions.valid_to - 1 < divisions.valid_to
left join industries on divisions.version = industries.version and divisions.section = industries.section_code
left join areas on {{ is_commune_on('areas', 'versions.commune_code', 'versions.surveyed_on') }}
