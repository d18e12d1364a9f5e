"""The way of a batch, from a gateway's announcement to core: pull (one sender of a feed), load (all senders of a feed)."""

import secrets
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from labour_market.batches import ledger
from labour_market.batches.delivery_errors import InvalidDeliveryError
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Batch
from labour_market.batches.states import LOADABLE_STATES, BatchState
from labour_market.contracts import Contract, load_contract
from labour_market.database import connect
from labour_market.database.locks import feed_load, session_lock
from labour_market.gateway import (
    AnnouncementDefect,
    Delivery,
    DeliveryRefusedError,
    GatewayClient,
    GatewayUnavailableError,
    Sender,
)
from labour_market.ingestion.pseudonyms import load_pseudonym_key
from labour_market.ingestion.publishing import newer_published, publish_batch
from labour_market.ingestion.staging import drop_stage_tables, make_stage_table, read_batch, stage_batch
from labour_market.quality.messages import block_reason
from labour_market.settings import PROJECT_ROOT, Settings, actor, load_settings

Progress = Callable[[str], None]


@dataclass
class LoadReport:
    """What one load of a feed did. outcomes: batch_id -> state that the batch reached; errors: batch_id -> what broke in us."""

    feed: str
    outcomes: dict[int, BatchState] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return BatchState.PUBLISHED in self.outcomes.values()


