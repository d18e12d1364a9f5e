-- Places are those where the session was held. Starts per million VND count settled costs only.
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
