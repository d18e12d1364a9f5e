"""A labour-market data warehouse for a Vietnamese province: from district deliveries to numbers that can be traced."""
