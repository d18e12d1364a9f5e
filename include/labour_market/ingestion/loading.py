"""From the landing store to core: all landed batches of a feed."""

import importlib
import logging
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from labour_market.batches import ledger
from labour_market.batches.delivery_errors import InvalidDeliveryError, reader_died
from labour_market.batches.ledger import Batch
from labour_market.batches.states import LOADABLE_STATES, BatchState
from labour_market.contracts import Contract, load_contract
from labour_market.database import connect, require_current_schema
from labour_market.database.locks import feed_load, session_lock
from labour_market.ingestion.blocking import fail_batch, place_of, reject_batch
from labour_market.ingestion.pseudonyms import load_pseudonym_key, require_key_of_database
from labour_market.ingestion.publishing import find_replacement, publish_batch, supersede
from labour_market.ingestion.reader import Reader, ReaderDiedError, ReaderNotStartedError
from labour_market.ingestion.reopening import CHECKED_AGAINST, digest_of_checks, reopen_blocked
from labour_market.ingestion.staging import drop_stage_tables, make_stage_table, split_stage_table, stage_rows
from labour_market.logs import describe, log_stage, trace
from labour_market.settings import Settings, actor, load_settings

if TYPE_CHECKING:
    from labour_market.quality.gate import Verdict

LOG = logging.getLogger(__name__)
MAX_ROUNDS = 20  # audits of one load, each about a second: more deliveries of one partition must not keep back the feed
# the server undid a transaction for the sake of another one, and it is to be made again
PASSING_ERRORS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure, psycopg.errors.LockNotAvailable)


@dataclass
class LoadReport:
    """What one load of a feed did.

    Attributes:
        outcomes: batch_id -> the state that the batch reached.
        errors: batch_id -> the internal error that ended the attempt on it, without values of records.
        error: The error that ended the load itself, if there was one.
    """

    feed: str
    outcomes: dict[int, BatchState] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    error: str | None = None

    @property
    def changed(self) -> bool:
        """Whether the load changed core."""
        return BatchState.PUBLISHED in self.outcomes.values()

    @property
    def sentences(self) -> list[str]:
        """A sentence for each internal error."""
        of_batches = [f"batch {batch_id} of {self.feed} failed: {error}" for batch_id, error in self.errors.items()]
        return of_batches + ([f"the load of {self.feed} ended: {self.error}"] if self.error else [])

    @property
    def summary(self) -> str:
        """The number of batches in each state, such as "12 published, 1 rejected"."""
        counts = Counter(self.outcomes.values())
        if self.errors:
            counts[BatchState.FAILED] = len(self.errors)
        if self.error:
            return f"the load ended: {self.error}"
        return ", ".join(f"{counts[state]} {state}" for state in sorted(counts)) or "nothing new"


def load(feed: str, settings: Settings | None = None, *, only: Set[int] | None = None) -> LoadReport:
    """Stage, audit and publish every landed batch of a feed, or some of them. An error in one batch ends that batch and no other.

    One load of a feed runs at a time; a second one waits for it and finds nothing left to do. A load that was stopped, or
    hangs, loses its session to the next one (session_lock).

    Args:
        feed: The feed.
        settings: Of the installation; default: of the environment.
        only: The ids of the batches; the others wait. Default: all.

    Returns:
        The state that each batch reached, and the internal errors.

    Raises:
        LabourMarketError: The database has another schema than this release, core.<feed> differs from its contract, the pseudonym key is
            gone or not that of the database, or no process reads deliveries. The batches stay where they are.
    """
    settings = settings or load_settings()
    with (
        log_stage(LOG, "load", feed=feed) as counts,
        connect("loader", settings, autocommit=True) as connection,
        session_lock(connection, feed_load(feed)),
    ):
        LOG.info("feed locked: feed=%s", feed)
        contract = load_contract(feed)
        require_current_schema(connection, [contract])
        current = Load(contract, connection, settings)
        current.run(only)
        counts.update(Counter(current.report.outcomes.values()), errors=len(current.report.errors))
    return current.report


def load_each(feeds: Iterable[str], settings: Settings | None = None) -> Iterator[LoadReport]:
    """Load several feeds, one after the other; an error that ends the load of one does not keep back the others.

    Args:
        feeds: The feeds, those that other feeds refer to first.
        settings: Of the installation; default: of the environment.

    Yields:
        The report of each feed.
    """
    for feed in feeds:
        try:
            report = load(feed, settings)
        except Exception as error:
            LOG.error("load ended: feed=%s\n%s", feed, trace(error))
            report = LoadReport(feed, error=describe(error))
        yield report


