"""The lineage of figures: from a row of a view in `bi` to its source rows, and from a delivery to the figures counted from it.

Each view declares in `meta.trace` of its description in the dbt project where its figures come from:

- `{}`, or some of the keys of CELL: the view shows cells of bi.indicator. A key is a text in which `{column}` is replaced by that column
  of the view; a key that is left out is the column of the same name. The metrics are those in `metrics`, else the value of the column
  `metric`, else the columns that have the name of a metric.
- `{rows: schema.table, where: [columns]}`: the view counts rows of that table that have the same values in those columns; the value `all`
  means any.
- `{none: reason}`: the view has no figures.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import psycopg
import yaml
from psycopg import sql
from psycopg.rows import dict_row

from labour_market.database import read_sql
from labour_market.errors import LabourMarketError, UsageError
from labour_market.figures import CELL_KEY
from labour_market.settings import DBT_DIR

CELL = CELL_KEY[1:]  # within a metric
Row = dict[str, Any]
MANY_ROWS = 1000


def load_traces() -> dict[str, dict[str, Any]]:
    """What each view of `bi` declares in meta.trace, by the view's name.

    Raises:
        LabourMarketError: A view without a declaration.
    """
    traces = {}
    for path in sorted((DBT_DIR / "models" / "bi").glob("*.yml")):
        for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
            if "trace" not in model.get("config", {}).get("meta", {}):
                raise LabourMarketError(f"{path.name} declares no meta.trace for {model['name']}")
            traces[model["name"]] = model["config"]["meta"]["trace"]
    return traces


def trace_cell(connection: psycopg.Connection, view: str, keys: Mapping[str, str], limit: int = 20) -> dict[str, Any]:
    """Trace the row of a view with these values to the rows that its figures are counted from.

    Args:
        connection: Of a role that reads marts and ops.
        view: A view of bi.
        keys: Column -> value, as many as identify one row.
        limit: The most row numbers of a source, and the most rows of a fact.

    Returns:
        view; row, the row of the view; cells, the cells of indicators.indicator_cell that it shows, without suppression; sources, one dict
        for each metric, part, fact and batch (rows, units, amount, feed, sender_code, period, sequence, delivery_id, state, sha256,
        landing_path, row_numbers); facts, rows of the facts without their surrogate keys.

    Raises:
        UsageError: There is no such view or column, no row or several rows have these values, or the view has no figures.
    """
    traces = load_traces()
    if view not in traces:
        raise UsageError(f"there is no view {view!r} in bi; known: {', '.join(traces)}")
    trace = traces[view]
    if "none" in trace:
        raise UsageError(f"{view} has nothing to trace: {trace['none']}")
    row = _only_row(connection, view, keys)
    if "rows" in trace:
        cells: list[Row] = []
        counted_rows = _rows_of_table(trace["rows"], [(column, row[column]) for column in trace["where"] if row[column] != "all"])
    else:
        cells, counted_rows = _cells(connection, trace, row), _rows_of_cells(connection, trace, row)
    return {
        "view": view,
        "row": row,
        "cells": cells,
        "sources": _sources(connection, counted_rows, limit),
        "facts": _facts(connection, counted_rows, limit),
    }


def trace_batch(connection: psycopg.Connection, batch_id: int, limit: int = 20) -> dict[str, Any]:
    """Trace a batch to the facts and figures that its rows are counted in.

    Args:
        connection: Of a role that reads marts and ops.
        batch_id: The batch.
        limit: The most cells to return with their values.

    Returns:
        batch, its row of the ledger; facts, rows by fact; quarantined, rows by rule, action and status; figures, cells by metric; cells,
        some of the cells with their values.

    Raises:
        UsageError: There is no such batch.
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
    quarantined = cursor.execute(
        "select rule_id, action, status, count(distinct row_no) as rows from quarantine.rejected_row where batch_id = %s"
        " group by rule_id, action, status order by rule_id, action, status",
        [batch_id],
    ).fetchall()
    query = read_sql(__package__, "cells_of_batch").format(cell_key=sql.SQL(", ").join(map(sql.Identifier, CELL_KEY)))
    cells = cursor.execute(query, {"batch_id": batch_id}).fetchall()
    return {
        "batch": batch,
        "facts": _rows_by_fact(connection, batch_id),
        "quarantined": quarantined,
        "figures": dict(Counter(cell["metric"] for cell in cells)),
        "cells": cells[:limit],
    }


