{{ indicator_sources(counselling_measures()) }}
