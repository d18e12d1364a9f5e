"""What is sent and when: each cause once, an escalation, an all-clear; and the digest of a night."""

from collections.abc import Iterable
from datetime import timedelta

import psycopg

from labour_market.alerts.causes import Cause, find_causes
from labour_market.alerts.notifiers import Notifier, notifiers
from labour_market.database import connect, read_sql
from labour_market.database.locks import ALERTS, transaction_lock
from labour_market.ingestion.reconcile import Reconciliation
from labour_market.settings import Settings, load_settings

ESCALATED_AFTER = timedelta(days=3)
SECTIONS = {
    "new": "Mới | new",
    "escalated": "Đã kéo dài hơn 3 ngày | for more than 3 days",
    "over": "Đã hết | over",
}


def send_alerts(
    reconciled: Reconciliation, settings: Settings | None = None, configured: Iterable[Notifier] | None = None
) -> dict[str, int]:
    """Send one message about the causes that are new, that last, and that are over since the last run; none when nothing changed.

    What was sent is kept in ops.alert. When a notifier fails, nothing is kept, and the next run sends all of it again.

    Args:
        reconciled: The latest reconciliation.
        settings: Of the installation; default: of the environment.
        configured: Default: the notifiers of the settings; without any, nothing is sent and nothing is kept.

    Returns:
        The number of causes in each section of the message: new, escalated, over.

    Raises:
        AlertNotSentError: A notifier did not accept the message.
    """
    settings = settings or load_settings()
    used = list(notifiers(settings) if configured is None else configured)
    if not used:
        return dict.fromkeys(SECTIONS, 0)
    with connect("transformer", settings) as connection:
        transaction_lock(connection, ALERTS)
        changes = _changes(connection, find_causes(connection, reconciled))
        counts = {section: len(causes) for section, causes in changes.items()}
        if any(counts.values()):
            subject = "[lmw] " + ", ".join(f"{count} {section}" for section, count in counts.items() if count)
            text = "\n\n".join(_section(section, causes) for section, causes in changes.items() if causes)
            for notifier in used:
                notifier.send(subject, text)
    return counts


def _changes(connection: psycopg.Connection, causes: list[Cause]) -> dict[str, list[Cause]]:
    """The causes of each section; ops.alert is brought up to date, in the caller's transaction."""
    values = {
        "keys": [cause.key for cause in causes],
        "kinds": [cause.kind for cause in causes],
        "sentences": [cause.sentence for cause in causes],
        "escalated_after": ESCALATED_AFTER,
    }
    return {
        section: [Cause(*row) for row in connection.execute(read_sql(__package__, f"{section}_alerts"), values)] for section in SECTIONS
    }


def _section(section: str, causes: list[Cause]) -> str:
    lines = [f"- {cause.sentence}\n  docs/runbook/{cause.kind}.md" for cause in causes]
    return "\n".join([f"{SECTIONS[section]}: {len(causes)}", *lines])


def send_digest(settings: Settings | None = None, configured: Iterable[Notifier] | None = None) -> str:
    """Send what happened in the last 24 hours: what came, what is blocked and why, what is missing, which gateways were not reached.

    Args:
        settings: Of the installation; default: of the environment.
        configured: Default: the notifiers of the settings.

    Returns:
        The text that was sent.

    Raises:
        AlertNotSentError: A notifier did not accept the message.
    """
    settings = settings or load_settings()
    with connect("transformer", settings) as connection:
        lines = [line for (line,) in connection.execute(read_sql(__package__, "digest"))]
    text = "\n".join(lines)
    for notifier in notifiers(settings) if configured is None else configured:
        notifier.send("[lmw] Tóm tắt đêm qua | digest of the night", text)
    return text
