"""Questions about figures: the rows behind one, its value at an earlier moment, and what was reported of it."""

# The columns that identify a cell of bi.indicator.
CELL_KEY = ("metric", "period_kind", "period", "area_mode", "area_code", "breakdown")
