-- Divisions are complete in the list and classes are not: a class with a new or mistyped code still has its section through its first two digits.
select
    version,
    code,
    section,
    valid_from::date as valid_from,
    coalesce(nullif(valid_to, '')::date, 'infinity'::date) as valid_to
from {{ ref('industry_class') }}
where level = '2'
