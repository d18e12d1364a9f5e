{{ indicator_sources(money_measures()) }}
