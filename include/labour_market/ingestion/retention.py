"""Retention: personal data whose time is over by the contract of its feed, first listed and then deleted.

A contract keeps personal data for some years after the end of the period that they are of. Then the entries of the vault go, and the
files of the landing store that hold them. Core and the figures stay: they hold no direct identifiers.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import psycopg

from labour_market.batches.periods import period_bounds
from labour_market.batches.states import OPEN_STATES
from labour_market.contracts import Contract, load_contracts
from labour_market.database import connect
from labour_market.ingestion.erasure import destroy_marked_files, mark_destroyed
from labour_market.logs import log_stage
from labour_market.settings import PROVINCE_TIME, Settings, load_settings

LOG = logging.getLogger(__name__)
VAULT_TABLES = {"person": "last_batch_id", "person_version": "batch_id", "employer_contact": "last_batch_id"}


@dataclass(frozen=True)
class Expired:
    """The personal data of a feed, sender and period whose retention is over: rows of the vault, files of the landing store."""

    feed: str
    sender_code: str
    period: str
    kept_until: date
    vault_rows: int
    files: int


def enforce_retention(*, execute: bool = False, today: date | None = None, settings: Settings | None = None) -> list[Expired]:
    """List the personal data whose retention is over, and delete them.

    Args:
        execute: Delete them; otherwise they are only listed.
        today: The day to compare with; default: today in the province.
        settings: Of the installation; default: of the environment.

    Returns:
        What is over, or was deleted, by feed, sender and period.
    """
    settings = settings or load_settings()
    today = today or datetime.now(PROVINCE_TIME).date()
    with log_stage(LOG, "retention", execute=execute) as counts, connect("loader", settings) as connection:
        expired: list[Expired] = []
        over: dict[int, str] = {}
        for contract in load_contracts().values():
            for (sender, period), batches in _batches(connection, contract).items():
                kept_until = keep_until(contract, period)
                if kept_until is None or kept_until > today:
                    continue
                ids = [batch_id for batch_id, _ in batches]
                files = {batch_id: sha256 for batch_id, sha256 in batches if sha256}
                rows = sum(_vault_rows(connection, table, ids, execute=execute) for table in VAULT_TABLES)
                if rows or files:
                    expired.append(Expired(contract.feed, sender, period, kept_until, rows, len(set(files.values()))))
                    over |= files
        if execute:
            mark_destroyed(connection, over, "retention")
            connection.commit()
            destroy_marked_files(settings)
        counts.update(periods=len(expired), vault_rows=sum(e.vault_rows for e in expired), files=len(set(over.values())))
    return expired


def keep_until(contract: Contract, period: str) -> date | None:
    """The first day on which the personal data of a period are no longer kept; None where the feed has none, or the period is no date."""
    if not any(field.pii == "direct" for field in contract.fields):
        return None
    years = int(contract.sla["retention"]["value"])
    try:
        end = period_bounds(period)[1]
    except ValueError:
        return None
    return end.replace(year=end.year + years, day=min(end.day, 28))


def _batches(connection: psycopg.Connection, contract: Contract) -> dict[tuple[str, str], list[tuple[int, str | None]]]:
    rows: Iterable[tuple[str, str, int, str | None]] = connection.execute(
        "select sender_code, period, batch_id, sha256 from ops.batch where feed = %s and not state = any(%s) order by 1, 2, 3",
        [contract.feed, list(OPEN_STATES)],
    )
    found: dict[tuple[str, str], list[tuple[int, str | None]]] = {}
    for sender, period, batch_id, sha256 in rows:
        found.setdefault((sender, period), []).append((batch_id, sha256))
    return found


def _vault_rows(connection: psycopg.Connection, table: str, batches: list[int], *, execute: bool) -> int:
    query = "delete from" if execute else "select from"
    return connection.execute(f"{query} vault.{table} where {VAULT_TABLES[table]} = any(%s)".encode(), [batches]).rowcount
