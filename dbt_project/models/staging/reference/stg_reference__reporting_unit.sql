select
    code,
    label_vi,
    unit_type,
    nullif(parent_code, '') as parent_code,
    valid_from::date as valid_from,
    coalesce(nullif(valid_to, '')::date, 'infinity'::date) as valid_to,
    nullif(legal_basis, '') as legal_basis
from {{ ref('reporting_unit') }}
