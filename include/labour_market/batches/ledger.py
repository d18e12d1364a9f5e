"""The ledger of batches (schema ops): what was announced, the state of each batch, and every move between states.

What happened to a batch is decided by the ledger; an Airflow event or a log is only a hint.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from labour_market.batches.states import ALLOWED_MOVES, TIMED_STATES, BatchState
from labour_market.database import read_sql
from labour_market.errors import LabourMarketError, UsageError
from labour_market.normalise.stated import read_stated
from labour_market.normalise.text import UnreadableValueError


class StaleAttemptError(LabourMarketError):
    """Another attempt has taken this batch; the work of this attempt must not be published."""


@dataclass(frozen=True)
class Batch:
    """One announced delivery, as the ledger has it."""

    batch_id: int
    feed: str
    sender_code: str
    delivery_id: str
    period: str
    sequence: int
    form_version: str | None
    media_type: str
    encoding: str | None
    declared_records: int
    declared_totals: dict[str, Any]
    state: str
    attempt: int
    sha256: str | None


BATCH_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, Batch.__dataclass_fields__))


def announce(connection: psycopg.Connection, announced: Mapping[str, Any], actor: str) -> int | None:
    """Write a delivery that a gateway announced into the ledger.

    A delivery is immutable: one that is announced again with another hash is left out, and a finding is noted. Totals that the
    sender typed are kept as they were typed (declared_totals) and as they are read (stated_totals).

    Args:
        connection: The loader's.
        announced: The columns of ops.batch from feed to delivery_created_at.
        actor: The name that the ledger keeps.

    Returns:
        The id of the new batch; None when the ledger has the delivery already.
    """
    announced = {**announced, "stated_totals": _read_totals(announced.get("declared_totals", {}))}
    names = list(announced)
    row = connection.execute(
        sql.SQL("insert into ops.batch ({}) values ({}) on conflict (sender_code, delivery_id) do nothing returning batch_id").format(
            sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(sql.Placeholder(n) for n in names)
        ),
        {n: Jsonb(v) if isinstance(v, dict) else v for n, v in announced.items()},
    ).fetchone()
    if row:
        _record_event(connection, row[0], 0, None, BatchState.DISCOVERED, actor, {})
        return int(row[0])
    changed = connection.execute(
        "select batch_id from ops.batch where sender_code = %(sender_code)s and delivery_id = %(delivery_id)s"
        " and declared_sha256 <> %(declared_sha256)s",
        announced,
    ).fetchone()
    if changed:
        note_finding(
            connection,
            "announcement_changed",
            f"delivery {announced['delivery_id']} was announced again with another content; a correction needs a new delivery id",
            batch_id=changed[0],
            **{n: announced[n] for n in ("feed", "sender_code", "period")},
        )
    return None


def _read_totals(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The totals that can be read as figures: value, bound and step of each."""
    totals = {}
    for name, raw in typed.items():
        with suppress(UnreadableValueError):
            value, bound, step = read_stated(raw)
            totals[name] = {"value": str(value), "bound": bound, "step": str(step)}
    return totals


def note_finding(connection: psycopg.Connection, kind: str, detail: str, **place: Any) -> None:
    """Note something that a person should see in ops.reconcile_finding; the same finding of a sender is noted once.

    Args:
        connection: The loader's.
        kind: announcement_changed, announcement_unreadable ...
        detail: A sentence without values of records.
        place: Feed, sender_code, period and batch_id, as far as they apply.
    """
    columns = dict.fromkeys(("feed", "sender_code", "period", "batch_id"))
    connection.execute(read_sql(__package__, "insert_finding"), {**columns, **place, "kind": kind, "detail": detail})


def take(connection: psycopg.Connection, batch_id: int, states: Iterable[BatchState]) -> int:
    """Take a batch for a new attempt.

    Returns:
        The number of the attempt: the fencing token, an argument of move().

    Raises:
        StaleAttemptError: The batch is in none of these states any more.
    """
    row = connection.execute(
        "update ops.batch set attempt = attempt + 1 where batch_id = %s and state = any(%s) returning attempt",
        [batch_id, list(states)],
    ).fetchone()
    if not row:
        raise StaleAttemptError(f"batch {batch_id} is no longer in {', '.join(states)}")
    return int(row[0])