class Load:
    """One load of a feed: its contract, connection and settings, the attempts that it has taken, and its report."""

    def __init__(self, contract: Contract, connection: psycopg.Connection, settings: Settings) -> None:
        self.contract = contract
        self.connection = connection
        self.settings = settings
        self.report = LoadReport(contract.feed)
        self.attempts: dict[int, int] = {}
        self.to_repeat: list[Batch] = []

    def run(self, only: Set[int] | None = None) -> None:
        """Bring every landed batch of the feed, or each of some, to its outcome. The caller holds the feed's lock."""
        feed = self.contract.feed
        drop_stage_tables(self.connection, feed, self.settings)
        if only is None:
            reopen_blocked(self.connection, self.contract, actor())
        found = ledger.find_batches(self.connection, feed=feed, states=LOADABLE_STATES)
        chosen = [batch for batch in found if batch.sha256 and (only is None or batch.batch_id in only)]
        batches = [batch for batch in chosen if not self.supersede_if_redundant(batch)]
        if batches:
            require_key_of_database(self.connection, load_pseudonym_key(self.settings))  # a key that is gone is no fault of a batch
            with Reader(self.settings) as reader:
                importlib.import_module("labour_market.quality.gate")  # takes seconds, in which the reader starts
                for batches_of_round in _rounds(batches):
                    self.load_batches(reader, batches_of_round)
                repeated, self.to_repeat = self.to_repeat, []
                self.load_batches(reader, repeated, last_try=True)  # when the others are published
            drop_stage_tables(self.connection, feed, self.settings)
        if self.report.changed:  # the build starts at once: it must not plan for tables that seem to be empty
            self.connection.execute(sql.SQL("analyze core.{}").format(sql.Identifier(feed)))

    def supersede_if_redundant(self, batch: Batch) -> bool:
        """Supersede a batch that a published one makes redundant. One of the same load does so only once it is published.

        Returns:
            Whether the batch is finished: superseded, or failed.
        """
        try:
            replacement = find_replacement(self.connection, self.contract, batch)
            if replacement is None:
                return False
            supersede(self.connection, batch, self.take(batch), replacement, actor())
        except Exception as error:
            self.fail(batch, error)
            return True
        self.conclude(batch, BatchState.SUPERSEDED)
        return True

    def take(self, batch: Batch) -> int:
        """Take a batch for an attempt of this load; returns its number."""
        self.attempts[batch.batch_id] = ledger.take(self.connection, batch.batch_id, LOADABLE_STATES)
        return self.attempts[batch.batch_id]

    def conclude(self, batch: Batch, state: BatchState) -> None:
        """Report the final state of a batch, which an earlier try of this load may have failed."""
        self.report.outcomes[batch.batch_id] = state
        self.report.errors.pop(batch.batch_id, None)

    def fail(self, batch: Batch, error: Exception) -> None:
        """Keep the internal error that ended this attempt on a batch, and go on with the others. One that may pass is tried again."""
        self.report.errors[batch.batch_id] = describe(error)
        if _may_pass(error):
            self.to_repeat.append(batch)
        fail_batch(self.connection, batch, self.attempts.get(batch.batch_id), error)

    def load_batches(self, reader: Reader, batches: list[Batch], *, last_try: bool = False) -> None:
        """Stage batches in a table of their own, audit and publish them. Those to be tried again are failed, and in to_repeat.

        Args:
            reader: The process that reads them.
            batches: The batches, in their order.
            last_try: Reject a batch that ends the reader abnormally.
        """
        staged: list[Batch] = []
        table = make_stage_table(self.connection, self.contract, secrets.token_hex(4)) if batches else ""
        for batch in batches:
            try:
                self.take(batch)
                try:
                    self.stage(reader, batch, table)
                    staged.append(batch)
                except ReaderDiedError as death:
                    if not last_try:
                        raise
                    self.reject(batch, reader_died(death.cause))
                except InvalidDeliveryError as invalid:
                    self.reject(batch, invalid)
            except ReaderNotStartedError:
                raise
            except Exception as error:
                self.fail(batch, error)
        self.audit_and_publish(staged, table)

    def stage(self, reader: Reader, batch: Batch, table: str) -> None:
        """Read a batch from the landing store and copy it into a stage table.

        Args:
            reader: The process that reads it.
            batch: The batch, taken by this load.
            table: The stage table, without its schema.
        """
        attempt = self.attempts[batch.batch_id]
        with log_stage(LOG, "read", **place_of(batch, attempt)) as counts:
            reading = reader.read(self.contract, batch)
            counts["records"] = reading.records
        with log_stage(LOG, "stage", **place_of(batch, attempt)) as counts, self.connection.transaction():
            counts["rows"] = stage_rows(self.connection, self.contract, batch, table, reading.rows)
            ledger.move(
                self.connection,
                batch.batch_id,
                attempt,
                BatchState.STAGED,
                actor(),
                records_parsed=counts["rows"],
                detail=reading.remarks,
            )

    def reject(self, batch: Batch, error: InvalidDeliveryError) -> None:
        """Reject a batch that cannot be read as it was announced."""
        _, state = reject_batch(self.connection, self.contract, batch, self.attempts[batch.batch_id], error)
        self.conclude(batch, state)

    def audit_and_publish(self, batches: list[Batch], table: str) -> None:
        """Audit all batches of a stage table at once, then publish or block each of them in a transaction of its own.

        An audit that fails is made again for each half of the batches, until the batch that it fails for is alone.
        """
        verdicts: Mapping[int, Verdict] = {}
        try:
            verdicts = self.audit(batches, table) if batches else {}
        except Exception as error:
            LOG.warning("audit divided: feed=%s batches=%s error=%s", self.contract.feed, len(batches), describe(error))
            if len(batches) == 1:
                self.fail(batches[0], error)
        for batch in batches if verdicts else []:
            try:
                self.publish_or_block(batch, verdicts[batch.batch_id], table)
            except Exception as error:
                self.fail(batch, error)
        if len(batches) > 1 and not verdicts:
            middle = len(batches) // 2
            for half in (batches[:middle], batches[middle:]):
                part = split_stage_table(self.connection, self.contract, table, secrets.token_hex(4), half)
                self.audit_and_publish(half, part)

    def audit(self, batches: list[Batch], table: str) -> dict[int, "Verdict"]:
        """Audit the batches of a stage table.

        Args:
            batches: The batches, all of them staged.
            table: The stage table.

        Returns:
            The verdict on each batch, by its id.

        Raises:
            AuditError: The server refused a query, or the audit contradicts itself.
        """
        from labour_market.quality.gate import AuditError, audit

        with log_stage(LOG, "audit", feed=self.contract.feed, batches=len(batches)) as counts:
            with connect("auditor", self.settings) as auditor:
                try:
                    verdicts = audit(auditor, self.contract, batches, self.attempts, table)
                except psycopg.Error as error:
                    raise AuditError(f"the server refused the audit of {self.contract.feed}: {describe(error)}") from error
            counts["rows"] = sum(batch.declared_records for batch in batches)
            counts["blocked"] = sum(verdict.reason is not None for verdict in verdicts.values())
        return verdicts

    def publish_or_block(self, batch: Batch, verdict: "Verdict", table: str) -> None:
        """Publish an audited batch, or block it, as its verdict says.

        Args:
            batch: The batch, staged by this load.
            verdict: Its verdict.
            table: The stage table, without its schema.
        """
        attempt = self.attempts[batch.batch_id]
        ledger.move(self.connection, batch.batch_id, attempt, BatchState.AUDITED, actor(), counted_totals=Jsonb(verdict.totals))
        if verdict.reason is None:
            with log_stage(LOG, "publish", **place_of(batch, attempt)) as counts:
                published = publish_batch(self.connection, self.contract, batch, attempt, table, actor())
                counts.update(vars(published) if published else {})
            self.conclude(batch, BatchState.PUBLISHED if published else BatchState.SUPERSEDED)
            return
        LOG.info("blocked: batch=%s feed=%s sender=%s rule=%s", batch.batch_id, batch.feed, batch.sender_code, verdict.reason.reason_rule)
        state = ledger.block(
            self.connection,
            batch.batch_id,
            attempt,
            BatchState.QUARANTINED,
            actor(),
            reason=verdict.reason,
            detail={CHECKED_AGAINST: digest_of_checks(self.connection, self.contract, batch.form_version)},
        )
        self.conclude(batch, state)


