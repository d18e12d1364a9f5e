{{ indicator_cells(plans_measures()) }}
