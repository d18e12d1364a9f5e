{# The programme's money by budget year, fund year, kind of money and unit. It has no geography: it is counted for the province. #}
{% macro money_measures() -%}
{%- set years = {'year': ['all', 'fund_type', 'fund_type;fund_year', 'unit', 'unit;fund_type']} -%}
{{ return({
    'rows': {
        'rows_budget_movements': {'areas': 'province', 'counts': {
            'allocated': {'amount': 'allocated_vnd'},
            'available': {'amount': 'available_vnd'},
            'disbursed': {'amount': 'disbursed_vnd'},
            'carried_out': {'amount': 'carried_out_vnd'},
            'age_of_disbursed': {'amount': 'disbursed_vnd_years'},
        }},
        'rows_confirmed_starts': {'areas': 'province', 'counts': {'confirmed_starts': {}}},
    },
    'measures': [
        {'metric': 'disbursement_rate', 'numerator': 'disbursed', 'denominator': 'available', 'cells': years, 'only_where': 'available is not null'},
        {'metric': 'carry_over_rate', 'numerator': 'carried_out', 'denominator': 'available', 'cells': years, 'only_where': 'available is not null'},
        {'metric': 'age_of_money', 'numerator': 'age_of_disbursed', 'denominator': 'disbursed', 'digits': 2, 'cells': years, 'only_where': 'disbursed is not null'},
        {'metric': 'allocated_vnd', 'numerator': 'allocated', 'cells': years, 'only_where': 'allocated is not null'},
        {'metric': 'disbursed_vnd', 'numerator': 'disbursed', 'cells': years, 'only_where': 'disbursed is not null'},
        {
            'metric': 'programme_cost_per_placement', 'numerator': 'disbursed', 'denominator': 'confirmed_starts', 'digits': 0,
            'cells': {'year': ['all']}, 'only_where': 'disbursed is not null',
        },
    ],
}) }}
{%- endmacro %}
