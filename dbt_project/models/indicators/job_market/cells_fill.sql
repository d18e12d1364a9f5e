{{ indicator_cells(fill_measures()) }}
