{{ indicator_sources(occupation_measures()) }}
