-- The section that a class belongs to, by version. VSIC 2025 sections are taken up when the seed carries them.
select
    version,
    code,
    nullif(section, '') as section,
    valid_from::date as valid_from,
    coalesce(nullif(valid_to, '')::date, 'infinity'::date) as valid_to
from {{ ref('industry_class') }}
