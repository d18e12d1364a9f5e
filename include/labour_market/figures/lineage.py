"""From a figure of `bi` to the source rows behind it, and from a delivery to every figure that it touched.

What stands behind a view is told where the view is, in `meta.trace` of its description in the dbt project:

- `{}`, or some of the keys of CELL: the view shows cells of bi.indicator. A key is given as a text in which `{column}` is that column of
  the view; without one it is the column of that name. The metrics are those named in `metrics`, else the column `metric`, else the columns
  that are named after metrics.
- `{rows: schema.table, where: [columns]}`: the view counts rows of that table, equal in those columns; `all` is any.
- `{none: reason}`: the view holds no figures.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
import yaml
from psycopg import sql
from psycopg.rows import dict_row

from labour_market.errors import LabourMarketError, UsageError
from labour_market.settings import DBT_DIR

CELL = ("period_kind", "period", "area_mode", "area_code", "breakdown")
Row = dict[str, Any]


def load_traces() -> dict[str, dict[str, Any]]:
    """What each view of `bi` declares of its source, by the view's name. Raises LabourMarketError for a view that declares nothing."""
    traces = {}
    for path in sorted((DBT_DIR / "models" / "bi").glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            if "trace" not in model.get("config", {}).get("meta", {}):
                raise LabourMarketError(f"{path.name} does not say in meta.trace what stands behind {model['name']}")
            traces[model["name"]] = model["config"]["meta"]["trace"]
    return traces


def trace_cell(connection: psycopg.Connection, view: str, keys: Mapping[str, str], limit: int = 20) -> dict[str, Any]:
    """The row of a view that has these values, and what stands behind it.

    Gives shown (the row), cells (the figures of marts.fct_indicator_cell that the row shows, exact), sources (a row each metric, part,
    fact and batch: rows, units, amount, feed, sender_code, period, sequence, delivery_id, state, sha256, landing_path, row_numbers) and
    facts (rows of the facts without their keys); row_numbers and facts are at most `limit`. Wants a role that reads marts and ops. Raises
    UsageError for an unknown view or column, values that no row or several rows have, or a view without figures.
    """
    traces = load_traces()
    if view not in traces:
        raise UsageError(f"there is no view {view!r} in bi; known: {', '.join(traces)}")
    trace = traces[view]
    if "none" in trace:
        raise UsageError(f"{view} has nothing to trace: {trace['none']}")
    shown = _only_row(connection, view, keys)
    if "rows" in trace:
        cells: list[Row] = []
        behind = _rows_of_table(trace["rows"], [(column, shown[column]) for column in trace["where"] if shown[column] != "all"])
    else:
        cells, behind = _cells(connection, trace, shown), _rows_of_cells(connection, trace, shown)
    return {
        "view": view,
        "shown": shown,
        "cells": cells,
        "sources": _sources(connection, behind, limit),
        "facts": _facts(connection, behind, limit),
    }


def trace_batch(connection: psycopg.Connection, batch_id: int, limit: int = 20) -> dict[str, Any]:
    """What became of a batch: batch (its row of the ledger), facts (rows by fact), put_aside (rows by rule), figures (cells by metric) and
    cells (at most `limit` of them with their values). Wants a role that reads marts and ops. Raises UsageError for an unknown batch.
    """
    cursor = connection.cursor(row_factory=dict_row)
    batch = cursor.execute(
        "select batch_id, feed, sender_code, period, sequence, delivery_id, state, declared_records, records_published,"
        " records_quarantined, records_duplicate, records_superseded, superseded_by, reason_rule, reason_vi, reason_en, sha256,"
        " landing_path"
        " from ops.batch where batch_id = %s",
        [batch_id],
    ).fetchone()
    if batch is None:
        raise UsageError(f"there is no batch {batch_id}")
    put_aside = cursor.execute(
        "select rule_id, action, status, count(distinct row_no) as rows from quarantine.rejected_row where batch_id = %s"
        " group by rule_id, action, status order by rule_id, action, status",
        [batch_id],
    ).fetchall()
    touched = cursor.execute(
        f"""
        with touched as (
            select metric, {", ".join(CELL)}, count(distinct (fact, row_no)) as rows
            from marts.indicator_source
            where batch_id = %s
            group by metric, {", ".join(CELL)}
        )

        select cell.metric, {", ".join(f"cell.{key}" for key in CELL)}, cell.numerator, cell.denominator, cell.value, cell.is_suppressed,
            touched.rows
        from touched
        inner join marts.fct_indicator_cell as cell using (metric, {", ".join(CELL)})
        order by cell.metric, {", ".join(f"cell.{key}" for key in CELL)}
        """.encode(),  # noqa: S608  # the columns above, nothing that is given
        [batch_id],
    ).fetchall()
    figures: dict[str, int] = {}
    for cell in touched:
        figures[cell["metric"]] = figures.get(cell["metric"], 0) + 1
    return {
        "batch": batch,
        "facts": _rows_by_fact(connection, batch_id),
        "put_aside": put_aside,
        "figures": figures,
        "cells": touched[:limit],
    }


def batch_of(connection: psycopg.Connection, delivery: str) -> int:
    """The batch of a delivery, which is named SENDER/DELIVERY. Raises UsageError when there is none."""
    sender, _, delivery_id = delivery.partition("/")
    row = connection.execute("select batch_id from ops.batch where sender_code = %s and delivery_id = %s", [sender, delivery_id]).fetchone()
    if row is None:
        raise UsageError(f"no delivery {delivery!r} is known; it is written SENDER/DELIVERY, as lmw show BATCH tells it")
    return int(row[0])


def _only_row(connection: psycopg.Connection, view: str, keys: Mapping[str, str]) -> Row:
    columns = _columns(connection, view)
    if unknown := [key for key in keys if key not in columns]:
        raise UsageError(f"{view} has no column {', '.join(unknown)}; it has: {', '.join(columns)}")
    given = [sql.SQL("{}::text = {}").format(sql.Identifier(key), sql.Literal(value)) for key, value in keys.items()]
    query = sql.SQL("select to_jsonb(shown) from bi.{} as shown where {} limit 1000").format(
        sql.Identifier(view), sql.SQL(" and ").join([sql.SQL("true"), *given])
    )
    found: list[Row] = [row[0] for row in connection.execute(query)]  # as JSON: a day may be infinity
    if not found:
        raise UsageError(f"no row of {view} has {', '.join(f'{key}={value}' for key, value in keys.items())}")
    if len(found) > 1:
        open_keys = {column: {str(row[column]) for row in found} for column in columns if column not in keys}
        told = "; ".join(f"{column}: {', '.join(sorted(values)[:6])}" for column, values in open_keys.items() if len(values) > 1)
        raise UsageError(f"{len(found)} rows of {view} have these values; say which one by {told}")
    return found[0]


def _columns(connection: psycopg.Connection, view: str) -> list[str]:
    cursor = connection.execute(sql.SQL("select * from bi.{} limit 0").format(sql.Identifier(view)))
    return [column.name for column in cursor.description or []]


def _metrics(connection: psycopg.Connection, trace: Mapping[str, Any], shown: Row) -> list[str]:
    if "metrics" in trace:
        return list(trace["metrics"])
    if "metric" in shown:
        return [shown["metric"]]
    known = {row[0] for row in connection.execute("select metric from bi.metric_definition")}
    return [column for column in shown if column in known]


def _where_of_cells(connection: psycopg.Connection, trace: Mapping[str, Any], shown: Row) -> sql.Composed:
    keys = [sql.SQL("{} = {}").format(sql.Identifier(key), sql.Literal(trace.get(key, f"{{{key}}}").format_map(shown))) for key in CELL]
    metrics = sql.SQL("metric = any({})").format(sql.Literal(_metrics(connection, trace, shown)))
    return sql.SQL(" and ").join([metrics, *keys])


def _cells(connection: psycopg.Connection, trace: Mapping[str, Any], shown: Row) -> list[Row]:
    query = sql.SQL(
        "select metric, period_kind, period, area_mode, area_code, breakdown, numerator, denominator, value, is_suppressed"
        " from marts.fct_indicator_cell where {} order by metric"
    ).format(_where_of_cells(connection, trace, shown))
    return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def _rows_of_cells(connection: psycopg.Connection, trace: Mapping[str, Any], shown: Row) -> sql.Composed:
    return sql.SQL("select metric, part, fact, batch_id, row_no, unit, amount from marts.indicator_source where {}").format(
        _where_of_cells(connection, trace, shown)
    )


def _rows_of_table(table: str, values: list[tuple[str, Any]]) -> sql.Composed:
    schema, name = table.split(".")
    return sql.SQL(
        "select 'rows' as metric, 'numerator' as part, {fact} as fact, batch_id, (to_jsonb(counted) ->> 'row_no')::integer as row_no,"
        " row_number() over () as unit, 1 as amount"
        " from {schema}.{table} as counted where {where}"
    ).format(
        fact=sql.Literal(name), schema=sql.Identifier(schema), table=sql.Identifier(name),
        where=sql.SQL(" and ").join([
            sql.SQL("true"),
            *(sql.SQL("{} is not distinct from {}").format(sql.Identifier(column), sql.Literal(value)) for column, value in values),
        ]),
    )  # fmt: skip


def _sources(connection: psycopg.Connection, behind: sql.Composed, limit: int) -> list[Row]:
    query = sql.SQL(
        """
        with behind as ({behind}),

        units as (
            select metric, part, unit, max(amount) as amount, (array_agg(batch_id order by amount desc, batch_id))[1] as batch_id
            from behind
            group by metric, part, unit
        ),

        amounts as (
            select metric, part, batch_id, count(*) as units, sum(amount) as amount
            from units
            group by metric, part, batch_id
        ),

        rows as (
            select metric, part, fact, batch_id, count(distinct row_no) as rows,
                (array_agg(distinct row_no order by row_no))[1:{limit}] as row_numbers
            from behind
            group by metric, part, fact, batch_id
        )

        select rows.metric, rows.part, rows.fact, rows.rows, coalesce(amounts.units, 0) as units,
            coalesce(trim_scale(amounts.amount), 0) as amount, batch.batch_id, batch.feed, batch.sender_code, batch.period, batch.sequence,
            batch.delivery_id, batch.state, batch.sha256, batch.landing_path, rows.row_numbers
        from rows
        left join amounts using (metric, part, batch_id)
        left join ops.batch as batch on rows.batch_id = batch.batch_id
        order by rows.metric, rows.part desc, batch.feed, batch.sender_code, batch.period, batch.sequence
        """
    ).format(behind=behind, limit=sql.Literal(limit))
    return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def _facts(connection: psycopg.Connection, behind: sql.Composed, limit: int) -> list[Row]:
    """Rows of the facts themselves, without surrogate keys and without what is empty."""
    facts = [
        row[0]
        for row in connection.execute(
            sql.SQL("select distinct fact from ({}) as behind where fact like 'fct%' order by fact").format(behind)
        )
    ]
    found: list[Row] = []
    for fact in facts:
        query = sql.SQL(
            "select to_jsonb(fact) from marts.{fact} as fact"
            " where (batch_id, row_no) in (select batch_id, row_no from ({behind}) as behind where fact = {name})"
            " order by batch_id, row_no limit {limit}"
        ).format(fact=sql.Identifier(fact), behind=behind, name=sql.Literal(fact), limit=sql.Literal(limit))
        found += [
            {"fact": fact, **{key: value for key, value in row[0].items() if value is not None and not key.endswith("_sk")}}
            for row in connection.execute(query)
        ]
    return found


def _rows_by_fact(connection: psycopg.Connection, batch_id: int) -> dict[str, int]:
    facts = connection.execute(
        "select table_name from information_schema.columns"
        " where table_schema = 'marts' and table_name like 'fct%' and column_name in ('batch_id', 'row_no')"
        " group by table_name having count(*) = 2 order by table_name"
    ).fetchall()
    counted = {}
    for (fact,) in facts:
        row = connection.execute(
            sql.SQL("select count(*) from marts.{} where batch_id = %s").format(sql.Identifier(fact)), [batch_id]
        ).fetchone()
        if row and row[0]:
            counted[fact] = row[0]
    return counted
