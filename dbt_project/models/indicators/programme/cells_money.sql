{{ indicator_cells(money_measures()) }}
