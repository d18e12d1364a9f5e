{# What a confirmed start of a session cost, where the session was held. A session of several funds divides its starts among them as it divides its cost. #}
{% macro session_costs_measures() -%}
{{ return({
    'rows': {
        'rows_session_costs': {'counts': {'cost_vnd': {'amount': 'cost_settled_vnd'}}},
        'rows_session_starts': {'counts': {'starts': {'amount': 'fund_share', 'default': 0}}},
    },
    'measures': [{
        'metric': 'cost_per_placement', 'numerator': 'cost_vnd', 'denominator': 'starts', 'digits': 0, 'smallest_of': ['starts'],
        'cells': {'year': ['all', 'fund', 'kind', 'fund;kind']},
    }],
}) }}
{%- endmacro %}
