select
    feed,
    sender_code,
    {{ province_date("listed_at") }} as listed_on,
    last_requested_at,
    last_answered_at,
    failing_since,
    failure
from {{ source('ops', 'gateway_request') }}
