"""Compare the ledger with core, quarantine and the landing store: every announced record is accounted for, or it is a finding."""

import logging
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from labour_market.batches import ledger
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Finding
from labour_market.batches.states import BLOCKED_STATES, OPEN_STATES, BatchState
from labour_market.contracts import contract_feeds
from labour_market.database import connect, read_sql
from labour_market.errors import UsageError
from labour_market.gateway import load_senders
from labour_market.logs import log_stage
from labour_market.quality.messages import not_fetched_sentence
from labour_market.settings import PROVINCE_TIME, Settings, load_settings

STUCK_AFTER = timedelta(hours=6)
NIGHTS_NOT_FETCHED = 3  # after which a delivery that cannot be fetched is a finding
TRIED_EACH_NIGHT = timedelta(days=2)  # within which a delivery that each night fails to fetch was tried
CHECKED = {
    *("lost_records", "orphan_records", "not_fetched", "stuck", "replay_blocked", "other_bytes", "missing_bytes", "damaged_bytes"),
    "senders_file",
}
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reconciliation:
    """What a reconciliation found.

    Attributes:
        batches: Batches in the ledger.
        records: Records that they announced.
        findings: Every open finding: what is unaccounted for, and what pulls noted about announcements.
        waiting: Batches under way: batch_id, feed, sender_code, period, state.
        missing: Deliveries that are due and not there, and senders that are silent: feed, sender_code, period, due_on, days_late, state.
        to_build: Partitions of core that the marts do not show yet.
    """

    batches: int
    records: int
    findings: list[Finding]
    waiting: list[dict[str, Any]]
    missing: list[dict[str, Any]]
    to_build: int

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


def reconcile(settings: Settings | None = None, *, reread: bool = False) -> Reconciliation:
    """Compare the ledger with core, quarantine and the landing store, and note what is found in ops.reconcile_finding.

    Args:
        settings: Of the installation; default: of the environment.
        reread: Hash every landed file again; otherwise only look whether it is there. Only that ends a finding of damaged bytes.
    """
    settings = settings or load_settings()
    with log_stage(LOG, "reconcile", reread=reread) as counts, connect("loader", settings) as connection:
        row = connection.execute("select count(*), coalesce(sum(declared_records), 0) from ops.batch").fetchone()
        assert row
        not_fetched = _not_fetched(connection)
        reported = {finding.batch_id for finding in not_fetched}
        found = [
            *_unbalanced(connection),
            *_orphans(connection),
            *not_fetched,
            *(finding for finding in _stuck(connection) if finding.batch_id not in reported),
            *_blocked_replays(connection),
            *_other_bytes(connection),
            *_bytes(connection, LandingStore(settings.landing_url), reread),
        ]
        try:
            if settings.senders_file.exists() or not settings.own_senders:
                load_senders(settings.senders_file)
        except UsageError as error:  # the other findings do not wait for it
            found.append(Finding("senders_file", str(error)))
        ledger.note_findings(connection, CHECKED if reread else CHECKED - {"damaged_bytes"}, found)
        findings = ledger.open_findings(connection)
        pending = connection.execute("select count(distinct (feed, sender_code, period)) from ops.outbox where built_at is null").fetchone()
        result = Reconciliation(
            batches=row[0],
            records=row[1],
            findings=findings,
            waiting=_waiting(connection),
            missing=_missing(settings),
            to_build=pending[0] if pending else 0,
        )
        counts.update(
            batches=result.batches,
            records=result.records,
            findings=len(findings),
            waiting=len(result.waiting),
            missing=len(result.missing),
            to_build=result.to_build,
        )
    return result


def _core_counts() -> sql.Composed:
    """A query of the records of each batch in core, those of its last publication: a replay may keep out a record that it wrote before."""
    return sql.SQL(" union all ").join(
        sql.SQL(
            "(select distinct on (batch_id) batch_id, count(*) as records from core.{}"
            " group by batch_id, recorded_from order by batch_id, recorded_from desc)"
        ).format(sql.Identifier(feed))
        for feed in contract_feeds()
    )


def _unbalanced(connection: psycopg.Connection) -> list[Finding]:
    query = read_sql(__package__, "unbalanced_batches").format(core_counts=_core_counts())
    rows = connection.execute(query, {"blocked": list(BLOCKED_STATES)}).fetchall()
    return [
        Finding(
            "lost_records",
            f"batch {batch_id} is {state}: {declared} records announced, {parsed} read, {core} in core, {quarantined} in quarantine",
            feed,
            sender,
            period,
            batch_id,
        )
        for feed, sender, period, batch_id, state, declared, parsed, core, quarantined in rows
    ]


