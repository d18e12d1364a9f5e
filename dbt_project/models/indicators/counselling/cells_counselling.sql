{{ indicator_cells(counselling_measures()) }}
