{{ indicator_sources(households_measures()) }}
