-- Where no head-counts of a split were published the default target takes everything: no share is invented, and counts of persons stay integers.
with successions as (select * from {{ ref('stg_reference__area_succession') }}),

ended_units as (select * from {{ ref('int_areas__keyed') }}),

new_units as (select * from {{ ref('int_areas__keyed') }})

select
    ended_units.area_sk as from_area_sk,
    new_units.area_sk as to_area_sk,
    successions.level,
    successions.from_code,
    successions.to_code,
    successions.effective_date,
    successions.share_kind,
    successions.weight_published,
    coalesce(successions.weight_published, successions.is_default::int)::numeric as weight,
    case
        when successions.share_kind = 'whole' then 'whole'
        when successions.weight_published is not null then 'published'
        else 'default'
    end as weight_kind,
    successions.weight_basis,
    successions.is_default,
    successions.legal_basis
from successions
inner join ended_units
    on successions.level = ended_units.level and successions.from_code = ended_units.code and successions.effective_date = ended_units.valid_to
inner join new_units
    on successions.level = new_units.level and successions.to_code = new_units.code and successions.effective_date = new_units.valid_from
