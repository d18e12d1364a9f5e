"""From a landed delivery to typed rows in the feed's stage table."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, repeat
from typing import cast

import psycopg
from psycopg import sql

from labour_market.batches.delivery_errors import InvalidDeliveryError, wrong_count
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Batch
from labour_market.batches.periods import period_bounds
from labour_market.contracts import Contract, Field
from labour_market.database import connect, read_sql
from labour_market.database.tables import stage_columns, stage_ddl
from labour_market.errors import LabourMarketError
from labour_market.ingestion.pseudonyms import PseudonymKey, person_columns
from labour_market.logs import describe
from labour_market.normalise import Normalised, normalise_columns
from labour_market.reading.deliveries import parse_delivery
from labour_market.settings import Settings

CHUNK_ROWS = 20_000


class StagingError(LabourMarketError):
    """The server refused the rows of a batch, which the contract's types should have made fit. An internal error."""


def make_stage_table(connection: psycopg.Connection, contract: Contract, token: str) -> str:
    """Make stage.<feed>__<token> and stage.<feed>__<token>_failures, which the auditor may fill.

    Args:
        connection: The loader's.
        contract: Of the feed.
        token: A part of the name that no other table has.

    Returns:
        The name of the first, without its schema.
    """
    table = f"{contract.feed}__{token}"
    failures = sql.Identifier("stage", f"{table}_failures")
    connection.execute(stage_ddl(contract, table))
    connection.execute(
        sql.SQL("create unlogged table {} (batch_id bigint, row_no integer, rule_id text, column_name text, value_pattern text)").format(
            failures
        )
    )
    connection.execute(sql.SQL("grant select, insert on {} to auditor").format(failures))
    return table


def split_stage_table(connection: psycopg.Connection, contract: Contract, table: str, token: str, batches: Sequence[Batch]) -> str:
    """Make another stage table with the rows that some batches have in a stage table.

    Args:
        connection: The loader's.
        contract: Of the feed.
        table: The stage table, without its schema.
        token: A part of the name that no other table has.
        batches: The batches whose rows are copied.

    Returns:
        The name of the new table, without its schema.
    """
    part = make_stage_table(connection, contract, token)
    connection.execute(
        sql.SQL("insert into stage.{} select * from stage.{} where batch_id = any(%s)").format(sql.Identifier(part), sql.Identifier(table)),
        [[batch.batch_id for batch in batches]],
    )
    return part


def drop_stage_tables(connection: psycopg.Connection, feed: str, settings: Settings) -> list[str]:
    """Drop every stage table of a feed and return their names.

    The caller holds the feed's lock, so that none is in use: a session of the auditor that has locks on them is of a load that was stopped
    in its audit, and is ended.

    Args:
        connection: The loader's.
        feed: The feed.
        settings: Of the installation.
    """
    tables = connection.execute(
        "select tablename from pg_tables where schemaname = 'stage' and starts_with(tablename, %s)", [f"{feed}__"]
    ).fetchall()
    if tables:
        with connect("auditor", settings, autocommit=True) as auditor:
            auditor.execute(read_sql(__package__, "end_abandoned_audits"), {"prefix": f"{feed}__"})
    for (table,) in tables:
        connection.execute(sql.SQL("drop table {}").format(sql.Identifier("stage", table)))
    return [table for (table,) in tables]


def read_batch(contract: Contract, batch: Batch, store: LandingStore, key: PseudonymKey) -> tuple[Normalised, dict[str, object]]:
    """Read a landed batch into typed columns with pseudonyms.

    Args:
        contract: Of the batch's feed.
        batch: A batch whose bytes are in the store.
        store: The landing store.
        key: The key of the pseudonyms.

    Returns:
        The typed columns, and what the reader left out: `notes` (lines that are no records, by kind), `hidden_rows` (the number
        of records in hidden rows) and `unknown_columns` (columns that the contract does not have).

    Raises:
        InvalidDeliveryError: The delivery cannot be read as it was announced.
    """
    try:
        period_bounds(batch.period)
    except ValueError as error:
        raise InvalidDeliveryError("period", {"period": batch.period}) from error
    assert batch.sha256
    parsed = parse_delivery(store.path_of(batch.sha256), batch.media_type, batch.encoding, batch.form_version, contract)
    if len(parsed.row_numbers) != batch.declared_records:
        raise wrong_count(batch.declared_records, len(parsed.row_numbers), parsed.skipped, parsed.hidden, parsed.without_key)
    normalised = normalise_columns(parsed, contract)
    remarks: dict[str, object] = {"notes": parsed.notes} if parsed.notes else {}
    if parsed.hidden:
        remarks["hidden_rows"] = len(parsed.hidden)
    if parsed.unknown_columns:
        remarks["unknown_columns"] = list(parsed.unknown_columns)
    return person_columns(normalised, contract, key, batch.sender_code, batch.period), remarks


def csv_chunks(contract: Contract, batch: Batch, normalised: Normalised) -> Iterator[bytes]:
    """The rows of a batch as CSV with the columns of the stage table, CHUNK_ROWS of them at a time.

    Args:
        contract: Of the batch's feed.
        batch: The batch that the rows came with.
        normalised: The typed columns of the batch.
    """
    count = len(normalised.row_numbers)
    columns: list[Iterable[object]] = [
        repeat(batch.batch_id, count),
        normalised.row_numbers,
        repeat(batch.sender_code, count),
        repeat(batch.period, count),
        repeat(batch.sequence, count),
        _arrays(normalised.issues),
        _arrays(normalised.notes),
        *(_as_text(field, normalised.columns[field.name]) for field in contract.fields),
    ]
    rows = zip(*columns, strict=True)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(chunk)
        yield buffer.getvalue().encode()


def stage_rows(connection: psycopg.Connection, contract: Contract, batch: Batch, table: str, chunks: Iterable[bytes]) -> int:
    """Copy the rows of a batch into a stage table.

    Args:
        connection: The loader's, in a transaction.
        contract: Of the batch's feed.
        batch: The batch that the rows came with.
        table: The stage table, without its schema.
        chunks: The rows, as csv_chunks gives them.

    Returns:
        The number of rows.

    Raises:
        StagingError: The server refused them. Its text holds no value of a row, unlike the server's.
    """
    statement = sql.SQL("copy stage.{} ({}) from stdin (format csv)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, stage_columns(contract)))
    )
    try:
        with connection.cursor() as cursor:
            with cursor.copy(statement) as copy:
                for chunk in chunks:
                    copy.write(chunk)
            return cursor.rowcount
    except psycopg.Error as error:
        raise StagingError(f"batch {batch.batch_id} of {contract.feed} was not staged: {describe(error)}") from None


def _as_text(field: Field, values: Sequence[object]) -> Iterable[object]:
    if field.type == "list":
        return _arrays(values)
    if field.type == "items":
        return [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
    return values


def _arrays(values: Sequence[object]) -> list[str | None]:
    """PostgreSQL array literals; the same few lists come again and again, so each is written once."""
    literals: dict[tuple[str, ...], str] = {}
    out: list[str | None] = []
    for value in values:
        if not value:
            out.append(None)
            continue
        items: tuple[str, ...] = tuple(cast(Iterable[str], value))
        if items not in literals:
            quoted = ('"' + str(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items)
            literals[items] = "{" + ",".join(quoted) + "}"
        out.append(literals[items])
    return out
