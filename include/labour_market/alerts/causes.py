"""The causes of alerts: what a person must see to now."""

from dataclasses import dataclass

import psycopg

from labour_market.database import read_sql
from labour_market.ingestion.reconcile import Reconciliation

KINDS = ("finding", "gateway", "missing", "blocked", "build")


@dataclass(frozen=True)
class Cause:
    """One thing that is wrong.

    Attributes:
        key: The same in each run while the cause lasts.
        kind: One of KINDS; docs/runbook/ has a page for each.
        sentence: What is wrong, in Vietnamese and English, without a value of a record.
        sender_code: The sender that it is about; None where it is about none.
    """

    key: str
    kind: str
    sentence: str
    sender_code: str | None = None


def find_causes(connection: psycopg.Connection, reconciled: Reconciliation) -> list[Cause]:
    """All causes there are now.

    Args:
        connection: The transformer's.
        reconciled: The latest reconciliation.
    """
    findings = [
        Cause(f"finding {finding.kind} {finding.batch_id or finding.detail}", "finding", finding.detail, finding.sender_code)
        for finding in reconciled.findings
    ]
    rows = connection.execute(read_sql(__package__, "causes")).fetchall()
    return [*findings, *(Cause(*row) for row in rows)]
