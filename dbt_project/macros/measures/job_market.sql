{#
  Openings and seekers as a stock on the last day of a month or quarter (or on the reporting cutoff date), and openings per seeker. Cells are added up from changes
  (cells_stock); a stock is known from the month of the first order or wish on.
#}
{% macro stock_measures() -%}
{%- set occupations = {'month': ['all'], 'quarter': ['all', 'occupation']} -%}
{%- set groups = ['all', 'priority_group', 'area_group', 'sex'] -%}
{{ return({
    'rows': {
        'rows_orders_in_stock': {'counts': {
            'openings': {'amount': 'openings'},
            'compared_openings': {'amount': 'compared_openings'},
        }},
        'rows_wishes_in_stock': {'counts': {
            'seekers': {'once': true},
            'compared_seekers': {'once': true, 'where': 'is_comparable'},
        }},
    },
    'measures': [
        {'metric': 'openings_stock', 'numerator': 'openings', 'cells': occupations, 'only_where': 'has_orders'},
        {
            'metric': 'jobseekers_stock', 'numerator': 'seekers', 'cells': {'month': groups, 'quarter': groups + ['occupation']},
            'only_where': 'has_wishes', 'smallest_of': ['seekers'],
        },
        {
            'metric': 'tension', 'numerator': 'compared_openings', 'denominator': 'compared_seekers', 'digits': 3, 'cells': occupations,
            'only_where': 'has_orders and has_wishes', 'smallest_of': ['compared_seekers'],
        },
    ],
}) }}
{%- endmacro %}

{# Openings posted and persons who stated a wish for work in a month. #}
{% macro flow_measures() -%}
{%- set months = {'month': ['all']} -%}
{{ return({
    'rows': {
        'rows_posted_orders': {'counts': {'openings': {'amount': 'openings'}}},
        'rows_stated_wishes': {'counts': {'seekers': {'once': true}}},
    },
    'measures': [
        {'metric': 'openings_flow', 'numerator': 'openings', 'cells': months, 'only_where': 'openings is not null'},
        {'metric': 'jobseekers_flow', 'numerator': 'seekers', 'cells': months, 'only_where': 'seekers is not null', 'smallest_of': ['seekers']},
    ],
}) }}
{%- endmacro %}

{# What became of the openings that were posted in a month. #}
{% macro fill_measures() -%}
{%- set months = {'month': ['all']} -%}
{{ return({
    'rows': {
        'rows_posted_orders': {'counts': {
            'posted': {'amount': 'openings'},
            'filled': {'amount': 'openings', 'where': 'is_filled'},
            'ended': {'amount': 'openings', 'where': 'is_ended'},
            'still_open': {'amount': 'openings', 'where': 'is_open'},
        }},
    },
    'measures': [
        {'metric': 'fill_rate', 'numerator': 'filled', 'denominator': 'ended', 'cells': months},
        {'metric': 'still_open', 'numerator': 'still_open', 'denominator': 'posted', 'cells': months},
    ],
}) }}
{%- endmacro %}
