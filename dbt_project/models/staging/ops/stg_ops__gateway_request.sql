select
    feed,
    sender_code,
    (listed_at at time zone 'Asia/Ho_Chi_Minh')::date as listed_on,
    last_requested_at,
    last_answered_at,
    failing_since,
    failure
from {{ source('ops', 'gateway_request') }}