def batch_of(connection: psycopg.Connection, delivery: str) -> int:
    """The number of the batch of a delivery, written SENDER/DELIVERY.

    Raises:
        UsageError: When the ledger has none.
    """
    sender, _, delivery_id = delivery.partition("/")
    row = connection.execute("select batch_id from ops.batch where sender_code = %s and delivery_id = %s", [sender, delivery_id]).fetchone()
    if row is None:
        raise UsageError(
            f"there is no delivery {delivery!r}; write SENDER/DELIVERY, for example 799/799-employers-2023-06-1; lmw show BATCH prints both"
        )
    return int(row[0])


def _only_row(connection: psycopg.Connection, view: str, keys: Mapping[str, str]) -> Row:
    columns = _columns(connection, view)
    if unknown := [key for key in keys if key not in columns]:
        raise UsageError(f"{view} has no column {', '.join(unknown)}; it has: {', '.join(columns)}")
    given = [sql.SQL("{}::text = {}").format(sql.Identifier(key), sql.Literal(value)) for key, value in keys.items()]
    query = sql.SQL("select to_jsonb(view_row) from bi.{} as view_row where {} limit {}").format(
        sql.Identifier(view), sql.SQL(" and ").join([sql.SQL("true"), *given]), sql.Literal(MANY_ROWS)
    )
    found: list[Row] = [row[0] for row in connection.execute(query)]  # as JSON: a day may be infinity
    if not found:
        raise UsageError(f"no row of {view} has {', '.join(f'{key}={value}' for key, value in keys.items())}")
    if len(found) > 1:
        open_keys = {column: {str(row[column]) for row in found} for column in columns if column not in keys}
        choices = "; ".join(f"{column}: {', '.join(sorted(values)[:6])}" for column, values in open_keys.items() if len(values) > 1)
        count = f"{len(found)}" if len(found) < MANY_ROWS else f"{MANY_ROWS} or more"
        raise UsageError(f"{count} rows of {view} have these values; choose one by {choices}")
    return found[0]


def _columns(connection: psycopg.Connection, view: str) -> list[str]:
    cursor = connection.execute(sql.SQL("select * from bi.{} limit 0").format(sql.Identifier(view)))
    return [column.name for column in cursor.description or []]


def _metrics(connection: psycopg.Connection, trace: Mapping[str, Any], row: Row) -> list[str]:
    if "metrics" in trace:
        return list(trace["metrics"])
    if "metric" in row:
        return [row["metric"]]
    metrics = {metric for (metric,) in connection.execute("select metric from bi.metric_definition")}
    return [column for column in row if column in metrics]


def _where_of_cells(connection: psycopg.Connection, trace: Mapping[str, Any], row: Row) -> sql.Composed:
    keys = [sql.SQL("{} = {}").format(sql.Identifier(key), sql.Literal(trace.get(key, f"{{{key}}}").format_map(row))) for key in CELL]
    metrics = sql.SQL("metric = any({})").format(sql.Literal(_metrics(connection, trace, row)))
    return sql.SQL(" and ").join([metrics, *keys])


def _cells(connection: psycopg.Connection, trace: Mapping[str, Any], row: Row) -> list[Row]:
    query = sql.SQL(
        "select metric, period_kind, period, area_mode, area_code, breakdown, numerator, denominator, value, is_suppressed"
        " from indicators.indicator_cell where {} order by metric"
    ).format(_where_of_cells(connection, trace, row))
    return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def _rows_of_cells(connection: psycopg.Connection, trace: Mapping[str, Any], row: Row) -> sql.Composed:
    return sql.SQL("select metric, part, fact, batch_id, row_no, unit, amount from indicators.indicator_source where {}").format(
        _where_of_cells(connection, trace, row)
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


def _sources(connection: psycopg.Connection, counted_rows: sql.Composed, limit: int) -> list[Row]:
    query = read_sql(__package__, "sources_of_rows").format(counted_rows=counted_rows, limit=sql.Literal(limit))
    return connection.cursor(row_factory=dict_row).execute(query).fetchall()


def _facts(connection: psycopg.Connection, counted_rows: sql.Composed, limit: int) -> list[Row]:
    """Rows of the facts, without surrogate keys and empty columns."""
    facts = [
        row[0]
        for row in connection.execute(
            sql.SQL("select distinct fact from ({}) as counted_rows where fact like 'fct%' order by fact").format(counted_rows)
        )
    ]
    found: list[Row] = []
    for fact in facts:
        query = sql.SQL(
            "select to_jsonb(fact) from marts.{fact} as fact"
            " where (batch_id, row_no) in (select batch_id, row_no from ({counted_rows}) as counted_rows where fact = {name})"
            " order by batch_id, row_no limit {limit}"
        ).format(fact=sql.Identifier(fact), counted_rows=counted_rows, name=sql.Literal(fact), limit=sql.Literal(limit))
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
