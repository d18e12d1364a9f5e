{# Persons counselled, of two denominators that are never mixed: A all of working age, B those of them who state a need for work. #}
{% macro counselling_measures() -%}
{%- set cells = {'all': ['all', 'priority_group', 'area_group', 'sex']} -%}
{%- set persons = ['counselled', 'working_age', 'with_need'] -%}
{{ return({
    'rows': {
        'rows_adults': {'areas': 'given', 'counts': {
            'working_age': {'once': true},
            'with_need': {'once': true, 'where': 'wants_job'},
        }},
        'rows_counselled_persons': {'areas': 'given', 'counts': {'counselled': {'once': true}}},
    },
    'measures': [
        {
            'metric': 'counselling_coverage_a', 'numerator': 'counselled', 'denominator': 'working_age', 'cells': cells,
            'only_where': 'working_age is not null', 'smallest_of': persons,
        },
        {
            'metric': 'counselling_coverage_b', 'numerator': 'counselled', 'denominator': 'with_need', 'cells': cells,
            'only_where': 'working_age is not null', 'smallest_of': persons,
        },
    ],
}) }}
{%- endmacro %}
