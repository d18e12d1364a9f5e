"""Batches staged and audited as the pipeline does it, with rows of a test."""

import itertools
import secrets as random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from labour_market.batches import ledger
from labour_market.batches.ledger import Batch
from labour_market.contracts import Contract, load_contract
from labour_market.database import connect
from labour_market.database.tables import stage_columns
from labour_market.ingestion.staging import make_stage_table
from labour_market.quality.gate import Verdict, audit
from psycopg import sql
from psycopg.types.json import Jsonb


@dataclass
class Delivery:
    """A batch to stage: its rows, and what was announced of it."""

    rows: list[dict[str, Any]]
    sender: str = "803"
    period: str = "2023-06"
    sequence: int = 1
    delivered: str = "2023-06-14T15:00:00+07:00"
    totals: dict[str, Any] = field(default_factory=dict)
    announced: int | None = None


@dataclass
class Outcome:
    """What an audit made of a batch.

    Attributes:
        verdict: The verdict on the batch.
        rule_verdicts: rule -> verdict, unless it is "pass".
        failures: Rows that do not go to core: (rule, row, column, pattern of the value).
        first_rows: rule -> numbers of the first rows that break it.
        rules: The rules that were checked.
    """

    verdict: Verdict
    rule_verdicts: dict[str, str]
    failures: set[tuple[str, int, str, str]]
    first_rows: dict[str, list[int]]
    rules: set[str]


class Gate:
    """Stages deliveries of a feed in one table and audits them as the auditor does."""

    def __init__(self, feed: str) -> None:
        self.contract = load_contract(feed)
        self.loader = connect("loader", autocommit=True)
        self.auditor = connect("auditor")
        self.table = make_stage_table(self.loader, self.contract, random.token_hex(4))
        self.batches: list[Batch] = []
        self.attempt = itertools.count(1)
        self.number = itertools.count(1)

    def close(self) -> None:
        self.loader.close()
        self.auditor.close()

    def stage(self, delivery: Delivery) -> int:
        """Announce a delivery and copy its rows; returns the batch's id."""
        number = f"{self.table}-{next(self.number)}"
        announced = len(delivery.rows) if delivery.announced is None else delivery.announced
        batch_id = ledger.announce(
            self.loader,
            {
                "feed": self.contract.feed,
                "sender_code": delivery.sender,
                "delivery_id": number,
                "period": delivery.period,
                "sequence": delivery.sequence,
                "media_type": "application/json",
                "declared_records": announced,
                "declared_bytes": 1,
                "declared_sha256": number,
                "declared_totals": delivery.totals,
                "delivery_created_at": datetime.fromisoformat(delivery.delivered).astimezone(UTC),
            },
            "test",
        )
        columns = stage_columns(self.contract)
        items = {f.name for f in self.contract.fields if f.type == "items"}
        control = {"batch_id": batch_id, "sender_code": delivery.sender, "period": delivery.period, "sequence": delivery.sequence}
        self.loader.cursor().executemany(
            sql.SQL("insert into {} ({}) values ({})").format(
                sql.Identifier("stage", self.table),
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(map(sql.Placeholder, columns)),
            ),
            [
                {
                    **dict.fromkeys(columns),
                    "row_no": row_no,
                    **{n: Jsonb(v) if n in items and v is not None else v for n, v in row.items()},
                    **control,
                }
                for row_no, row in enumerate(delivery.rows, 1)
            ],
        )
        self.batches += [b for b in ledger.find_batches(self.loader, feed=self.contract.feed) if b.batch_id == batch_id]
        assert batch_id is not None
        return batch_id

    def audit(self, contract: Contract | None = None, batches: Sequence[Batch] | None = None) -> dict[int, Outcome]:
        """Audit what is staged, by default all of it and by the feed's own contract; failures of earlier audits are deleted."""
        batches = self.batches if batches is None else batches
        failures = sql.Identifier("stage", f"{self.table}_failures")
        self.loader.execute(sql.SQL("truncate {}").format(failures))
        attempt = next(self.attempt)
        verdicts = audit(self.auditor, contract or self.contract, batches, {b.batch_id: attempt for b in batches}, self.table)
        self.auditor.commit()
        name = len(self.contract.feed) + 1
        found = {b.batch_id: Outcome(verdicts[b.batch_id], {}, set(), {}, set()) for b in batches}
        for batch_id, rule, verdict, first_rows in self.loader.execute(
            "select batch_id, rule_id, verdict, first_rows from ops.audit_result where attempt = %s and batch_id = any(%s)",
            [attempt, list(found)],
        ):
            found[batch_id].rules.add(rule[name:])
            if verdict != "pass":
                found[batch_id].rule_verdicts[rule[name:]] = verdict
                found[batch_id].first_rows[rule[name:]] = first_rows
        for batch_id, row_no, rule, column, value_pattern in self.loader.execute(sql.SQL("select * from {}").format(failures)):
            found[batch_id].failures.add((rule[name:], row_no, column, value_pattern))
        return found

    def audit_one(self, delivery: Delivery) -> Outcome:
        """Stage one delivery and audit it."""
        batch_id = self.stage(delivery)
        return self.audit()[batch_id]

    def publish_row(self, feed: str, sender: str, period: str, **columns: Any) -> None:
        """Put a current row into core.<feed>, as if it had been published."""
        row = {"batch_id": 0, "row_no": 0, "sender_code": sender, "period": period, "sequence": 1, **columns}
        days = {"valid_from": "2023-01-01", "valid_to": "2023-12-31", "recorded_from": "2023-01-01"}
        values = {**row, **days}
        self.loader.execute(
            sql.SQL("insert into core.{} ({}) values ({}) on conflict do nothing").format(
                sql.Identifier(feed),
                sql.SQL(", ").join(map(sql.Identifier, values)),
                sql.SQL(", ").join(map(sql.Placeholder, values)),
            ),
            values,
        )

    def publish_batch(self, sender: str, period: str, records: int, sequence: int = 1) -> None:
        """Put a published batch into the ledger."""
        self.loader.execute(
            "insert into ops.batch (feed, sender_code, delivery_id, period, sequence, media_type, declared_records,"
            " declared_bytes, declared_sha256, delivery_created_at, state, records_parsed, published_at)"
            " values (%s, %s, %s, %s, %s, 'x', %s, 1, 'x', now(), 'published', %s, now())",
            [self.contract.feed, sender, f"old-{random.token_hex(4)}", period, sequence, records, records],
        )
