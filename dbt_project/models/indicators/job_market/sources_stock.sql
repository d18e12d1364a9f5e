{{ indicator_sources(stock_measures()) }}
