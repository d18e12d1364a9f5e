-- Codes of VSCO 2020 and provisional codes, with the codes and labels of the levels above them.
with occupations as (select * from {{ ref('dim_occupation') }})

select
    scheme,
    code,
    level,
    label_vi,
    label_en,
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
