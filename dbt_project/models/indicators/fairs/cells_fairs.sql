{{ indicator_cells(fairs_measures()) }}
