"""Load kept bytes again, after a rule, a reference list or the code was mended."""

from dataclasses import dataclass

import psycopg

from labour_market.batches import ledger
from labour_market.batches.ledger import Batch
from labour_market.batches.states import REPLAYABLE_STATES, BatchState
from labour_market.contracts import load_contract
from labour_market.database import connect
from labour_market.errors import UsageError
from labour_market.ingestion.pipeline import load
from labour_market.settings import Settings, actor, load_settings


@dataclass(frozen=True)
class Replayed:
    """One batch before and after: (state, records published, records quarantined)."""

    batch_id: int
    sender_code: str
    period: str
    before: tuple[str, int | None, int | None]
    after: tuple[str, int | None, int | None] | None


def replay(
    feed: str,
    *,
    sender: str | None = None,
    period: str | None = None,
    reason: str,
    dry_run: bool = True,
    settings: Settings | None = None,
) -> list[Replayed]:
    """Send the standing, blocked and rejected batches of a feed through staging, audit and publishing again.

    A batch whose bytes never arrived cannot be replayed and is left out. dry_run: only name what would be replayed.
    Raises UsageError without a reason or for an unknown feed.
    """
    if not reason.strip():
        raise UsageError("a replay needs a reason; it is kept in the ledger")
    load_contract(feed)
    settings = settings or load_settings()
    with connect("loader", settings) as connection:
        batches = [
            batch
            for batch in ledger.find_batches(connection, feed=feed, sender=sender, period=period, states=REPLAYABLE_STATES)
            if batch.sha256
        ]
        before = {batch.batch_id: _standing(connection, batch) for batch in batches}
        if not dry_run:
            for batch in batches:
                attempt = ledger.take(connection, batch.batch_id, REPLAYABLE_STATES)
                ledger.move(connection, batch.batch_id, attempt, BatchState.LANDED, actor(), detail={"replay": reason})
    if not dry_run:
        load(feed, settings)
    with connect("loader", settings) as connection:
        return [
            Replayed(
                batch.batch_id,
                batch.sender_code,
                batch.period,
                before[batch.batch_id],
                None if dry_run else _standing(connection, batch),
            )
            for batch in batches
        ]


def _standing(connection: psycopg.Connection, batch: Batch) -> tuple[str, int | None, int | None]:
    row = connection.execute(
        "select state, records_published, records_quarantined from ops.batch where batch_id = %s", [batch.batch_id]
    ).fetchone()
    assert row
    return (row[0], row[1], row[2])
