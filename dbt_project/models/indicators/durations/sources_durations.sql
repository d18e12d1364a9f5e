{{ indicator_sources(durations_measures()) }}
