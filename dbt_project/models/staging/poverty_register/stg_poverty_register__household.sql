select
    batch_id,
    row_no,
    sender_code,
    period,
    valid_from,
    valid_to,
    household_no,
    district_code,
    commune_code,
    status,
    members,
    working_age_members,
    standard_version,
    as_of_date
from {{ source('core', 'poverty_register') }}
where {{ is_current_version() }}
