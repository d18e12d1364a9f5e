{{ indicator_cells(flow_measures()) }}
