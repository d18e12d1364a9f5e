{{ indicator_cells(households_measures()) }}
