{{ indicator_sources(session_costs_measures()) }}
