{{ config(incremental_strategy='merge', unique_key=['area_sk', 'analysis_area_code']) }}
-- depends_on: {{ ref('dim_analysis_area') }}
-- depends_on: {{ ref('dim_area') }}
-- A commune or district of before July 2025 is in one former district; a commune of July 2025 is in those of the communes that it was made of. Populations by
-- former commune are not published, so the share of a former district in a commune that straddles two is the number of former communes that it gave: one each,
-- and an equal part where a commune was split without published head-counts. weight_kind marks the weights that are such estimates.
with areas as (select * from {{ ref('int_areas__keyed') }}),

communes_of_today as (
    select * from areas
    where level = 'commune' and parent_district_code is null
),

former_communes as (
    select * from areas
    where level = 'commune'
),

successions as (
    select
        *,
        count(*) over (partition by from_code, effective_date) as successors
    from {{ ref('stg_reference__area_succession') }}
    where level = 'commune'
),

parts as (
    select
        communes_of_today.area_sk,
        communes_of_today.code,
        former_communes.parent_district_code as analysis_area_code,
        bool_or(former_communes.code = communes_of_today.code) as gave_its_code,
        sum(coalesce(successions.weight_published, 1.0 / successions.successors)) as communes
    from communes_of_today
    inner join successions
        on communes_of_today.code = successions.to_code and communes_of_today.valid_from = successions.effective_date
    inner join former_communes
        on successions.from_code = former_communes.code and successions.effective_date = former_communes.valid_to
    group by communes_of_today.area_sk, communes_of_today.code, former_communes.parent_district_code
),

shares as (
    select
        area_sk,
        analysis_area_code,
        communes / sum(communes) over (partition by area_sk) as weight,
        count(*) over (partition by area_sk) > 1 as is_straddling,
        row_number() over (partition by area_sk order by -communes, (not gave_its_code), analysis_area_code) as place
    from parts
),

-- the default takes what rounding leaves, so that the weights of a unit sum to exactly 1
rounded_shares as (
    select
        area_sk,
        analysis_area_code,
        is_straddling,
        place = 1 as is_default,
        case
            when place = 1 then 1 - sum(case when place > 1 then round(weight, 6) else 0 end) over (partition by area_sk)
            else round(weight, 6)
        end as weight
    from shares
)

select
    area_sk,
    coalesce(parent_district_code, code) as analysis_area_code,
    1::numeric as weight,
    'whole' as weight_kind,
    true as is_default,
    false as is_straddling
from areas
where level = 'district' or parent_district_code is not null
union all
select
    area_sk,
    analysis_area_code,
    weight,
    case when is_straddling then 'estimated_by_communes' else 'whole' end as weight_kind,
    is_default,
    is_straddling
from rounded_shares
