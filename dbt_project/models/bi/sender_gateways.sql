-- A request is made each night, so a gateway without one for 30 hours was left out. A request without an end is under way, or was stopped.
with requests as (select * from {{ ref('stg_ops__gateway_request') }}),

areas as (select * from {{ ref('dim_area') }}),

offices as (select * from {{ ref('dim_reporting_unit') }}),

today as (select {{ province_date("now()") }} as day)

select
    requests.feed,
    requests.sender_code,
    coalesce(areas.name_vi, offices.label_vi, requests.sender_code) as sender,
    case
        when requests.last_requested_at is null or requests.last_requested_at < now() - interval '30 hours' then 'not_requested'
        when requests.failure is not null then 'failing'
        when requests.last_answered_at is null or requests.last_answered_at < requests.last_requested_at then 'requested'
        else 'answered'
    end as state,
    requests.last_requested_at,
    requests.last_answered_at,
    requests.failing_since,
    requests.failure as reason
from requests
cross join today
left join areas on areas.level = 'district' and requests.sender_code = areas.code
left join offices on requests.sender_code = offices.unit_code and today.day >= offices.valid_from and today.day < offices.valid_to
