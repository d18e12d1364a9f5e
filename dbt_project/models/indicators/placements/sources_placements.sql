{{ indicator_sources(placements_measures()) }}
