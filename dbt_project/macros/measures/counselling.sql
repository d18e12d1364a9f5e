{#
  Persons of working age in the survey round of a year who were counselled, of two denominators that are never mixed: A all of them, B those who state a need for work.
  Each coverage can be worked out from the other and a group of few persons: with and without a need, counselled and not.
#}
{% macro counselling_measures() -%}
{%- set cells = {'year': ['all', 'priority_group', 'area_group', 'sex']} -%}
{%- set groups = [
    'counselled_with_need', 'counselled - counselled_with_need', 'with_need - counselled_with_need',
    'working_age - with_need - counselled + counselled_with_need',
] -%}
{{ return({
    'rows': {
        'rows_adults': {'areas': 'given', 'counts': {
            'working_age': {'once': true},
            'with_need': {'once': true, 'where': 'wants_job'},
            'counselled': {'once': true, 'where': 'is_counselled'},
            'counselled_with_need': {'once': true, 'where': 'is_counselled_with_need'},
        }},
    },
    'measures': [
        {
            'metric': 'counselling_coverage_a', 'numerator': 'counselled', 'denominator': 'working_age', 'cells': cells,
            'smallest_of': groups,
        },
        {
            'metric': 'counselling_coverage_b', 'numerator': 'counselled_with_need', 'denominator': 'with_need', 'cells': cells,
            'smallest_of': groups,
        },
    ],
}) }}
{%- endmacro %}
