{{ indicator_sources(flow_measures()) }}
