{{ config(incremental_strategy='merge', unique_key=['area_sk', 'analysis_area_code']) }}
-- depends_on: {{ ref('dim_analysis_area') }}
-- depends_on: {{ ref('dim_area') }}
-- A unit in the former districts. A commune or district of old is in one; a commune of July 2025 is in those of the communes that it was made of.
-- Nobody published populations by former commune, so the share of a former district in a commune that straddles two is the number of former communes that it
-- gave: one each, and an equal part where a commune was split without published head-counts. weight_kind says which weights are such estimates.
with parts as (
    select
        after.area_sk,
        after.code,
        before.parent_district_code as analysis_area_code,
        bool_or(before.code = after.code) as gave_its_code,
        sum(coalesce(
            succession.weight_published,
            1.0 / (
                select count(*) from {{ ref('stg_reference__area_succession') }} as sibling
                where sibling.level = 'commune' and sibling.from_code = succession.from_code and sibling.effective_date = succession.effective_date
            )
        )) as communes
    from {{ ref('int_area__keyed') }} as after
    inner join {{ ref('stg_reference__area_succession') }} as succession
        on succession.level = 'commune' and after.code = succession.to_code and after.valid_from = succession.effective_date
    inner join {{ ref('int_area__keyed') }} as before
        on before.level = 'commune' and succession.from_code = before.code and succession.effective_date = before.valid_to
    where after.level = 'commune' and after.parent_district_code is null
    group by after.area_sk, after.code, before.parent_district_code
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
rounded as (
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
from {{ ref('int_area__keyed') }}
where level = 'district' or parent_district_code is not null
union all
select
    area_sk,
    analysis_area_code,
    weight,
    case when is_straddling then 'estimated_by_communes' else 'whole' end,
    is_default,
    is_straddling
from rounded
