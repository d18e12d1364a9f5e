{{ indicator_sources(fill_measures()) }}
