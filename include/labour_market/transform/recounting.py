"""Every figure counted again as of a moment."""

import json
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from labour_market.database import connect
from labour_market.settings import Settings, load_settings
from labour_market.transform.dbt import BuildError, build_lock, failures, run_dbt


def recount(moment: datetime, settings: Settings | None = None) -> list[dict[str, Any]]:
    """Count every indicator by today's rules, codes and links from the rows that core held at a moment.

    All of history is counted, in the schema recounted that is dropped afterwards: it takes as long as a first build.

    Returns:
        Rows with the columns of bi.indicator.

    Raises:
        BuildError: a model failed; the message names it.
    """
    settings = settings or load_settings()
    drop = sql.SQL("drop schema if exists recounted cascade")
    with connect("transformer", settings, autocommit=True) as connection, build_lock(connection):
        connection.execute(drop)
        try:
            variables = json.dumps({"known_at": moment.isoformat(), "build_schema": "recounted"})
            failed = failures(run_dbt(["run", "--select", "+indicator", "--vars", variables], settings, "dbt-recount"))
            if failed:
                raise BuildError("the figures could not be counted again: " + "; ".join(failed))
            return (
                connection.cursor(row_factory=dict_row)
                .execute("select * from recounted.indicator order by metric, period_kind, period, area_mode, area_code, breakdown")
                .fetchall()
            )
        finally:
            connection.execute(drop)
