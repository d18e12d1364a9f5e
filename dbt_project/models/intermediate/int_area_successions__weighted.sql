-- No CTE here: PostgreSQL plans a view with one apart from the query that joins it.
-- Where no head-counts of a split were published the default target takes everything: no share is invented, and counts of persons stay integers.
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
from {{ ref('stg_reference__area_succession') }} as successions
inner join {{ ref('int_areas__keyed') }} as ended_units
    on successions.level = ended_units.level and successions.from_code = ended_units.code and successions.effective_date = ended_units.valid_to
inner join {{ ref('int_areas__keyed') }} as new_units
    on successions.level = new_units.level and successions.to_code = new_units.code and successions.effective_date = new_units.valid_from
