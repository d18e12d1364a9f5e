{{ indicator_cells(session_costs_measures()) }}
