{#
  How long it takes to fill an order, by the quarter in which it was posted, and to place a person, by the year of the first registration. Cells are estimated by
  Kaplan-Meier (cells_durations); the same rows are behind the median and the share within 90 days.
#}
{% macro durations_measures() -%}
{%- set orders = {'quarter': ['all', 'occupation']} -%}
{%- set persons = {'year': ['all', 'priority_group', 'area_group', 'sex']} -%}
{%- set start = {'numerator': 'start'} -%}
{{ return({
    'rows': {
        'rows_order_durations': {'only_province': ['occupation'], 'counts': {
            'orders': {},
            'filled_orders': {'where': 'is_event'},
        }},
        'rows_search_durations': {'evidence': 'evidence_search_durations', 'counts': {
            'persons': {},
            'placed_persons': {'where': 'is_event'},
        }},
    },
    'measures': [
        {'metric': 'time_to_fill', 'numerator': 'filled_orders', 'denominator': 'orders', 'cells': orders},
        {'metric': 'filled_within_90_days', 'numerator': 'filled_orders', 'denominator': 'orders', 'cells': orders},
        {'metric': 'time_to_place', 'numerator': 'placed_persons', 'denominator': 'persons', 'cells': persons, 'evidence': start},
        {'metric': 'placed_within_90_days', 'numerator': 'placed_persons', 'denominator': 'persons', 'cells': persons, 'evidence': start},
    ],
}) }}
{%- endmacro %}
