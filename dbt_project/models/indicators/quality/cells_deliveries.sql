{{ indicator_cells(deliveries_measures()) }}
