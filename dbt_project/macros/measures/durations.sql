{#
  How long it takes to fill an order, by the quarter in which it was posted, and to place a person, by the year of the first registration. Cells are estimated by
  Kaplan-Meier (cells_durations); the same rows are behind all estimates: the days until a quarter and half had an event, and the share that had one within a number of days.
#}
{% macro durations_measures() -%}
{%- set orders = {'quarter': ['all', 'occupation']} -%}
{%- set persons = {'year': ['all', 'priority_group', 'area_group', 'sex']} -%}
{%- set measures = [] -%}
{%- set filled = ['time_to_fill', 'time_to_fill_p25'] -%}
{%- set placed = ['time_to_place', 'time_to_place_p25'] -%}
{%- for last_day in days_of_shares() -%}
    {%- do filled.append('filled_within_' ~ last_day ~ '_days') -%}
    {%- do placed.append('placed_within_' ~ last_day ~ '_days') -%}
{%- endfor -%}
{%- for metric in filled -%}
    {%- do measures.append({'metric': metric, 'numerator': 'filled_orders', 'denominator': 'orders', 'cells': orders}) -%}
{%- endfor -%}
{%- for metric in placed -%}
    {%- do measures.append({
        'metric': metric, 'numerator': 'placed_persons', 'denominator': 'persons', 'cells': persons, 'evidence': {'numerator': 'start'},
    }) -%}
{%- endfor -%}
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
    'measures': measures,
}) }}
{%- endmacro %}

{# Within how many days: kaplan_meier gives the share of each. #}
{% macro days_of_shares() -%}
{{ return([30, 60, 90, 180]) }}
{%- endmacro %}
