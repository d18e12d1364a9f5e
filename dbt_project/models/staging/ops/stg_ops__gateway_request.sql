select
    feed,
    sender_code,
    last_requested_at,
    last_answered_at,
    failing_since,
    failure
from {{ source('ops', 'gateway_request') }}
