{{ indicator_cells(poverty_reduction_measures()) }}
