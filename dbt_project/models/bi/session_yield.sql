-- What sessions gave, where they were held: persons at each stage, starts for each employer and each million VND of settled cost.
{{ metrics_as_columns([
    'sessions',
    'employers_at_sessions',
    'attended_visits',
    'attended_persons',
    'counselled_persons',
    'interviewed_of_attended',
    'passed_of_interviewed',
    'started_of_passed',
    'started_per_employer',
    'started_per_million_vnd'
]) }}