def _orphans(connection: psycopg.Connection) -> list[Finding]:
    rows = connection.execute(
        sql.SQL(
            "select counted.batch_id, counted.records from ({}) as counted"
            " where not exists (select from ops.batch where batch.batch_id = counted.batch_id)"
        ).format(_core_counts())
    ).fetchall()
    return [
        Finding(
            "orphan_records",
            f"{records} records in core name batch {batch_id}, which is not in the ledger",
            batch_id=batch_id,
        )
        for batch_id, records in rows
    ]


def _stuck(connection: psycopg.Connection) -> list[Finding]:
    """Batches that nothing has moved for long. One that each night fails to fetch is no such batch, see _not_fetched; one that is tried no
    more is: its sender does not list it any more, or is not requested."""
    rows = connection.execute(
        "select feed, sender_code, period, batch_id, state, discovered_at from ops.batch"
        " where state = any(%s) and greatest(discovered_at, landed_at, staged_at, audited_at) < now() - %s"
        " and not (state = 'discovered' and exists (select from ops.batch_event as event"
        " where event.batch_id = batch.batch_id and event.detail ? 'not_fetched' and event.at > now() - %s))",
        [list(OPEN_STATES), STUCK_AFTER, TRIED_EACH_NIGHT],
    ).fetchall()
    return [
        Finding("stuck", f"batch {batch_id} has been {state} for more than {STUCK_AFTER}", feed, sender, period, batch_id)
        for feed, sender, period, batch_id, state, _ in rows
    ]


def _blocked_replays(connection: psycopg.Connection) -> list[Finding]:
    """Published batches whose replay a rule blocked: their earlier records are in use."""
    blocked = ledger.blocked_replays(connection)
    return [
        Finding(
            "replay_blocked",
            f"batch {batch.batch_id} was replayed and {blocked[batch.batch_id]} blocked it; its earlier records stay published",
            batch.feed,
            batch.sender_code,
            batch.period,
            batch.batch_id,
        )
        for batch in (ledger.find_batches(connection, states=[BatchState.PUBLISHED]) if blocked else ())
        if batch.batch_id in blocked
    ]


def _other_bytes(connection: psycopg.Connection) -> list[Finding]:
    """Batches whose landed bytes are not the announced ones."""
    rows = connection.execute(
        "select feed, sender_code, period, batch_id, declared_sha256, sha256 from ops.batch where sha256 <> declared_sha256"
    ).fetchall()
    return [
        Finding("other_bytes", f"batch {batch_id} was announced as {announced} and landed as {landed}", feed, sender, period, batch_id)
        for feed, sender, period, batch_id, announced, landed in rows
    ]


def _not_fetched(connection: psycopg.Connection) -> list[Finding]:
    """Deliveries that are announced and could not be fetched for several nights, such as those that answer with a login page."""
    rows = connection.execute(
        read_sql(__package__, "batches_not_fetched"), {"nights": NIGHTS_NOT_FETCHED, "time_zone": PROVINCE_TIME.key}
    ).fetchall()
    return [
        Finding("not_fetched", not_fetched_sentence(batch_id, sender, period, nights, reason), feed, sender, period, batch_id)
        for feed, sender, period, batch_id, nights, reason in rows
    ]


def _bytes(connection: psycopg.Connection, store: LandingStore, reread: bool) -> list[Finding]:
    """Landed files that are gone, and (reread) those whose bytes have changed."""
    rows = connection.execute("select feed, sender_code, period, batch_id, sha256 from ops.batch where sha256 is not null").fetchall()
    findings = []
    for feed, sender, period, batch_id, sha256 in rows:
        file = f"the landed file {sha256} of batch {batch_id}"
        if not store.exists(sha256):
            findings.append(Finding("missing_bytes", f"{file} is gone", feed, sender, period, batch_id))
        elif reread and not store.verify(sha256):
            findings.append(Finding("damaged_bytes", f"{file} has changed", feed, sender, period, batch_id))
    return findings


def _waiting(connection: psycopg.Connection) -> list[dict[str, Any]]:
    rows = connection.execute(
        "select batch_id, feed, sender_code, period, state from ops.batch where state = any(%s) order by batch_id",
        [list(OPEN_STATES)],
    ).fetchall()
    return [dict(zip(("batch_id", "feed", "sender_code", "period", "state"), row, strict=True)) for row in rows]


def _missing(settings: Settings) -> list[dict[str, Any]]:
    """What bi.due_deliveries has as missing or silent; figures show it as missing, never as zero."""
    with connect("transformer", settings) as connection, connection.cursor(row_factory=dict_row) as cursor:
        try:
            return cursor.execute(
                "select feed, sender_code, period, due_on, days_late, state from bi.due_deliveries"
                " where state in ('missing', 'silent') order by due_on, feed, sender_code"
            ).fetchall()
        except psycopg.errors.UndefinedTable:  # no model has been deployed yet
            return []
