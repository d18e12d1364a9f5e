{{ config(incremental_strategy='delete+insert', unique_key='employer_sk', indexes=[{'columns': ['employer_sk', 'valid_from']}]) }}
-- depends_on: {{ ref('dim_area') }}
-- depends_on: {{ ref('dim_employer') }}
-- What an employer was, and from when to when: a new version begins with the period in which the register tells another name, type, tax code, size, industry or
-- commune. Facts keep the employer's own key; the version of a fact is that of its employer_sk with valid_from <= its day < valid_to. Of a day before the first
-- register nothing is known.
with touched as (
    select distinct
        sender_code,
        employer_no
    from {{ ref('stg_employers__employer') }} as employer
    where {{ in_scope('employers', 'employer') }}
),

described as (
    select
        employer.*,
        jsonb_build_array(
            employer.name, employer.employer_type, employer.tax_code, employer.size_band, employer.vsic_code, employer.commune_code
        ) as attributes
    from {{ ref('stg_employers__employer') }} as employer
    inner join touched on employer.sender_code = touched.sender_code and employer.employer_no = touched.employer_no
),

told as (
    select
        *,
        lag(attributes) over (partition by sender_code, employer_no order by valid_from asc, valid_to asc) as attributes_before
    from described
),

versions as (
    select
        *,
        lead(valid_from, 1, 'infinity'::date) over (partition by sender_code, employer_no order by valid_from asc, valid_to asc) as ends_on
    from told
    where attributes_before is distinct from attributes
)

select
    {{ surrogate_key(['version.sender_code', 'version.employer_no', 'version.period']) }} as employer_version_sk,
    {{ surrogate_key(['version.sender_code', 'version.employer_no']) }} as employer_sk,
    version.valid_from,
    version.ends_on as valid_to,
    version.ends_on = 'infinity' as is_current,
    version.name,
    version.employer_type,
    version.size_band,
    version.vsic_code,
    coalesce(section.industry_sk, -1) as industry_sk,
    coalesce(area.area_sk, -1) as area_sk,
    version.batch_id
from versions as version
left join {{ ref('int_industry__section_of_division') }} as class
    on class.code = left(version.vsic_code, 2)
        and class.valid_from <= version.valid_to - 1 and version.valid_to - 1 < class.valid_to
left join {{ ref('dim_industry') }} as section on class.version = section.version and class.section = section.section_code
left join {{ ref('int_area__keyed') }} as area
    on area.level = 'commune' and version.commune_code = area.code
        and version.surveyed_on >= area.valid_from and version.surveyed_on < area.valid_to