@cache
def code_version() -> str:
    """The commit that is running, for the ledger; "unversioned" outside a checkout."""
    done = subprocess.run(["git", "-C", str(PROJECT_ROOT), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unversioned"


def pull(feed: str, sender: Sender, period: str | None = None, settings: Settings | None = None) -> list[int]:
    """Discover and land what a sender has for a feed; returns the batches that were landed or rejected now.

    Drafts are left alone. Raises GatewayUnavailableError when the sender cannot be reached now; what was landed before stays landed,
    the rest stays discovered and is asked for again by the next pull.
    """
    settings = settings or load_settings()
    store = LandingStore(settings.landing_url)
    done = []
    with connect("loader", settings, autocommit=True) as connection, GatewayClient(sender) as client:
        announced: dict[str, Delivery] = {}
        for item in client.deliveries(feed, period=period):
            if isinstance(item, AnnouncementDefect):
                ledger.note_finding(connection, "announcement_unreadable", item.detail, feed=feed, sender_code=sender.code)
            elif item.status == "final":
                announced[item.delivery_id] = item
                ledger.announce(connection, _announcement(feed, sender, item), actor())
        away: GatewayUnavailableError | None = None
        for batch in ledger.find_batches(connection, feed=feed, sender=sender.code, states=[BatchState.DISCOVERED]):
            if batch.delivery_id in announced:
                try:
                    _land(connection, client, store, batch, announced[batch.delivery_id])
                    done.append(batch.batch_id)
                except GatewayUnavailableError as error:  # one delivery that cannot be had now does not keep back the next
                    away = error
        if away:
            raise away
    return done


def _announcement(feed: str, sender: Sender, delivery: Delivery) -> dict[str, Any]:
    return {
        "feed": feed,
        "sender_code": sender.code,
        "delivery_id": delivery.delivery_id,
        "period": delivery.period,
        "sequence": delivery.sequence,
        "supersedes": delivery.supersedes,
        "form_version": delivery.form_version,
        "media_type": delivery.media_type,
        "encoding": delivery.encoding,
        "declared_records": delivery.record_count,
        "declared_bytes": delivery.size_bytes,
        "declared_sha256": delivery.sha256,
        "declared_totals": delivery.declared_totals or {},
        "delivery_created_at": delivery.created_at,
        "code_version": code_version(),
    }


def _land(connection: psycopg.Connection, client: GatewayClient, store: LandingStore, batch: Batch, delivery: Delivery) -> None:
    attempt = ledger.take(connection, batch.batch_id, [BatchState.DISCOVERED])
    try:
        if (delivery.sender_code, delivery.feed) != (batch.sender_code, batch.feed):
            raise DeliveryRefusedError("sender", {"announced": delivery.sender_code, "gateway": batch.sender_code})
        landed = client.fetch(delivery, store)
    except DeliveryRefusedError as refusal:
        _reject(connection, load_contract(batch.feed), batch, attempt, refusal.rule_name, refusal.details)
    else:
        ledger.move(
            connection,
            batch.batch_id,
            attempt,
            BatchState.LANDED,
            actor(),
            sha256=landed.sha256,
            bytes=landed.size,
            landing_path=landed.path,
        )


def _reject(
    connection: psycopg.Connection,
    contract: Contract,
    batch: Batch,
    attempt: int,
    rule_name: str,
    details: dict[str, Any],
) -> None:
    rule = contract.rule(f"file.{rule_name}")
    reason_vi, reason_en, remedy_vi = block_reason(rule, batch.delivery_id, details)
    ledger.move(
        connection,
        batch.batch_id,
        attempt,
        BatchState.REJECTED,
        actor(),
        reason_rule=rule.id,
        reason_vi=reason_vi,
        reason_en=reason_en,
        remedy_vi=remedy_vi,
    )


def load(feed: str, settings: Settings | None = None) -> LoadReport:
    """Stage, audit and publish every landed batch of a feed, each on its own; what fails in one does not touch the others.

    Raises quality.gate.AuditError when the audit itself broke: that is an error of ours, and the batches stay staged.
    """
    settings = settings or load_settings()
    contract = load_contract(feed)
    report = LoadReport(feed)
    with connect("loader", settings, autocommit=True) as connection, session_lock(connection, feed_load(feed)):
        drop_stage_tables(connection, feed)
        batches = [
            b for b in ledger.find_batches(connection, feed=feed, states=LOADABLE_STATES) if not _settled(connection, contract, b, report)
        ]
        if batches:
            table = make_stage_table(connection, contract, secrets.token_hex(4))
            attempts = _stage(connection, contract, batches, table, settings, report)
            _audit_and_publish(connection, contract, [b for b in batches if b.batch_id in attempts], attempts, table, settings, report)
            drop_stage_tables(connection, feed)
        if report.changed:  # the build follows at once: it must not plan for tables that seem to be empty
            connection.execute(sql.SQL("analyze core.{}").format(sql.Identifier(feed)))
    return report


def _settled(connection: psycopg.Connection, contract: Contract, batch: Batch, report: LoadReport) -> bool:
    """A batch that need not be read: its content stands already, or a newer sequence does."""
    same = connection.execute(
        "select batch_id from ops.batch where feed = %(feed)s and sender_code = %(sender)s and period = %(period)s"
        " and sha256 = %(sha256)s and batch_id < %(batch)s and state <> 'superseded' and not exists ("
        "  select from ops.batch as between_them where between_them.feed = ops.batch.feed"
        "  and between_them.sender_code = ops.batch.sender_code and between_them.period = ops.batch.period"
        "  and between_them.sequence > ops.batch.sequence and between_them.sequence < %(sequence)s"
        "  and between_them.sha256 <> %(sha256)s)"
        " order by batch_id limit 1",
        {
            "feed": batch.feed,
            "sender": batch.sender_code,
            "period": batch.period,
            "sha256": batch.sha256,
            "batch": batch.batch_id,
            "sequence": batch.sequence,
        },
    ).fetchone()
    newer = newer_published(connection, batch) if contract.mode == "snapshot" else None
    standing = same[0] if same else newer
    if standing is None:
        return False
    attempt = ledger.take(connection, batch.batch_id, LOADABLE_STATES)
    ledger.move(
        connection,
        batch.batch_id,
        attempt,
        BatchState.SUPERSEDED,
        actor(),
        superseded_by=standing,
        records_superseded=batch.declared_records,
        detail={"because": "same content as an earlier delivery" if same else "a newer sequence stands"},
    )
    report.outcomes[batch.batch_id] = BatchState.SUPERSEDED
    return True


def _stage(
    connection: psycopg.Connection,
    contract: Contract,
    batches: list[Batch],
    table: str,
    settings: Settings,
    report: LoadReport,
) -> dict[int, int]:
    """Read and COPY each batch; returns batch_id -> attempt of those that are staged."""
    store, key = LandingStore(settings.landing_url), load_pseudonym_key(settings)
    attempts = {}
    for batch in batches:
        attempt = ledger.take(connection, batch.batch_id, LOADABLE_STATES)
        try:
            normalised, told = read_batch(contract, batch, store, key)
        except InvalidDeliveryError as defect:
            _reject(connection, contract, batch, attempt, defect.rule_name, defect.details)
            report.outcomes[batch.batch_id] = BatchState.REJECTED
            continue
        with connection.transaction():
            count = stage_batch(connection, contract, batch, table, normalised)
            ledger.move(connection, batch.batch_id, attempt, BatchState.STAGED, actor(), records_parsed=count, detail=told)
        attempts[batch.batch_id] = attempt
    return attempts


def _audit_and_publish(
    connection: psycopg.Connection,
    contract: Contract,
    batches: list[Batch],
    attempts: dict[int, int],
    table: str,
    settings: Settings,
    report: LoadReport,
) -> None:
    if not batches:
        return
    from labour_market.quality.gate import audit  # Great Expectations takes seconds to import

    with connect("auditor", settings) as auditor:
        verdicts = audit(auditor, contract, batches, attempts, table)
    for batch in batches:
        verdict, attempt = verdicts[batch.batch_id], attempts[batch.batch_id]
        try:
            ledger.move(connection, batch.batch_id, attempt, BatchState.AUDITED, actor(), counted_totals=Jsonb(verdict.totals))
            if verdict.blocked_by is not None:
                ledger.move(
                    connection,
                    batch.batch_id,
                    attempt,
                    BatchState.QUARANTINED,
                    actor(),
                    reason_rule=verdict.blocked_by,
                    reason_vi=verdict.reason_vi,
                    reason_en=verdict.reason_en,
                    remedy_vi=verdict.remedy_vi,
                )
                report.outcomes[batch.batch_id] = BatchState.QUARANTINED
            else:
                published = publish_batch(connection, contract, batch, attempt, table, actor())
                report.outcomes[batch.batch_id] = BatchState.PUBLISHED if published else BatchState.SUPERSEDED
        except (psycopg.Error, ledger.StaleAttemptError) as error:
            # ours, and this batch's alone: it stays where it is for the next attempt, and the task goes red at the end
            report.errors[batch.batch_id] = f"{type(error).__name__}: {str(error).splitlines()[0]}"


def ingest(
    senders: Iterable[Sender], feeds: Iterable[str], period: str | None = None, progress: Progress = lambda line: None
) -> tuple[list[LoadReport], list[str]]:
    """Discover to publish in one process. Returns the report of each feed and a sentence for each sender that was not reached."""
    senders, reports, unreachable = list(senders), [], []
    for feed in feeds:
        for sender in senders:
            if feed not in sender.feeds:
                continue
            try:
                landed = pull(feed, sender, period)
                progress(f"{feed:<16} {sender.code:<6} {len(landed)} new")
            except GatewayUnavailableError as error:
                unreachable.append(f"{feed} {sender.code}: {error}")
                progress(f"{feed:<16} {sender.code:<6} not reached: {error}")
        report = load(feed)
        reports.append(report)
        states = sorted(set(report.outcomes.values()))
        progress(f"{feed:<16} " + (", ".join(f"{list(report.outcomes.values()).count(s)} {s}" for s in states) or "nothing new"))
    return reports, unreachable


def load_forgotten(older_than: timedelta, settings: Settings | None = None) -> list[int]:
    """Load batches that landed a while ago and that no run has taken up since; returns their ids."""
    with connect("loader", settings) as connection:
        rows = connection.execute(
            "select distinct feed from ops.batch where state = any(%s)"
            " and greatest(landed_at, staged_at, audited_at) < clock_timestamp() - %s",
            [list(LOADABLE_STATES), older_than],
        ).fetchall()
    return [batch_id for (feed,) in rows for batch_id in load(feed, settings).outcomes]
