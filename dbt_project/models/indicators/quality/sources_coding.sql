{{ indicator_sources(coding_measures()) }}
