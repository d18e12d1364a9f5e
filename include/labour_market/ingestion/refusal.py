"""A person rejects a batch, so that no run loads it."""

from labour_market.batches import ledger
from labour_market.batches.delivery_errors import InvalidDeliveryError
from labour_market.batches.states import OPEN_STATES, BatchState
from labour_market.contracts import load_contract
from labour_market.database import connect
from labour_market.errors import UsageError
from labour_market.quality.messages import block_reason
from labour_market.settings import Settings


def refuse_batch(batch_id: int, because: str, by: str, settings: Settings | None = None) -> None:
    """Reject a batch that has no outcome yet. A load that works on it goes on with the others.

    Args:
        batch_id: The batch.
        because: Why; the ledger keeps it, and its sender reads it.
        by: The person who decides; the ledger keeps the name.
        settings: Of the installation; default: of the environment.

    Raises:
        UsageError: There is no such batch, it has an outcome already, or a name or reason is missing.
    """
    if not because.strip() or not by.strip():
        raise UsageError("a refusal needs a reason and the name of a person; both are kept in the ledger")
    with connect("loader", settings) as connection:
        row, _ = ledger.batch_history(connection, batch_id)
        if row["state"] not in OPEN_STATES:
            raise UsageError(f"batch {batch_id} is {row['state']} already; only a batch without an outcome can be rejected")
        refused = InvalidDeliveryError("refused", {"because": because.strip()})
        rule = load_contract(row["feed"]).rule(f"file.{refused.rule_name}")
        reason = block_reason(rule, row["delivery_id"], refused.details)
        attempt = ledger.take(connection, batch_id, OPEN_STATES)
        ledger.move(
            connection,
            batch_id,
            attempt,
            BatchState.REJECTED,
            by.strip(),
            detail={"because": because.strip()},
            **vars(reason),
        )
