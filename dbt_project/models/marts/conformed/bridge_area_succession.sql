{{ config(incremental_strategy='merge', unique_key=['from_area_sk', 'to_area_sk']) }}
-- depends_on: {{ ref('dim_area') }}
-- From the version of a unit that ended the day before to the version that began that day. Where no head-counts of a split were published the default target
-- takes the whole: no share is invented, and whole persons stay whole.
select
    before.area_sk as from_area_sk,
    after.area_sk as to_area_sk,
    succession.level,
    succession.from_code,
    succession.to_code,
    succession.effective_date,
    succession.share_kind,
    succession.weight_published,
    coalesce(succession.weight_published, succession.is_default::int)::numeric as weight,
    case
        when succession.share_kind = 'whole' then 'whole'
        when succession.weight_published is not null then 'published'
        else 'default'
    end as weight_kind,
    succession.weight_basis,
    succession.is_default,
    succession.legal_basis
from {{ ref('stg_reference__area_succession') }} as succession
inner join {{ ref('int_area__keyed') }} as before
    on succession.level = before.level and succession.from_code = before.code and succession.effective_date = before.valid_to
inner join {{ ref('int_area__keyed') }} as after
    on succession.level = after.level and succession.to_code = after.code and succession.effective_date = after.valid_from
