-- Codes of VSCO 2020 and provisional codes, with the codes and labels of the levels above them. Not every code of level 5 has an English label: it has that of
-- its group then.
with occupations as (select * from {{ ref('dim_occupation') }})

select
    scheme,
    code,
    level,
    label_vi,
    coalesce(label_en, label_l4_en, label_l3_en) as label_en,
    skill_level,
    status,
    {%- for level in range(1, 6) %}
        code_l{{ level }},
        label_l{{ level }}_vi,
        label_l{{ level }}_en,
    {%- endfor %}
    valid_from,
    valid_to
from occupations
where scheme <> 'ISCO08'
