"""What was known when: the indicators as a moment knew them, and the batches that changed them between two moments."""

from datetime import datetime, time, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from labour_market.errors import UsageError
from labour_market.settings import PROVINCE_TIME

CELL = ("metric", "period_kind", "period", "area_mode", "area_code", "breakdown")


def moment_of(day: datetime) -> datetime:
    """A moment as the province means it: its own time, and the end of the day where only a day is given."""
    local = day if day.tzinfo else day.replace(tzinfo=PROVINCE_TIME)
    return local + timedelta(days=1, microseconds=-1) if day.time() == time() else local


def as_of(connection: psycopg.Connection, moment: datetime, metric: str | None = None) -> list[dict[str, Any]]:
    """The indicators of that moment, as bi.indicator would have shown them. Raises UsageError for a moment before the first build."""
    _known(connection, moment)
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
    """The cells that two moments know otherwise: the cell, value_then, value_later, and batches, the deliveries that may have done it.

    Those are what the builds took up that told the cell anew: of the feeds that can change the metric, and of the district alone where
    the cell is a district's own figure and the rows of the feed stay in the district of their sender. Raises UsageError for a moment
    before the first build.
    """
    _known(connection, min(first, second))
    return (
        connection.cursor(row_factory=dict_row)
        .execute(
            f"""
            with changed as (
                select {", ".join(CELL)}, earlier.value as value_then, later.value as value_later
                from bi.indicator_as_of(%(first)s) as earlier
                full join bi.indicator_as_of(%(second)s) as later using ({", ".join(CELL)})
                where (earlier.numerator, earlier.denominator, earlier.value, earlier.is_suppressed)
                    is distinct from (later.numerator, later.denominator, later.value, later.is_suppressed)
            ),

            builds as (
                select {", ".join(CELL)}, build_id from bi.indicator_vintage
                where least(%(first)s, %(second)s) < known_from and known_from <= greatest(%(first)s, %(second)s)
                union
                select {", ".join(f"ended.{column}" for column in CELL)}, begun.build_id
                from bi.indicator_vintage as ended
                inner join (select distinct known_from, build_id from bi.indicator_vintage) as begun on ended.known_to = begun.known_from
                where least(%(first)s, %(second)s) < ended.known_to and ended.known_to <= greatest(%(first)s, %(second)s)
            )

            select {", ".join(f"changed.{column}" for column in CELL)}, changed.value_then, changed.value_later,
                coalesce(
                    array_agg(distinct batch.feed || ' ' || batch.sender_code || '/' || batch.delivery_id)
                    filter (where batch.build_id is not null), '{{}}'
                ) as batches
            from changed
            left join builds using ({", ".join(CELL)})
            left join bi.metric_definition as definition using (metric)
            left join bi.vintage_batch as batch
                on builds.build_id = batch.build_id and (definition.feeds is null or batch.feed = any(definition.feeds))
                    and (changed.area_mode <> 'as_reported' or changed.area_code !~ '^[0-9]{{3}}$'
                        or not batch.stays_in_district or batch.sender_code = changed.area_code)
            where %(metric)s::text is null or changed.metric = %(metric)s
            group by {", ".join(f"changed.{column}" for column in CELL)}, changed.value_then, changed.value_later
            order by {", ".join(f"changed.{column}" for column in CELL)}
            """.encode(),  # noqa: S608  # the columns above, nothing that is given
            {"first": first, "second": second, "metric": metric},
        )
        .fetchall()
    )


def _known(connection: psycopg.Connection, moment: datetime) -> None:
    row = connection.execute("select min(known_from) from bi.indicator_vintage").fetchone()
    begun = row[0] if row else None
    if begun is None or moment < begun:
        told = f"the first figures are of {begun:%Y-%m-%d %H:%M}" if begun else "no build has been made"
        raise UsageError(f"nothing was known at {moment:%Y-%m-%d %H:%M}: {told}")
