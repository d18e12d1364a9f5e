{#
  By occupation and year: who works in it and who wants to, in the survey round of the year, and the openings that employers plan, in the last register of the year; and
  the trades that only the province distinguishes, with the openings of the orders for them. A year without a survey, or without a register, has no cells of it: nothing
  is known, which is not zero.
#}
{% macro occupation_measures() -%}
{%- set cells = {'year': ['all', 'occupation']} -%}
{%- set has_survey = "period in (select period from rows_employed_persons_counted union all select period from rows_job_wishes_counted)" -%}
{%- set has_register = "period in (select period from rows_planned_openings_counted)" -%}
{{ return({
    'rows': {
        'rows_employed_persons': {'counts': {'employed': {'default': 0}}},
        'rows_job_wishes': {'counts': {'seekers': {'once': true, 'default': 0}}},
        'rows_compared_wishes': {'counts': {'compared_seekers': {'once': true, 'default': 0}}},
        'rows_planned_openings': {'counts': {'planned': {'amount': 'openings'}, 'compared_planned': {'amount': 'compared_openings'}}},
        'rows_trade_orders': {'counts': {'ordered': {'amount': 'openings'}}},
    },
    'measures': [
        {
            'metric': 'employed', 'numerator': 'employed', 'cells': {'year': ['all', 'occupation', 'trade']}, 'smallest_of': ['employed'],
            'only_where': has_survey,
        },
        {'metric': 'seekers_surveyed', 'numerator': 'seekers', 'cells': cells, 'smallest_of': ['seekers'], 'only_where': has_survey},
        {'metric': 'openings_planned', 'numerator': 'planned', 'cells': cells, 'only_where': has_register},
        {
            'metric': 'tension_planned', 'numerator': 'compared_planned', 'denominator': 'compared_seekers', 'digits': 3, 'cells': cells,
            'smallest_of': ['compared_seekers'], 'only_where': has_register,
        },
        {'metric': 'openings_ordered', 'numerator': 'ordered', 'cells': {'year': ['trade']}, 'only_where': 'ordered is not null'},
    ],
}) }}
{%- endmacro %}
