{{ indicator_sources(plans_measures()) }}
