"""Questions about figures: the rows behind one, its value at an earlier moment, and what was reported of it."""

import psycopg

# The columns that identify a cell of bi.indicator.
CELL_KEY = ("metric", "period_kind", "period", "area_mode", "area_code", "breakdown")


def known_metrics(connection: psycopg.Connection) -> list[str]:
    """The names of all indicators. connection: of a role that reads bi."""
    return [name for (name,) in connection.execute("select metric from bi.metric_definition order by 1")]
