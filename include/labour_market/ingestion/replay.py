"""Load batches again from the landing store, after a rule, a reference list or the code was fixed."""

import logging
from dataclasses import dataclass

import psycopg
from psycopg import sql

from labour_market.batches import ledger
from labour_market.batches.ledger import Batch
from labour_market.batches.periods import check_period
from labour_market.batches.states import BLOCKED_STATES, REPLAYABLE_STATES, BatchState
from labour_market.contracts import load_contract, load_order
from labour_market.database import connect, read_sql, require_current_schema
from labour_market.errors import UsageError, check_known
from labour_market.gateway import load_senders
from labour_market.ingestion.loading import load
from labour_market.logs import log_stage
from labour_market.settings import Settings, actor, load_settings

StateAndCounts = tuple[str, int | None, int | None]  # state, records published, records quarantined
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replayed:
    """One batch before and after a replay; after is None in a dry run.

    blocked_by: the rule that blocked the replay of a published batch, whose earlier records stay published.
    """

    batch_id: int
    feed: str
    sender_code: str
    period: str
    before: StateAndCounts
    after: StateAndCounts | None
    blocked_by: str | None = None


def replay(
    feed: str | None = None,
    *,
    sender: str | None = None,
    period: str | None = None,
    reason: str,
    dry_run: bool = True,
    settings: Settings | None = None,
) -> list[Replayed]:
    """Stage, audit and publish the published, blocked and rejected batches of a feed, or of all feeds, again.

    A batch whose bytes never arrived cannot be replayed and is left out. A published batch whose replay is blocked stays published
    with its earlier records. Blocked batches are loaded after the others, since rules may compare them with what these published.
    Where core has lost the records of a publication, also those that others replaced are published again, and all batches are loaded
    in the order and in the groups of the first time, so that core gets the same history: a rule then compares a batch with the records
    that it was first compared with.

    Args:
        feed: The feed; default: all feeds.
        sender: Only batches of this sender.
        period: Only batches of this period.
        reason: Why; the ledger keeps it.
        dry_run: Only list what would be replayed.
        settings: Of the installation; default: of the environment.

    Returns:
        Each batch before and, unless it is a dry run, after.

    Raises:
        UsageError: There is no reason, or no such feed, sender or period.
    """
    if not reason.strip():
        raise UsageError("a replay needs a reason; it is kept in the ledger")
    contracts = [load_contract(name) for name in ([feed] if feed else load_order())]
    check_period(period)
    settings = settings or load_settings()
    after: dict[int, StateAndCounts] = {}
    blocked: dict[int, str] = {}
    with log_stage(LOG, "replay", feed=feed or "all", sender=sender, period=period, dry_run=dry_run) as counts:
        with connect("loader", settings) as connection:
            require_current_schema(connection, contracts)  # before a batch is moved: the load would refuse it
            check_known("sender", sender, known_senders(connection, settings))
            batches, lost = [], set[int]()
            for contract in contracts:
                lost |= _lost_publications(connection, contract.feed)
                batches += ledger.find_batches(
                    connection, feed=contract.feed, sender=sender, period=period, states=[*REPLAYABLE_STATES, BatchState.SUPERSEDED]
                )
            batches = [b for b in batches if b.sha256 and (b.state != BatchState.SUPERSEDED or b.batch_id in lost)]
            counts["batches"] = len(batches)
            before = {batch.batch_id: _state_and_counts(connection, batch) for batch in batches}
            is_lost = any(batch.batch_id in lost for batch in batches)
            groups = _groups_of_history(connection, batches) if is_lost else _groups_of_feeds(batches)
        if not dry_run:
            _return_to_landed(batches, lost, reason, settings)  # all of them: a rule must not see a publication that comes later
            for group in groups:
                load(group[0].feed, settings, only={batch.batch_id for batch in group})
            with connect("loader", settings) as connection:
                after = {batch.batch_id: _state_and_counts(connection, batch) for batch in batches}
                blocked = ledger.blocked_replays(connection)
    return [
        Replayed(b.batch_id, b.feed, b.sender_code, b.period, before[b.batch_id], after.get(b.batch_id), blocked.get(b.batch_id))
        for b in batches
    ]


def _groups_of_feeds(batches: list[Batch]) -> list[list[Batch]]:
    """One load for each feed, in the order of the feeds, and then one for its blocked batches."""
    groups: dict[tuple[str, bool], list[Batch]] = {}
    for batch in batches:
        groups.setdefault((batch.feed, batch.state in BLOCKED_STATES), []).append(batch)
    order = load_order()
    return [groups[key] for key in sorted(groups, key=lambda key: (order.index(key[0]), key[1]))]


def _groups_of_history(connection: psycopg.Connection, batches: list[Batch]) -> list[list[Batch]]:
    """The loads in which the batches were first decided on, across all feeds. Batches that one load audited together stay together."""
    values = {"batches": [batch.batch_id for batch in batches], "blocked": list(BLOCKED_STATES)}
    rows = connection.execute(read_sql(__package__, "first_decisions"), values).fetchall()
    moves = {batch_id: (decided, staged) for batch_id, decided, staged in rows}
    groups: list[list[Batch]] = []
    first_decided = 0
    for batch in sorted(batches, key=lambda batch: moves[batch.batch_id]):
        decided, staged = moves[batch.batch_id]
        if not groups or groups[-1][0].feed != batch.feed or staged > first_decided:
            groups.append([])
            first_decided = decided
        groups[-1].append(batch)
    return groups


def _return_to_landed(batches: list[Batch], lost: set[int], reason: str, settings: Settings) -> None:
    """Move batches to landed, from where a load takes them."""
    with connect("loader", settings) as connection:
        for batch in batches:
            attempt = ledger.take(connection, batch.batch_id, [BatchState(batch.state)])
            unpublished = {"published_at": None, "superseded_by": None} if batch.batch_id in lost else {}
            ledger.move(connection, batch.batch_id, attempt, BatchState.LANDED, actor(), detail={"replay": reason}, **unpublished)


def known_senders(connection: psycopg.Connection, settings: Settings) -> list[str]:
    """The codes of the senders that have announced a delivery, and of those in the senders file."""
    listed = load_senders(settings.senders_file) if settings.senders_file.exists() else []
    announced = connection.execute("select distinct sender_code from ops.batch").fetchall()
    return sorted({code for (code,) in announced} | {sender.code for sender in listed})


def _lost_publications(connection: psycopg.Connection, feed: str) -> set[int]:
    """The batches of a feed whose publication core has lost."""
    query = read_sql(__package__, "lost_publications").format(feed=sql.Identifier(feed))
    return {batch_id for (batch_id,) in connection.execute(query, {"feed": feed})}


def _state_and_counts(connection: psycopg.Connection, batch: Batch) -> StateAndCounts:
    row = connection.execute(
        "select state, records_published, records_quarantined from ops.batch where batch_id = %s", [batch.batch_id]
    ).fetchone()
    assert row
    return (row[0], row[1], row[2])
