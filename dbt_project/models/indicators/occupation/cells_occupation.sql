{{ indicator_cells(occupation_measures()) }}
