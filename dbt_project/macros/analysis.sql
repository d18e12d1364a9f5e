{#
  The pseudonym of a row in the schema analysis: the key of marts, hashed with a secret that no reader may read and with the reader's own role. So no other delivery has
  it, not even that of another role, and it stays the same from night to night. -1 and -2 stay what they are.
#}
{% macro analysis_key(key) -%}
case
    when {{ key }} < 0 then {{ key }}
    else ('x' || substr(encode(sha256(convert_to(
        (select analysis_secret.secret from {{ source('ops', 'analysis_secret') }} as analysis_secret) || ':' || current_user || ':' || {{ key }}, 'UTF8'
    )), 'hex'), 1, 15))::bit(60)::bigint
end
{%- endmacro %}

{# Whether the reader may see a row of this district: an analyst of the province every row, an analyst of a district its own; any other role none. #}
{% macro is_visible_to_reader(district_code) -%}
(current_user in ('analyst', 'transformer') or current_user = 'analyst_' || {{ district_code }})
{%- endmacro %}

{# A flag as 0 or 1, which sums up. #}
{% macro as_number(flag) -%} coalesce(({{ flag }})::int, 0) {%- endmacro %}

{# The priority groups of a row, and whether it lived in a border commune, as 0 or 1. #}
{% macro group_numbers(alias) -%}
{%- for group in priority_groups() %}
    {{ as_number(alias ~ '.is_' ~ group) }} as is_{{ group }},
{%- endfor %}
    {{ as_number(alias ~ '.is_border') }} as is_border
{%- endmacro %}

{# The codes of an occupation at each level, and its labels; alias: dim_occupation. #}
{% macro occupation_columns(alias, prefix='occupation') -%}
{%- for level in range(1, 6) %}
    {{ alias }}.code_l{{ level }} as {{ prefix }}_l{{ level }},
{%- endfor %}
    {{ alias }}.label_l2_vi as {{ prefix }}_l2_vi,
    {{ alias }}.label_l2_en as {{ prefix }}_l2_en,
    {{ alias }}.code as {{ prefix }}_code,
    {{ alias }}.label_vi as {{ prefix }}_vi,
    {{ alias }}.label_en as {{ prefix }}_en
{%- endmacro %}

{# What describes an employer on the day of a row, without its name, number and tax code; aliases: dim_employer_version and dim_industry. #}
{% macro employer_columns(version, industry) -%}
    {{ version }}.employer_type,
    {{ version }}.size_band as employer_size,
    {{ industry }}.section_code as industry_section,
    {{ industry }}.label_vi as industry_vi,
    {{ industry }}.label_en as industry_en,
    left({{ version }}.vsic_code, 2) as industry_division
{%- endmacro %}
