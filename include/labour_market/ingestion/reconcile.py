"""Every record is accounted for, or it is on the list that this module returns."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from labour_market.batches.landing import LandingStore
from labour_market.batches.states import OPEN_STATES
from labour_market.contracts import contract_feeds
from labour_market.database import connect
from labour_market.gateway import Sender, load_senders
from labour_market.settings import Settings, load_settings

STUCK_AFTER = timedelta(hours=6)


@dataclass(frozen=True)
class Finding:
    """Something that does not add up. kind: lost_records, orphan_records, stuck, missing_bytes, damaged_bytes."""

    kind: str
    feed: str | None
    sender_code: str | None
    period: str | None
    batch_id: int | None
    detail: str


@dataclass(frozen=True)
class Reconciliation:
    """findings: what is unaccounted for. waiting: batches under way. missing: (feed, sender) that never delivered.

    to_build: partitions of core that the marts do not show yet.
    """

    batches: int
    records: int
    findings: list[Finding]
    waiting: list[dict[str, Any]]
    missing: list[tuple[str, str]]
    to_build: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def reconcile(settings: Settings | None = None, *, reread: bool = False) -> Reconciliation:
    """Hold the ledger against core, quarantine and the landing store. reread: hash every landed file again."""
    settings = settings or load_settings()
    with connect("loader", settings) as connection:
        row = connection.execute("select count(*), coalesce(sum(declared_records), 0) from ops.batch").fetchone()
        assert row
        findings = [
            *_unbalanced(connection),
            *_orphans(connection),
            *_stuck(connection),
            *_bytes(connection, LandingStore(settings.landing_url), reread),
        ]
        senders = load_senders(settings.senders_file) if settings.senders_file.exists() else []
        pending = connection.execute("select count(distinct (feed, sender_code, period)) from ops.outbox where built_at is null").fetchone()
        return Reconciliation(
            batches=row[0],
            records=row[1],
            findings=findings,
            waiting=_waiting(connection),
            missing=_missing(connection, senders),
            to_build=pending[0] if pending else 0,
        )


def _core_counts() -> sql.Composed:
    """Records of each batch that are in core, however often a replay wrote them."""
    return sql.SQL(" union all ").join(
        sql.SQL("select batch_id, count(distinct row_no) as records from core.{} group by batch_id").format(sql.Identifier(feed))
        for feed in contract_feeds()
    )


def _unbalanced(connection: psycopg.Connection) -> list[Finding]:
    rows = connection.execute(
        sql.SQL(
            """
            with in_core as ({core}),
            aside as (select batch_id, count(distinct row_no) as records from quarantine.rejected_row group by batch_id),
            counted as (
                select b.*, coalesce(c.records, 0) as core_records, coalesce(a.records, 0) as aside_records
                from ops.batch as b left join in_core as c using (batch_id) left join aside as a using (batch_id)
            )
            select feed, sender_code, period, batch_id, state, declared_records, records_parsed, core_records, aside_records
            from counted
            where case
                when published_at is not null and state in ('published', 'superseded')
                    then declared_records <> core_records + aside_records or records_parsed is distinct from declared_records
                        or records_published + records_quarantined + records_duplicate + records_superseded <> declared_records
                when state in ('quarantined', 'rejected') then core_records <> 0 or reason_rule is null or reason_vi is null
                when state = 'superseded' then core_records <> 0 or superseded_by is null
                else published_at is null and core_records <> 0
            end
            """
        ).format(core=_core_counts())
    ).fetchall()
    return [
        Finding(
            "lost_records",
            feed,
            sender,
            period,
            batch_id,
            f"batch {batch_id} is {state}: {declared} records announced, {parsed} read, {core} in core, {aside} put aside",
        )
        for feed, sender, period, batch_id, state, declared, parsed, core, aside in rows
    ]


def _orphans(connection: psycopg.Connection) -> list[Finding]:
    rows = connection.execute(
        sql.SQL("select c.batch_id, c.records from ({}) as c left join ops.batch as b using (batch_id) where b.batch_id is null").format(
            _core_counts()
        )
    ).fetchall()
    return [
        Finding(
            "orphan_records",
            None,
            None,
            None,
            batch_id,
            f"{records} records in core name batch {batch_id}, which the ledger does not know",
        )
        for batch_id, records in rows
    ]


def _stuck(connection: psycopg.Connection) -> list[Finding]:
    rows = connection.execute(
        "select feed, sender_code, period, batch_id, state, discovered_at from ops.batch"
        " where state = any(%s) and greatest(discovered_at, landed_at, staged_at, audited_at) < now() - %s",
        [list(OPEN_STATES), STUCK_AFTER],
    ).fetchall()
    return [
        Finding("stuck", feed, sender, period, batch_id, f"batch {batch_id} has been {state} for more than {STUCK_AFTER}")
        for feed, sender, period, batch_id, state, _ in rows
    ]


def _bytes(connection: psycopg.Connection, store: LandingStore, reread: bool) -> list[Finding]:
    """What was acknowledged can be read back: under its hash, with its length, and (reread) with its content."""
    rows = connection.execute("select feed, sender_code, period, batch_id, sha256 from ops.batch where sha256 is not null").fetchall()
    findings = []
    for feed, sender, period, batch_id, sha256 in rows:
        if not store.exists(sha256):
            findings.append(Finding("missing_bytes", feed, sender, period, batch_id, f"the landed file {sha256} is gone"))
        elif reread and not store.verify(sha256):
            findings.append(Finding("damaged_bytes", feed, sender, period, batch_id, f"the landed file {sha256} has changed"))
    return findings


def _waiting(connection: psycopg.Connection) -> list[dict[str, Any]]:
    rows = connection.execute(
        "select batch_id, feed, sender_code, period, state from ops.batch where state = any(%s) order by batch_id",
        [list(OPEN_STATES)],
    ).fetchall()
    return [dict(zip(("batch_id", "feed", "sender_code", "period", "state"), row, strict=True)) for row in rows]


def _missing(connection: psycopg.Connection, senders: list[Sender]) -> list[tuple[str, str]]:
    """Who is expected to send a feed and never has: shown as missing, never as zero."""
    known = set(connection.execute("select distinct feed, sender_code from ops.batch").fetchall())
    return [(feed, s.code) for s in senders for feed in s.feeds if feed in contract_feeds() and (feed, s.code) not in known]
