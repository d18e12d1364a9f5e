{{ indicator_sources(deliveries_measures()) }}
