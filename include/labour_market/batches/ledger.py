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

from labour_market.batches.delivery_errors import printable_name
from labour_market.batches.periods import period_bounds
from labour_market.batches.states import ALLOWED_MOVES, TIMED_STATES, BatchState
from labour_market.database import read_sql
from labour_market.errors import LabourMarketError, UsageError
from labour_market.normalise.stated import read_stated
from labour_market.normalise.text import UnreadableValueError, mask_personal


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
    declared_bytes: int
    declared_sha256: str
    declared_totals: dict[str, Any]
    state: str
    attempt: int
    sha256: str | None


@dataclass(frozen=True)
class Finding:
    """Something that a person must see to, as ops.reconcile_finding has it. finding_id: None before it is noted."""

    kind: str
    detail: str
    feed: str | None = None
    sender_code: str | None = None
    period: str | None = None
    batch_id: int | None = None
    finding_id: int | None = None


@dataclass(frozen=True)
class BlockReason:
    """Why a batch is blocked and what its sender must do: the id of the rule and its sentences, as ops.batch has them."""

    reason_rule: str
    reason_vi: str
    reason_en: str
    remedy_vi: str


REFETCHED = (
    "record_count",
    "size_bytes",
    "sha256",
    "shape",
)  # rules of bytes that a passing fault, such as a page that was skipped, breaks
MAX_FETCHES = 3  # pulls that fetch such a delivery before it stays rejected
REPLAY_BLOCKED_BY = "replay_blocked_by"  # in the detail of a move

# kinds of findings about announcements: each pull of a sender's feed notes those that are there, and closes those that are not
ANNOUNCEMENT_FINDINGS = ("announcement_unreadable", "announcement_changed", "delivery_id_reused", "other_feed_listed")
# kinds of findings that only a person can close: what happened does not go away
CLOSED_BY_HAND = (*ANNOUNCEMENT_FINDINGS, "identity_conflict", "erased_person_delivered", "erasure_unclear")
# what is published depends on these parts of an announcement; each has its name in the protocol of the gateways
COMPARED = {
    "period": "period", "sequence": "sequence", "form_version": "form_version", "media_type": "media_type", "encoding": "encoding",
    "declared_records": "record_count", "declared_bytes": "size_bytes", "declared_sha256": "sha256", "declared_totals": "declared_totals",
}  # fmt: skip
FINDING_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, Finding.__dataclass_fields__))
BATCH_COLUMNS = sql.SQL(", ").join(map(sql.Identifier, Batch.__dataclass_fields__))


def announce(connection: psycopg.Connection, announced: Mapping[str, Any], actor: str) -> int | Finding | None:
    """Write a delivery that a gateway announced into the ledger.

    A delivery is immutable: one that is announced again is never a new batch. Totals that the sender typed are kept as they were
    typed (declared_totals) and as they are read (stated_totals).

    Args:
        connection: The loader's.
        announced: The columns of ops.batch from feed to delivery_created_at.
        actor: The name that the ledger keeps.

    Returns:
        The id of the new batch; None when the ledger has this announcement already; a finding, not noted yet, when the ledger has
        another one under this id.

    Raises:
        ValueError: Its period is none. Builds read periods as days.
    """
    period_bounds(announced["period"])
    typed = announced.get("declared_totals", {})
    announced = {**announced, "declared_totals": _plain_totals(typed), "stated_totals": _read_totals(typed)}
    names = list(announced)
    with connection.transaction():
        row = connection.execute(
            sql.SQL("insert into ops.batch ({}) values ({}) on conflict (sender_code, delivery_id) do nothing returning batch_id").format(
                sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(sql.Placeholder(n) for n in names)
            ),
            {n: Jsonb(v) if isinstance(v, dict) else v for n, v in announced.items()},
        ).fetchone()
        if row:
            _record_event(connection, row[0], 0, None, BatchState.DISCOVERED, actor, {})
            return int(row[0])
    query = sql.SQL("select {} from ops.batch where sender_code = %(sender_code)s and delivery_id = %(delivery_id)s").format(BATCH_COLUMNS)
    with connection.cursor(row_factory=class_row(Batch)) as cursor:
        batch = cursor.execute(query, {name: announced[name] for name in ("sender_code", "delivery_id")}).fetchone()
    assert batch
    named = f"delivery {printable_name(batch.delivery_id)} of sender {batch.sender_code}"
    if batch.feed != announced["feed"]:
        detail = f"{named} is announced for {announced['feed']}, and is batch {batch.batch_id} of {batch.feed}; an id is used once"
        return Finding("delivery_id_reused", detail, announced["feed"], batch.sender_code, announced["period"], batch.batch_id)
    if changes := announcement_changes(batch, announced):
        detail = f"{named} was announced again with another {', '.join(changes)}; a correction needs a new delivery id"
        return Finding("announcement_changed", detail, batch.feed, batch.sender_code, batch.period, batch.batch_id)
    return None


