{#
  By occupation, in the latest survey and register of each sender: who works in it, who wants to, and the openings that employers plan; and the trades that only the
  province distinguishes, with the openings of all orders for them.
#}
{% macro occupation_measures() -%}
{%- set cells = {'all': ['all', 'occupation']} -%}
{{ return({
    'rows': {
        'rows_employed_persons': {'counts': {'employed': {'default': 0}}},
        'rows_job_wishes': {'counts': {'seekers': {'once': true, 'default': 0}}},
        'rows_planned_openings': {'counts': {'planned': {'amount': 'openings'}}},
        'rows_trade_orders': {'counts': {'ordered': {'amount': 'openings'}}},
    },
    'measures': [
        {'metric': 'employed', 'numerator': 'employed', 'cells': {'all': ['all', 'occupation', 'trade']}, 'smallest_of': ['employed']},
        {'metric': 'seekers_surveyed', 'numerator': 'seekers', 'cells': cells, 'smallest_of': ['seekers']},
        {'metric': 'openings_planned', 'numerator': 'planned', 'cells': cells},
        {'metric': 'tension_planned', 'numerator': 'planned', 'denominator': 'seekers', 'digits': 3, 'cells': cells, 'smallest_of': ['seekers']},
        {'metric': 'openings_ordered', 'numerator': 'ordered', 'cells': {'all': ['trade']}},
    ],
}) }}
{%- endmacro %}
