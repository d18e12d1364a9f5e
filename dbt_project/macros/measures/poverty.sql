{# Poor and near-poor households of each vintage of the register, by its own standard; vintages and standards are never added up. #}
{% macro poverty_measures() -%}
{%- set cells = {'vintage': ['standard']} -%}
{{ return({
    'rows': {
        'rows_register_households': {'counts': {
            'households': {},
            'poor': {'where': 'is_poor'},
            'near_poor': {'where': 'is_near_poor'},
        }},
    },
    'measures': [
        {
            'metric': 'poor_rate', 'numerator': 'poor', 'denominator': 'households', 'digits': 6, 'cells': cells,
            'smallest_of': ['poor', 'households - poor'],
        },
        {
            'metric': 'near_poor_rate', 'numerator': 'near_poor', 'denominator': 'households', 'digits': 6, 'cells': cells,
            'smallest_of': ['near_poor', 'households - near_poor'],
        },
    ],
}) }}
{%- endmacro %}

{#
  How far poverty fell from each earlier vintage of the same standard, the baseline, which is named: the verdict depends on it. Of the province alone: together with
  the rates of an area it would reveal a hidden one.
#}
{% macro poverty_reduction_measures() -%}
{{ return({
    'rows': {
        'rows_compared_households': {'areas': 'province', 'counts': {
            'fall': {'amount': 'fall'},
            'poor_in_baseline': {'where': 'is_poor_in_baseline'},
            'poor_later': {'where': 'is_poor_later'},
        }},
    },
    'measures': [{
        'metric': 'poverty_reduction', 'numerator': 'fall', 'denominator': 'poor_in_baseline', 'cells': {'vintage': ['standard;baseline']},
        'smallest_of': ['poor_later', 'poor_in_baseline'],
    }],
}) }}
{%- endmacro %}

{# Poor households with a member of working age: whether a member is in sustained work, and whether none started a job in time. #}
{% macro households_measures() -%}
{%- set cells = {'vintage': ['standard']} -%}
{%- set groups = ['sustained', 'unplaced', 'households - sustained - unplaced'] -%}
{{ return({
    'rows': {
        'rows_poor_households': {'counts': {
            'households': {},
            'sustained': {'where': 'is_sustained'},
            'unplaced': {'where': 'is_unplaced'},
        }},
    },
    'measures': [
        {'metric': 'poor_household_coverage', 'numerator': 'sustained', 'denominator': 'households', 'cells': cells, 'smallest_of': groups},
        {
            'metric': 'poor_household_unplaced_rate', 'numerator': 'unplaced', 'denominator': 'households', 'cells': cells,
            'smallest_of': groups,
        },
    ],
}) }}
{%- endmacro %}
