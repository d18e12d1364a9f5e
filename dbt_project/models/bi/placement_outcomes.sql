-- Persons who were not reached are shown apart from those who lost the job. Durations count open cases too.
{{ metrics_as_columns([
    'placements',
    'placed_persons',
    'successful_match',
    'sustained_m3',
    'lost_m3',
    'not_reached_m3',
    'sustained_m6',
    'lost_m6',
    'not_reached_m6',
    'sustained_m12',
    'lost_m12',
    'not_reached_m12',
    'time_to_place',
    'time_to_place_p25',
    'placed_within_30_days',
    'placed_within_60_days',
    'placed_within_90_days',
    'placed_within_180_days'
]) }}
