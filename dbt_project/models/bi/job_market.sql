-- The orders of a month are filled, ended otherwise, or still open.
{{ metrics_as_columns([
    'openings_stock',
    'openings_flow',
    'jobseekers_stock',
    'jobseekers_flow',
    'tension',
    'fill_rate',
    'still_open',
    'time_to_fill',
    'time_to_fill_p25',
    'filled_within_30_days',
    'filled_within_60_days',
    'filled_within_90_days',
    'filled_within_180_days'
]) }}
