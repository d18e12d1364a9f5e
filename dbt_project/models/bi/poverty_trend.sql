-- Vintages and standards are never added up. The fall in poverty is compared with each earlier vintage of the same standard; the target is 0.15 a year.
{{ metrics_as_columns([
    'poor_rate',
    'near_poor_rate',
    'poverty_reduction'
]) }}
