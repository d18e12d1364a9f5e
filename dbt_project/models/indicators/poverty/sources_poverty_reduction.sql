{{ indicator_sources(poverty_reduction_measures()) }}
