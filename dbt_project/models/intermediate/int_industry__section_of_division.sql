-- The section that a division (two digits) belongs to, by version: divisions are complete, and a class whose code is new or mistyped still has its section.
select
    version,
    code,
    section,
    valid_from::date as valid_from,
    coalesce(nullif(valid_to, '')::date, 'infinity'::date) as valid_to
from {{ ref('industry_class') }}
where level = '2'
