{{ indicator_sources(poverty_measures()) }}
