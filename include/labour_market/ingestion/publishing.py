"""From stage to core: one transaction a batch, with its quarantined rows, vault entries, ledger move and outbox events."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from psycopg import sql

from labour_market.batches import ledger
from labour_market.batches.ledger import Batch, Finding
from labour_market.batches.periods import period_bounds
from labour_market.batches.states import BatchState
from labour_market.contracts import Contract
from labour_market.database import read_sql
from labour_market.database.locks import partition_publish, transaction_lock
from labour_market.database.tables import core_columns, partition_key
from labour_market.ingestion.erasure import blank_erased_of_batch

LOG = logging.getLogger(__name__)

# staged: a row of the stage table that no rule keeps out
PUBLISHABLE = sql.SQL(
    "not exists (select from stage.{failures} as failure where failure.batch_id = staged.batch_id and failure.row_no = staged.row_no)"
)
CURRENT = sql.SQL("'infinity'")
CURRENT_UNLESS_LATE = sql.SQL(
    "case when exists (select from core.{feed} as recorded where recorded.recorded_to = 'infinity' and {same_key})"
    " then now() else 'infinity' end"
)
VAULT = {
    "upsert_persons": {"person_key", "national_id", "full_name"},
    "upsert_employer_contacts": {"contact_name", "employer_no"},
}


@dataclass(frozen=True)
class Published:
    """How the records of a published batch were divided; the four sum to the records parsed.

    Attributes:
        published: Records that are current in core.
        quarantined: Records that a rule keeps out.
        duplicate: Records that repeat another one of the batch.
        superseded: Records in core that came too late to be current.
    """

    published: int
    quarantined: int
    duplicate: int
    superseded: int


def find_replacement(connection: psycopg.Connection, contract: Contract, batch: Batch) -> tuple[int, str] | None:
    """The published batch that makes a batch redundant, and why; None when the batch must be loaded.

    Args:
        connection: The loader's.
        contract: Of the feed.
        batch: The batch.
    """
    row = connection.execute(read_sql(__package__, "batch_with_same_content"), vars(batch)).fetchone()
    if row:
        return int(row[0]), "same content as an earlier delivery"
    newer = _newer_published(connection, batch) if contract.mode == "snapshot" else None
    return (newer, "a newer sequence is published") if newer else None


def supersede(connection: psycopg.Connection, batch: Batch, attempt: int, replacement: tuple[int, str], actor: str) -> None:
    """Move a batch that find_replacement found to be redundant to superseded.

    Args:
        connection: The loader's.
        batch: The batch.
        attempt: The attempt that has taken it.
        replacement: What find_replacement returned.
        actor: The name that the ledger keeps.
    """
    other, reason = replacement
    ledger.move(
        connection,
        batch.batch_id,
        attempt,
        BatchState.SUPERSEDED,
        actor,
        superseded_by=other,
        # of a batch that was published before, core has the records as they were divided then
        records_superseded=sql.SQL("case when published_at is null then declared_records else records_superseded end"),
        detail={"because": reason},
    )
    LOG.info("superseded: batch=%s feed=%s sender=%s by=%s reason=%s", batch.batch_id, batch.feed, batch.sender_code, other, reason)


def _newer_published(connection: psycopg.Connection, batch: Batch) -> int | None:
    """The published batch of the same partition with the highest sequence above that of a batch, if there is one; also one in a replay."""
    row = connection.execute(
        "select batch_id from ops.batch where feed = %(feed)s and sender_code = %(sender_code)s and period = %(period)s"
        " and sequence > %(sequence)s and published_at is not null and state <> 'superseded' order by sequence desc limit 1",
        vars(batch),
    ).fetchone()
    return int(row[0]) if row else None


def publish_batch(
    connection: psycopg.Connection, contract: Contract, batch: Batch, attempt: int, stage_table: str, actor: str
) -> Published | None:
    """Publish one audited batch in one transaction.

    Args:
        connection: The loader's.
        contract: Of the batch's feed.
        batch: The batch, in state audited.
        attempt: The attempt that has taken it.
        stage_table: Stage.<stage_table> holds the rows, stage.<stage_table>_failures those that rules keep out.
        actor: The name that the ledger keeps.

    Returns:
        How its records were divided; None when a batch that was published meanwhile makes it redundant, and it was superseded.

    Raises:
        ledger.StaleAttemptError: Another attempt has taken the batch.
    """
    with connection.transaction():
        transaction_lock(connection, partition_publish(batch.feed, batch.sender_code, batch.period))
        if replacement := find_replacement(connection, contract, batch):
            supersede(connection, batch, attempt, replacement, actor)
            return None
        publication = _Publication(connection, contract, batch, stage_table)
        publication.quarantine_rows()
        changed_periods = {batch.period, *publication.write_core()}
        counts = publication.count()
        publication.fill_vault()
        connection.cursor().executemany(
            "insert into ops.outbox (batch_id, feed, sender_code, period) values (%s, %s, %s, %s)",
            [(batch.batch_id, batch.feed, batch.sender_code, period) for period in sorted(changed_periods)],
        )
        ledger.move(
            connection,
            batch.batch_id,
            attempt,
            BatchState.PUBLISHED,
            actor,
            records_published=counts.published,
            records_quarantined=counts.quarantined,
            records_duplicate=counts.duplicate,
            records_superseded=counts.superseded,
            reason_rule=None,
            reason_vi=None,
            reason_en=None,
            remedy_vi=None,
        )
        if contract.mode == "snapshot":
            _supersede_older(connection, batch, actor)
    return counts


@dataclass(frozen=True)
class _Publication:
    """The statements that publish one batch, in the caller's transaction."""

    connection: psycopg.Connection
    contract: Contract
    batch: Batch
    stage_table: str

    @cached_property
    def _names(self) -> dict[str, sql.Composable]:
        """The values of the placeholders of the .sql files."""
        names: dict[str, sql.Composable] = {
            "feed": sql.Identifier(self.contract.feed),
            "stage": sql.Identifier(self.stage_table),
            "failures": sql.Identifier(f"{self.stage_table}_failures"),
            "core_columns": sql.SQL(", ").join(map(sql.Identifier, core_columns(self.contract))),
            "staged_fields": sql.SQL(", ").join(sql.Identifier("staged", field.name) for field in self.contract.core_fields),
            "same_key": sql.SQL(" and ").join(
                sql.SQL("recorded.{0} is not distinct from staged.{0}").format(sql.Identifier(column))
                for column in partition_key(self.contract)
            ),
        }
        recorded_to = CURRENT if self.contract.mode == "snapshot" else CURRENT_UNLESS_LATE
        return {**names, "publishable": PUBLISHABLE.format(**names), "recorded_to": recorded_to.format(**names)}

    @cached_property
    def _values(self) -> Mapping[str, Any]:
        """The parameters of the .sql files. A record of changes is valid until a later one replaces it."""
        valid_from, period_end = period_bounds(self.batch.period)
        valid_to = period_end if self.contract.mode == "snapshot" else None
        return {**vars(self.batch), "valid_from": valid_from, "valid_to": valid_to}

    def _execute(self, name: str, **more: Any) -> psycopg.Cursor:
        return self.connection.execute(read_sql(__package__, name).format(**self._names), {**self._values, **more})

    def quarantine_rows(self) -> None:
        """Copy the rows that rules keep out into quarantine; a replay replaces those without a decision.

        A decision on a row that no rule keeps out any more is kept as superseded, and does not count.
        """
        self.connection.execute("delete from quarantine.rejected_row where batch_id = %s and status = 'open'", [self.batch.batch_id])
        actions = {rule.id: "normalise" if rule.action == "normalise" else "quarantine" for rule in self.contract.rules}
        self._execute("insert_rejected_rows", rules=list(actions), actions=list(actions.values()))
        self._execute("supersede_decided_rows")

    def write_core(self) -> set[str]:
        """Write the batch's records into core and end those that they replace.

        A snapshot holds all records of its period: it ends every current one of its partition, also when it is empty. Of changes,
        the record of the latest period and sequence is current for each key; an older one is kept but never current.

        Returns:
            The periods of the records that were ended.
        """
        ended = self._execute("end_partition" if self.contract.mode == "snapshot" else "end_replaced_records")
        periods = {period for (period,) in ended} if self.contract.mode == "changes" else set()
        self._execute("insert_core_records")
        erased = blank_erased_of_batch(self.connection, self.contract, self.batch.batch_id)
        if erased:
            self._note("erased_person_delivered", f"batch {self.batch.batch_id} has {erased} records of erased persons; they are kept out")
        return periods

    def _note(self, kind: str, detail: str) -> None:
        batch = self.batch
        finding = Finding(kind, detail, batch.feed, batch.sender_code, batch.period, batch.batch_id)
        ledger.note_findings(self.connection, (), [finding])

    def count(self) -> Published:
        """How the records of the batch were divided by this transaction."""
        in_core, late = self._execute("count_core_records").fetchone() or (0, 0)
        quarantined, duplicate = self._execute("count_rejected_rows").fetchone() or (0, 0)
        return Published(in_core - late, quarantined, duplicate, late)

    def fill_vault(self) -> None:
        """Keep direct identifiers of published rows in the vault, and nowhere else; an erased person is not added again."""
        names = {field.name for field in self.contract.fields}
        for statement, needed in VAULT.items():
            if needed <= names:
                found = self._execute(statement)
                contradictions = found.fetchone() if found.description else None
                if contradictions and contradictions[0]:
                    self._note(
                        "identity_conflict",
                        f"batch {self.batch.batch_id} has another name or year of birth for {contradictions[0]} citizen numbers than"
                        " another sender; the entry is that of the sender who reported them first",
                    )


def _supersede_older(connection: psycopg.Connection, batch: Batch, actor: str) -> None:
    older = connection.execute(
        "select batch_id, attempt from ops.batch where feed = %(feed)s and sender_code = %(sender_code)s and period = %(period)s"
        " and batch_id <> %(batch_id)s and published_at is not null and state <> 'superseded'",
        vars(batch),
    ).fetchall()
    for batch_id, attempt in older:
        ledger.move(
            connection,
            batch_id,
            attempt,
            BatchState.SUPERSEDED,
            actor,
            superseded_by=batch.batch_id,
            detail={"replaced_by": batch.batch_id},
        )
