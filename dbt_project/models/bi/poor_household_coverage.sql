-- Poor households with members of working age, by vintage of the register: the share with a member in sustainable work, and with nobody placed.
{{ metrics_as_columns([
    'poor_household_coverage',
    'poor_households_without_placement'
]) }}