def _rounds(batches: list[Batch]) -> list[list[Batch]]:
    """Batches that are audited together: a partition has one in each round, so that a correction is compared with what it corrects.

    What comes after MAX_ROUNDS batches of one partition is in the last round: an audit for each of them would keep back the feed.
    """
    rounds: list[list[Batch]] = []
    earlier = Counter[tuple[str, str]]()
    for batch in batches:
        partition = (batch.sender_code, batch.period)
        place = min(earlier[partition], MAX_ROUNDS - 1)
        earlier[partition] += 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(batch)
    return rounds


def _may_pass(error: BaseException | None) -> bool:
    """Whether an attempt that ended with this error may succeed at once: the reader ended abnormally, or the server undid a transaction."""
    while error is not None:
        if isinstance(error, (ReaderDiedError, *PASSING_ERRORS)):
            return True
        error = error.__cause__ or error.__context__
    return False


def resume_stale_batches(older_than: timedelta, settings: Settings | None = None) -> list[LoadReport]:
    """Load the feeds of batches that landed a while ago and that no run has loaded since.

    A failed batch waits for the next run of its feed.

    Args:
        older_than: How long ago the batch last moved, at least.
        settings: Of the installation; default: of the environment.

    Returns:
        The reports of the feeds that were loaded.
    """
    with connect("loader", settings) as connection:
        rows = connection.execute(
            "select distinct feed from ops.batch where state = any(%s) and state <> %s"
            " and greatest(landed_at, staged_at, audited_at) < clock_timestamp() - %s",
            [list(LOADABLE_STATES), BatchState.FAILED, older_than],
        ).fetchall()
    return list(load_each((feed for (feed,) in rows), settings))
