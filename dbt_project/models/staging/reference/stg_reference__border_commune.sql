-- Versions of communes whose limits partly are the land border of the country.
select
    code,
    valid_from::date as valid_from,
    legal_basis
from {{ ref('border_commune') }}
