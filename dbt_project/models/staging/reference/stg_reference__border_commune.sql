select
    code,
    valid_from::date as valid_from,
    legal_basis
from {{ ref('border_commune') }}
