-- Vintages and standards of the register side by side; how far poverty fell, against each baseline by its name. The target is 0.15 a year.
{{ metrics_as_columns([
    'poor_rate',
    'near_poor_rate',
    'poverty_reduction'
]) }}
