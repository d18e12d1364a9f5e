-- Job starts and the persons who started, by month and year, area of residence, group, channel and occupation. A person of several starts in a period is one.
{{ side_by_side([
    'placements',
    'placed_persons'
]) }}
