"""Figures as of a moment: the indicators as they were then, and the batches that changed them between two moments."""

from datetime import datetime, time, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from labour_market.database import read_sql
from labour_market.errors import UsageError
from labour_market.figures import CELL_KEY
from labour_market.settings import PROVINCE_TIME


def moment_of(day: datetime) -> datetime:
    """Read a moment in the province's time zone; a day without a time means the end of that day."""
    local = day if day.tzinfo else day.replace(tzinfo=PROVINCE_TIME)
    return local + timedelta(days=1, microseconds=-1) if day.time() == time() else local


def as_of(connection: psycopg.Connection, moment: datetime, metric: str | None = None) -> list[dict[str, Any]]:
    """The indicators as bi.indicator showed them at that moment.

    Args:
        connection: Of a role that reads bi.
        moment: With a time zone.
        metric: Only this indicator.

    Returns:
        One dict a cell with the columns of bi.indicator_as_of, in the order of CELL_KEY.

    Raises:
        UsageError: The moment is before the first build.
    """
    _check_figures_exist(connection, moment)
    return (
        connection.cursor(row_factory=dict_row)
        .execute(
            "select * from bi.indicator_as_of(%(moment)s) where %(metric)s::text is null or metric = %(metric)s"
            " order by metric, period_kind, period, area_mode, area_code, breakdown",
            {"moment": moment, "metric": metric},
        )
        .fetchall()
    )


def changes(connection: psycopg.Connection, first: datetime, second: datetime, metric: str | None = None) -> list[dict[str, Any]]:
    """The cells whose figures differ between two moments, with the deliveries that may have changed them.

    A delivery may have changed a cell when a build between the two moments took it up and wrote the cell, and its feed is one that
    the metric is counted from. A district's own figure lists only deliveries of that district, where the rows of the feed stay in the
    district of their sender.

    Args:
        connection: Of a role that reads bi and vintages.
        first: One moment, with its time zone.
        second: The other moment.
        metric: Only cells of this metric.

    Returns:
        One dict a cell: CELL_KEY, value_then, value_later, and batches, a list of "feed sender/delivery".

    Raises:
        UsageError: The earlier moment is before the first build.
    """
    _check_figures_exist(connection, min(first, second))
    query = read_sql(__package__, "changed_cells").format(
        cell_key=sql.SQL(", ").join(map(sql.Identifier, CELL_KEY)),
        changed_cell_key=sql.SQL(", ").join(sql.Identifier("changed", column) for column in CELL_KEY),
    )
    parameters = {"first": first, "second": second, "metric": metric}
    return connection.cursor(row_factory=dict_row).execute(query, parameters).fetchall()


def _check_figures_exist(connection: psycopg.Connection, moment: datetime) -> None:
    row = connection.execute("select min(known_from) from bi.indicator_vintage").fetchone()
    begun = row[0] if row else None
    if begun is None or moment < begun:
        since = f"the first figures are of {begun:%Y-%m-%d %H:%M}" if begun else "no build has been made"
        raise UsageError(f"there are no figures of {moment:%Y-%m-%d %H:%M}: {since}")
