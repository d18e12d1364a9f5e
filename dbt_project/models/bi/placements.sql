-- A person with several starts in a period is one person.
{{ metrics_as_columns([
    'placements',
    'placed_persons'
]) }}
