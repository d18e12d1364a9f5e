-- Senders as areas: a delivery has no geography, it is counted for its sender and for the province.
with batches as (
    select * from {{ ref('stg_ops__batch') }}
),

districts as (
    select * from {{ ref('dim_area') }}
    where level = 'district'
),

units as (
    select * from {{ ref('dim_reporting_unit') }}
    where {{ today() }} >= valid_from and {{ today() }} < valid_to
),

senders as (
    select distinct sender_code
    from batches
)

select
    senders.sender_code,
    'as_reported' as area_mode,
    senders.sender_code as area_code,
    coalesce(districts.name_vi, units.label_vi, senders.sender_code) as area,
    1 as area_weight
from senders
left join districts on senders.sender_code = districts.code
left join units on senders.sender_code = units.unit_code
union all
select
    sender_code,
    'as_reported' as area_mode,
    'all' as area_code,
    {{ province_label() }} as area,
    1 as area_weight
from senders
