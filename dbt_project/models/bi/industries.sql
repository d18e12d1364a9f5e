-- Sections of VSIC, each with its version: a letter means another section in another version.
with sections as (select * from {{ ref('dim_industry') }})

select
    version,
    section_code,
    label_vi,
    label_en,
    valid_from,
    valid_to
from sections
where industry_sk > 0
