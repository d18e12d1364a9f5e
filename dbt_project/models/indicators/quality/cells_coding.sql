{{ indicator_cells(coding_measures()) }}
