-- Only poor households with members of working age.
{{ metrics_as_columns([
    'poor_household_coverage',
    'poor_household_unplaced_rate'
]) }}
