{{ indicator_cells(placements_measures()) }}