def announcement_changes(batch: Batch, announced: Mapping[str, Any]) -> list[str]:
    """The parts of an announcement that differ from those in the ledger, by their names in the protocol of the gateways."""
    earlier = vars(batch)
    totals = announced.get("declared_totals")
    if totals is not None and earlier["declared_totals"] in (totals, _plain_totals(totals)):
        announced = {**announced, "declared_totals": earlier["declared_totals"]}
    return [name for column, name in COMPARED.items() if column in announced and announced[column] != earlier[column]]


def _plain_totals(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The totals without free text: a name, or a text, with other words than those of the forms is kept as its pattern."""
    return {printable_name(name): _plain_total(raw) if isinstance(raw, str) else raw for name, raw in typed.items()}


def _plain_total(text: str) -> str:
    pattern = printable_name(text)
    return text if "…" in pattern and mask_personal(text) == text else mask_personal(pattern)


def _read_totals(typed: Mapping[str, Any]) -> dict[str, Any]:
    """The totals that can be read as figures: value, bound and step of each."""
    totals = {}
    for name, raw in typed.items():
        with suppress(UnreadableValueError):
            value, bound, step = read_stated(raw)
            if not _looks_like_a_phone(raw):
                totals[printable_name(name)] = {"value": str(value), "bound": bound, "step": str(step)}
    return totals


def _looks_like_a_phone(raw: Any) -> bool:
    return isinstance(raw, str) and raw.lstrip().startswith(("0", "+")) and mask_personal(raw) != raw


def note_findings(
    connection: psycopg.Connection, kinds: Iterable[str], findings: Iterable[Finding], *, feed: str | None = None, sender: str | None = None
) -> None:
    """Bring ops.reconcile_finding up to date with what is found now: new findings are noted, those that are gone are closed.

    A finding that a person closed is not noted again.

    Args:
        connection: The loader's.
        kinds: The kinds that were looked for.
        findings: All that was found of these kinds. Their sentences hold no values of records.
        feed: Only findings of this feed were looked for.
        sender: Only findings of this sender were looked for.
    """
    with connection.transaction():
        found = [connection.execute(read_sql(__package__, "note_finding"), vars(finding)).fetchone() for finding in findings]
        connection.execute(
            "update ops.reconcile_finding set closed_at = clock_timestamp() where closed_at is null and kind = any(%s)"
            " and finding_id <> all(%s) and (%s::text is null or feed = %s) and (%s::text is null or sender_code = %s)",
            [list(kinds), [row[0] for row in found if row], feed, feed, sender, sender],
        )


def open_findings(connection: psycopg.Connection) -> list[Finding]:
    """Every finding that is still there and that no person has closed, oldest first."""
    query = sql.SQL("select {} from ops.reconcile_finding where closed_at is null order by finding_id").format(FINDING_COLUMNS)
    with connection.cursor(row_factory=class_row(Finding)) as cursor:
        return cursor.execute(query).fetchall()


def close_finding(connection: psycopg.Connection, finding_id: int, *, by: str, because: str) -> None:
    """Close a finding about an announcement or a person, which a person has seen to. Other findings end with their cause.

    Args:
        connection: The loader's.
        finding_id: The finding.
        by: The person who has seen to it; kept with the finding.
        because: What was done; kept with the finding.

    Raises:
        UsageError: There is no such open finding, or it is about something else, or there is no reason.
    """
    if not because.strip():
        raise UsageError("a finding is closed with a reason; it is kept with the finding")
    row = connection.execute(
        "select kind from ops.reconcile_finding where finding_id = %s and closed_at is null for update", [finding_id]
    ).fetchone()
    if row is None:
        raise UsageError(f"finding {finding_id} is not open; `lmw reconcile` lists the open findings")
    if row[0] not in CLOSED_BY_HAND:
        raise UsageError(f"finding {finding_id} is of kind {row[0]}, which ends with its cause and cannot be closed by hand")
    connection.execute(
        "update ops.reconcile_finding set closed_at = clock_timestamp(), closed_by = %s, close_reason = %s where finding_id = %s",
        [by, because, finding_id],
    )


def take(connection: psycopg.Connection, batch_id: int, states: Iterable[BatchState]) -> int:
    """Take a batch for a new attempt.

    Args:
        connection: The loader's.
        batch_id: The batch.
        states: The states in which it may be taken.

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
    """Move a batch to another state and set columns of its row: all of it, in the caller's transaction if there is one, or nothing.

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
    with connection.transaction():
        row = connection.execute(
            "select state from ops.batch where batch_id = %s and attempt = %s for update", [batch_id, attempt]
        ).fetchone()
        if not row:
            raise StaleAttemptError(f"batch {batch_id} was taken by another attempt than {attempt}")
        # only a replay that was blocked, which keeps the time of the earlier publication
        is_unaudited = to_state == BatchState.PUBLISHED and row[0] != BatchState.AUDITED and "published_at" not in columns
        if to_state not in ALLOWED_MOVES[BatchState(row[0])] or is_unaudited:
            raise ValueError(f"batch {batch_id} cannot go from {row[0]} to {to_state}")
        stamp = f"{to_state}_at" if to_state in TIMED_STATES and f"{to_state}_at" not in columns else None
        assignments = [sql.SQL("state = {}").format(to_state)]
        assignments += [sql.SQL("{} = {}").format(sql.Identifier(name), value) for name, value in columns.items()]
        if stamp:
            assignments.append(sql.SQL("{} = clock_timestamp()").format(sql.Identifier(stamp)))
        connection.execute(sql.SQL("update ops.batch set {} where batch_id = {}").format(sql.SQL(", ").join(assignments), batch_id))
        _record_event(connection, batch_id, attempt, row[0], to_state, actor, dict(detail or {}))


def block(
    connection: psycopg.Connection,
    batch_id: int,
    attempt: int,
    to_state: BatchState,
    actor: str,
    *,
    reason: BlockReason,
    detail: Mapping[str, Any],
) -> BatchState:
    """Move a batch that a rule stops to quarantined or rejected, with the rule's sentences.

    A batch that is replayed has records of its earlier publication in core. They stay, and so it is published again: the move
    keeps the rule and its sentences, and reconcile has a finding.

    Args:
        connection: The loader's.
        batch_id: The batch.
        attempt: The attempt that has taken it.
        to_state: The state of a batch that is not replayed.
        actor: The name that the ledger keeps.
        reason: Why.
        detail: Kept with the move in ops.batch_event.

    Returns:
        The state that the batch reached.
    """
    row = connection.execute("select published_at is not null from ops.batch where batch_id = %s", [batch_id]).fetchone()
    if row and row[0]:
        to_state, detail = BatchState.PUBLISHED, {**detail, REPLAY_BLOCKED_BY: reason.reason_rule, **vars(reason)}
        move(connection, batch_id, attempt, to_state, actor, detail=detail, published_at=sql.Identifier("published_at"))
    else:
        move(connection, batch_id, attempt, to_state, actor, detail=detail, **vars(reason))
    return to_state


def blocked_replays(connection: psycopg.Connection) -> dict[int, str]:
    """The published batches whose last replay was blocked, each with the rule that blocked it."""
    return dict(
        connection.execute(
            "select batch_id, detail ->> %(key)s from ops.batch_event join ops.batch using (batch_id)"
            " where detail ? %(key)s and state = 'published' and not exists"
            " (select from ops.batch_event as later where later.batch_id = batch.batch_id and later.event_id > batch_event.event_id)",
            {"key": REPLAY_BLOCKED_BY},
        ).fetchall()
    )


def find_batches(
    connection: psycopg.Connection,
    *,
    feed: str | None = None,
    sender: str | None = None,
    period: str | None = None,
    states: Iterable[BatchState] | None = None,
) -> list[Batch]:
    """Batches in the order in which they must be loaded: of their first publication, else of their deliveries. None: of any.

    Args:
        connection: Of a role that reads the ledger.
        feed: Only batches of this feed.
        sender: Only those of this sender.
        period: Only those of this period.
        states: Only those in one of these states.
    """
    query = read_sql(__package__, "find_batches").format(columns=BATCH_COLUMNS)
    values = {"feed": feed, "sender": sender, "period": period, "states": list(states) if states else None}
    with connection.cursor(row_factory=class_row(Batch)) as cursor:
        return cursor.execute(query, values).fetchall()


def batches_to_refetch(connection: psycopg.Connection, feed: str, sender: str) -> list[Batch]:
    """The rejected batches of a sender whose bytes differed from the announcement in fewer than MAX_FETCHES pulls.

    Args:
        connection: The loader's.
        feed: The feed.
        sender: The code of the sender.
    """
    rules = [f"{feed}.file.{name}" for name in REFETCHED]
    query = sql.SQL(
        "select {} from ops.batch where feed = %s and sender_code = %s and state = 'rejected' and sha256 is null and reason_rule = any(%s)"
        " and (select count(*) from ops.batch_event as event where event.batch_id = batch.batch_id and to_state = 'rejected') < %s"
        " order by batch_id"
    ).format(BATCH_COLUMNS)
    with connection.cursor(row_factory=class_row(Batch)) as cursor:
        return cursor.execute(query, [feed, sender, rules, MAX_FETCHES]).fetchall()


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
