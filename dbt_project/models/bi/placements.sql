-- Job starts and the persons who started, by month and year, area of residence, group, channel and occupation. A person of several starts in a period is one.
{{ metrics_as_columns([
    'placements',
    'placed_persons'
]) }}
