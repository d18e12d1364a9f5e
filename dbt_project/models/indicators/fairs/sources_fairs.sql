{{ indicator_sources(fairs_measures()) }}
