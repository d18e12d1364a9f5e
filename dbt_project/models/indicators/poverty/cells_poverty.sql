{{ indicator_cells(poverty_measures()) }}
