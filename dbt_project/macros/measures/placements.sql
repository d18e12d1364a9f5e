{# Job starts, the persons who started, and what became of the starts of a year. Months are too short for groups, and outcomes by occupation are of too few persons: almost every cell would be hidden. #}
{% macro placements_measures() -%}
{%- set groups = ['all', 'priority_group', 'area_group', 'sex', 'channel'] -%}
{%- set years = {'year': groups} -%}
{%- set months_and_occupations = {'month': ['all'], 'year': ['occupation']} -%}
{%- set counts = {
    'starts': {},
    'persons': {'once': true},
    'matched_persons': {'once': true, 'where': 'is_match'},
} -%}
{%- set measures = [
    {'metric': 'placements', 'numerator': 'starts', 'cells': months_and_occupations, 'smallest_of': ['persons']},
    {'metric': 'placed_persons', 'numerator': 'persons', 'cells': months_and_occupations, 'smallest_of': ['persons']},
    {'metric': 'placements', 'numerator': 'starts', 'cells': years, 'smallest_of': ['matched_persons', 'persons - matched_persons']},
    {'metric': 'placed_persons', 'numerator': 'persons', 'cells': years, 'smallest_of': ['matched_persons', 'persons - matched_persons']},
    {
        'metric': 'successful_match', 'numerator': 'matched_persons', 'denominator': 'persons', 'cells': years,
        'smallest_of': ['matched_persons', 'persons - matched_persons'], 'evidence': {'numerator': 'start', 'denominator': 'start'},
    },
] -%}
{%- for check in ['m3', 'm6', 'm12'] -%}
    {%- do counts.update({
        'checked_' ~ check: {'where': 'is_checked_' ~ check},
        'reached_' ~ check: {'where': 'is_reached_' ~ check},
        'in_job_' ~ check: {'where': 'is_in_job_' ~ check},
        'lost_' ~ check: {'where': 'is_lost_' ~ check},
        'not_reached_' ~ check: {'where': 'is_not_reached_' ~ check},
    }) -%}
    {%- for outcome, of in [('in_job', 'reached'), ('lost', 'reached'), ('not_reached', 'checked')] -%}
        {%- do measures.append({
            'metric': ('sustained' if outcome == 'in_job' else outcome) ~ '_' ~ check,
            'numerator': outcome ~ '_' ~ check,
            'denominator': of ~ '_' ~ check,
            'only_where': 'checked_' ~ check ~ ' > 0',
            'cells': years,
            'smallest_of': ['in_job_' ~ check, 'lost_' ~ check, 'not_reached_' ~ check],
            'evidence': {'numerator': check, 'denominator': check},
        }) -%}
    {%- endfor -%}
{%- endfor -%}
{{ return({
    'rows': {
        'rows_job_starts': {'evidence': 'evidence_job_starts', 'breakdown_evidence': {'occupation': 'occupation'}, 'counts': counts},
    },
    'measures': measures,
}) }}
{%- endmacro %}
