{# Plans of each year at each month's end, by status and by unit, and how late they were submitted. They have no geography: they are counted for the province. #}
{% macro plans_measures() -%}
{{ return({
    'rows': {
        'rows_plans_at_month_end': {'areas': 'province', 'counts': {
            'units': {'once': true},
            'approved_units': {'once': true, 'where': 'is_unit_approved'},
        }},
        'rows_plans_by_status': {'areas': 'province', 'counts': {
            'plans': {},
            'plans_in_status': {'where': 'is_in_status'},
        }},
        'rows_submitted_plans': {'areas': 'province', 'counts': {
            'submitted_plans': {},
            'days_late': {'amount': 'days_late'},
        }},
    },
    'measures': [
        {'metric': 'units_approved', 'numerator': 'approved_units', 'denominator': 'units', 'cells': {'month': ['plan_year']}},
        {'metric': 'plans_in_status', 'numerator': 'plans_in_status', 'denominator': 'plans', 'cells': {'month': ['plan_year;status']}},
        {'metric': 'plan_days_late', 'numerator': 'days_late', 'denominator': 'submitted_plans', 'digits': 1, 'cells': {'year': ['all', 'unit']}},
    ],
}) }}
{%- endmacro %}
