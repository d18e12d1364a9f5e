-- The programme's money by budget year, kind of money, fund year and unit; carried money is in the year in which it is spent, with its age.
{{ metrics_as_columns([
    'allocated_vnd',
    'disbursed_vnd',
    'disbursement_rate',
    'carry_over_rate',
    'age_of_money',
    'programme_cost_per_placement'
]) }}
