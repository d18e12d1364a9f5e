-- Money that was carried over is in the year in which it is spent, with its age.
{{ metrics_as_columns([
    'allocated_vnd',
    'disbursed_vnd',
    'disbursement_rate',
    'carry_over_rate',
    'age_of_money',
    'programme_cost_per_placement'
]) }}
