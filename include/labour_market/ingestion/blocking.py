"""What ends an attempt on a batch without success: a rule that its delivery breaks, or an internal error."""

import logging
from contextlib import suppress

import psycopg

from labour_market.batches import ledger
from labour_market.batches.delivery_errors import InvalidDeliveryError
from labour_market.batches.ledger import Batch
from labour_market.batches.states import OPEN_STATES, BatchState
from labour_market.contracts import Contract
from labour_market.ingestion.reopening import CHECKED_AGAINST, digest_of_checks
from labour_market.logs import describe, trace
from labour_market.quality.messages import block_reason
from labour_market.settings import actor

LOG = logging.getLogger(__name__)


def reject_batch(
    connection: psycopg.Connection, contract: Contract, batch: Batch, attempt: int, error: InvalidDeliveryError
) -> tuple[str, BatchState]:
    """Block a batch with the sentences of the rule that its delivery breaks; returns the rule's id and the state it reached.

    Args:
        connection: The loader's.
        contract: Of the feed.
        batch: The batch.
        attempt: The attempt that has taken it.
        error: Why it cannot be read.
    """
    rule = contract.rule(f"file.{error.rule_name}")
    state = ledger.block(
        connection,
        batch.batch_id,
        attempt,
        BatchState.REJECTED,
        actor(),
        reason=block_reason(rule, batch.delivery_id, error.details),
        detail={CHECKED_AGAINST: digest_of_checks(connection, contract, batch.form_version)},
    )
    return rule.id, state


def fail_batch(connection: psycopg.Connection, batch: Batch, attempt: int | None, error: Exception) -> None:
    """Move a batch to failed with the traceback of the internal error that ended an attempt on it. It is tried again.

    A batch that another attempt has taken meanwhile is left to that attempt.

    Args:
        connection: The loader's.
        batch: The batch.
        attempt: The attempt that has taken it; None: it was not taken yet.
        error: The internal error.
    """
    traceback = trace(error)
    LOG.error("batch failed: %s\n%s", " ".join(f"{name}={value}" for name, value in place_of(batch, attempt).items()), traceback)
    with suppress(ledger.StaleAttemptError):
        attempt = attempt or ledger.take(connection, batch.batch_id, OPEN_STATES)
        detail = {"error": describe(error), "traceback": traceback}
        ledger.move(connection, batch.batch_id, attempt, BatchState.FAILED, actor(), detail=detail)


def place_of(batch: Batch, attempt: int | None) -> dict[str, object]:
    """Where a line of the log is: batch, feed, sender, period, attempt."""
    return {"batch": batch.batch_id, "feed": batch.feed, "sender": batch.sender_code, "period": batch.period, "attempt": attempt}
