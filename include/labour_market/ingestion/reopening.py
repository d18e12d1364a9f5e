"""Blocked batches are loaded again when a rule, a layout or a reference list has changed since they were blocked."""

import hashlib

import psycopg

from labour_market.batches import ledger
from labour_market.batches.states import BLOCKED_STATES, BatchState
from labour_market.contracts import Contract
from labour_market.database.kept_settings import SEED_HASH, read_setting
from labour_market.reading.layouts import layout_path
from labour_market.settings import CONTRACTS_DIR

CHECKED_AGAINST = "checked_against"  # in the detail of the move that blocks a batch


def digest_of_checks(connection: psycopg.Connection, contract: Contract, form_version: str | None) -> str:
    """A digest of all that decides on a batch, except its bytes: the contract with its rules, the layout of its form, the reference lists.

    Args:
        connection: The loader's.
        contract: Of the feed.
        form_version: Of the delivery; None: it is no form.
    """
    layout = layout_path(contract.feed, form_version) if form_version else None
    files = [CONTRACTS_DIR / f"{contract.feed}.odcs.yaml", CONTRACTS_DIR / "every_feed.rules.yaml", *([layout] if layout else [])]
    digest = hashlib.sha256((read_setting(connection, SEED_HASH) or "").encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def reopen_blocked(connection: psycopg.Connection, contract: Contract, actor: str) -> list[int]:
    """Land the blocked batches of a feed again that were checked against other rules, another layout or other lists than those of now.

    So is a published batch whose replay was blocked. A batch that a person rejected, and one whose bytes never arrived, stays blocked.

    Args:
        connection: The loader's.
        contract: Of the feed.
        actor: The name that the ledger keeps.

    Returns:
        The ids of the batches.
    """
    replays = ledger.blocked_replays(connection)
    states = (*BLOCKED_STATES, BatchState.PUBLISHED) if replays else BLOCKED_STATES
    found = ledger.find_batches(connection, feed=contract.feed, states=states)
    blocked = [batch for batch in found if batch.sha256 and (batch.state in BLOCKED_STATES or batch.batch_id in replays)]
    checked: dict[int, str | None] = dict(
        connection.execute(
            "select distinct on (batch_id) batch_id, detail ->> %s from ops.batch_event where batch_id = any(%s)"
            " order by batch_id, event_id desc",
            [CHECKED_AGAINST, [batch.batch_id for batch in blocked]],
        ).fetchall()
    )
    digests = {form: digest_of_checks(connection, contract, form) for form in {batch.form_version for batch in blocked}}
    reopened = [batch for batch in blocked if checked.get(batch.batch_id) not in (None, digests[batch.form_version])]
    for batch in reopened:
        with connection.transaction():
            attempt = ledger.take(connection, batch.batch_id, [BatchState(batch.state)])
            detail = {"replay": "a rule, a layout or a list has changed"}
            ledger.move(connection, batch.batch_id, attempt, BatchState.LANDED, actor, detail=detail)
    return [batch.batch_id for batch in reopened]
