{#
  What a session yields, where it was held: visits, persons, rates from stage to stage, and starts for its employers and its cost. A session is a period of its own;
  a month, a half-year and a year count a person and an employer once in a place. Each figure of the funnel can be worked out from the others, so it is shown
  completely or not at all; persons decide, unweighted, so that a session shared by several communes of today is hidden in all of them or in none.
#}
{% macro fairs_measures() -%}
{%- set groups = ['all', 'priority_group', 'area_group', 'sex'] -%}
{%- set funnel = {'session': ['all'], 'month': groups, 'half': groups, 'year': groups} -%}
{%- set sessions = {'session': ['all'], 'month': ['all'], 'half': ['all'], 'year': ['all']} -%}
{%- set stages = [
    'persons_attended - persons_interviewed', 'persons_interviewed - persons_passed', 'persons_passed - persons_started', 'persons_started',
] -%}
{{ return({
    'rows': {
        'rows_visits': {'outside_province': ['session'], 'counts': {
            'visits': {},
            'attended': {'once': true},
            'counselled': {'once': true, 'where': 'is_counselled'},
            'interviewed': {'once': true, 'where': 'is_interviewed'},
            'passed': {'once': true, 'where': 'is_passed'},
            'started': {'once': true, 'where': 'is_started'},
            'persons_attended': {'once': true, 'unweighted': true},
            'persons_interviewed': {'once': true, 'unweighted': true, 'where': 'is_interviewed'},
            'persons_passed': {'once': true, 'unweighted': true, 'where': 'is_passed'},
            'persons_started': {'once': true, 'unweighted': true, 'where': 'is_started'},
        }},
        'rows_sessions': {'outside_province': ['session'], 'counts': {
            'sessions': {},
            'unsettled_sessions': {'where': 'is_unsettled'},
            'cost_million_vnd': {'amount': 'cost_million_vnd'},
        }},
        'rows_session_employers': {'outside_province': ['session'], 'counts': {'employers': {'once': true}}},
    },
    'measures': [
        {'metric': 'attended_visits', 'numerator': 'visits', 'cells': funnel, 'only_where': 'visits is not null', 'smallest_of': stages},
        {'metric': 'attended_persons', 'numerator': 'attended', 'cells': funnel, 'only_where': 'visits is not null', 'smallest_of': stages},
        {'metric': 'counselled_persons', 'numerator': 'counselled', 'cells': funnel, 'only_where': 'visits is not null', 'smallest_of': stages},
        {'metric': 'interviewed_of_attended', 'numerator': 'interviewed', 'denominator': 'attended', 'cells': funnel, 'only_where': 'visits is not null', 'smallest_of': stages},
        {'metric': 'passed_of_interviewed', 'numerator': 'passed', 'denominator': 'interviewed', 'cells': funnel, 'only_where': 'visits is not null', 'smallest_of': stages},
        {'metric': 'started_of_passed', 'numerator': 'started', 'denominator': 'passed', 'cells': funnel, 'only_where': 'visits is not null', 'smallest_of': stages},
        {'metric': 'sessions', 'numerator': 'sessions', 'cells': sessions},
        {'metric': 'employers_at_sessions', 'numerator': 'employers', 'cells': sessions},
        {
            'metric': 'started_per_employer', 'numerator': 'started', 'denominator': 'employers', 'digits': 2, 'cells': sessions,
            'smallest_of': stages,
        },
        {
            'metric': 'started_per_million_vnd', 'numerator': 'started', 'denominator': 'cost_million_vnd', 'digits': 2, 'cells': sessions,
            'denominator_unknown_where': 'unsettled_sessions > 0', 'smallest_of': stages,
        },
    ],
}) }}
{%- endmacro %}