def move(
    connection: psycopg.Connection,
    batch_id: int,
    attempt: int,
    to_state: BatchState,
    actor: str,
    *,
    detail: Mapping[str, Any] | None = None,
    **columns: Any,
) -> None:
    """Move a batch to another state and set columns of its row, in the caller's transaction.

    Args:
        connection: The loader's.
        batch_id: The batch.
        attempt: The attempt that has taken it.
        to_state: The new state.
        actor: The name that the ledger keeps.
        detail: Kept with the move in ops.batch_event.
        columns: Columns of ops.batch and their new values.

    Raises:
        StaleAttemptError: Another attempt has taken the batch.
        ValueError: ALLOWED_MOVES has no such move.
    """
    row = connection.execute("select state from ops.batch where batch_id = %s and attempt = %s for update", [batch_id, attempt]).fetchone()
    if not row:
        raise StaleAttemptError(f"batch {batch_id} was taken by another attempt than {attempt}")
    if to_state not in ALLOWED_MOVES[BatchState(row[0])]:
        raise ValueError(f"batch {batch_id} cannot go from {row[0]} to {to_state}")
    stamp = f"{to_state}_at" if to_state in TIMED_STATES else None
    assignments = [sql.SQL("state = {}").format(to_state)]
    assignments += [sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in columns.items()]
    if stamp:
        assignments.append(sql.SQL("{} = clock_timestamp()").format(sql.Identifier(stamp)))
    connection.execute(sql.SQL("update ops.batch set {} where batch_id = {}").format(sql.SQL(", ").join(assignments), batch_id))
    _record_event(connection, batch_id, attempt, row[0], to_state, actor, dict(detail or {}))


def find_batches(
    connection: psycopg.Connection,
    *,
    feed: str | None = None,
    sender: str | None = None,
    period: str | None = None,
    states: Iterable[BatchState] | None = None,
) -> list[Batch]:
    """Batches in the order in which they must be loaded: sender, period, sequence. None: of any."""
    query = read_sql(__package__, "find_batches").format(columns=BATCH_COLUMNS)
    values = {"feed": feed, "sender": sender, "period": period, "states": list(states) if states else None}
    with connection.cursor(row_factory=class_row(Batch)) as cursor:
        return cursor.execute(query, values).fetchall()


def batch_history(connection: psycopg.Connection, batch_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The ledger row of a batch, and its moves, oldest first: at, attempt, from_state, to_state, actor, detail.

    Raises:
        UsageError: The ledger has no such batch.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute("select * from ops.batch where batch_id = %s", [batch_id]).fetchone()
        if row is None:
            raise UsageError(f"batch {batch_id} is not in the ledger")
        events = cursor.execute(
            "select at, attempt, from_state, to_state, actor, detail from ops.batch_event where batch_id = %s order by event_id",
            [batch_id],
        ).fetchall()
    return row, events


def list_batches(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """All batches, oldest first: one dict each, with its counts of records and the reason and remedy of a blocked one."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select batch_id, feed, sender_code, period, sequence, delivery_id, state, declared_records, records_published,"
            " records_quarantined, records_duplicate, reason_rule, reason_vi, reason_en, remedy_vi"
            " from ops.batch order by batch_id"
        ).fetchall()


def _record_event(
    connection: psycopg.Connection,
    batch_id: int,
    attempt: int,
    from_state: str | None,
    to_state: str,
    actor: str,
    detail: dict[str, Any],
) -> None:
    connection.execute(
        "insert into ops.batch_event (batch_id, attempt, from_state, to_state, actor, detail) values (%s, %s, %s, %s, %s, %s)",
        [batch_id, attempt, from_state, to_state, actor, Jsonb(detail)],
    )
