{# How far jobs could be coded, by area and feed: persons at work and job orders. #}
{% macro coding_measures() -%}
{%- set cells = {'all': ['feed']} -%}
{%- set counts = {'jobs': {}} -%}
{%- set measures = [] -%}
{%- for metric in ['coded_level_1', 'coded_level_2', 'coded_level_4', 'coded_level_5', 'coded_provisional', 'coded_by_sender', 'uncodable'] -%}
    {%- do counts.update({metric: {'where': 'is_' ~ metric}}) -%}
    {%- do measures.append({'metric': metric, 'numerator': metric, 'denominator': 'jobs', 'cells': cells}) -%}
{%- endfor -%}
{{ return({'rows': {'rows_coded_jobs': {'counts': counts}}, 'measures': measures}) }}
{%- endmacro %}

{# How well deliveries came, by sender and feed. #}
{% macro deliveries_measures() -%}
{%- set cells = {'all': ['feed']} -%}
{{ return({
    'rows': {
        'rows_first_deliveries': {'areas': 'given', 'counts': {
            'first_deliveries': {},
            'passed': {'where': 'is_passed'},
            'on_time': {'where': 'is_on_time'},
        }},
        'rows_published_batches': {'areas': 'given', 'counts': {
            'announced_batches': {'where': 'is_announced'},
            'announced_rows': {'amount': 'announced_rows'},
            'quarantined_rows': {'amount': 'quarantined_rows'},
        }},
    },
    'measures': [
        {'metric': 'first_pass_rate', 'numerator': 'passed', 'denominator': 'first_deliveries', 'cells': cells, 'only_where': 'first_deliveries is not null'},
        {'metric': 'on_time_rate', 'numerator': 'on_time', 'denominator': 'first_deliveries', 'cells': cells, 'only_where': 'first_deliveries is not null'},
        {'metric': 'rows_put_aside', 'numerator': 'quarantined_rows', 'denominator': 'announced_rows', 'cells': cells, 'only_where': 'announced_batches > 0'},
    ],
}) }}
{%- endmacro %}
