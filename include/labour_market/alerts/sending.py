"""What is sent and when: each cause once, an escalation, an all-clear; and the digest of a night."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

import psycopg

from labour_market.alerts.causes import Cause, find_causes
from labour_market.alerts.mutes import is_muted, mutes_in_force
from labour_market.alerts.notifiers import AlertNotSentError, Notifier, notifiers
from labour_market.database import connect, read_sql
from labour_market.database.locks import ALERTS, transaction_lock
from labour_market.errors import UsageError
from labour_market.gateway import load_senders
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

    What was sent is kept in ops.alert. When a notifier fails, nothing is kept, and the next run sends all of it again. Muted causes are
    not sent; one that is still there when its mute ends is new. The recipients of a sender (its `alerts` in the senders file) then get a
    message about its causes; one that is not accepted is reported and not sent again, since everybody else has received theirs.

    Args:
        reconciled: The latest reconciliation.
        settings: Of the installation; default: of the environment.
        configured: Default: the notifiers of the settings; without any, nothing is sent and nothing is kept.

    Returns:
        The number of causes in each section of the message: new, escalated, over.

    Raises:
        AlertNotSentError: A notifier did not accept the message, or that for the recipients of a sender.
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
            _send(used, changes)
    _send_to_recipients(settings, used, changes)
    return counts


def _send(used: Iterable[Notifier], changes: dict[str, list[Cause]]) -> None:
    subject = "[lmw] " + ", ".join(f"{len(causes)} {section}" for section, causes in changes.items() if causes)
    text = "\n\n".join(_section(section, causes) for section, causes in changes.items() if causes)
    for notifier in used:
        notifier.send(subject, text)


def _send_to_recipients(settings: Settings, used: list[Notifier], changes: dict[str, list[Cause]]) -> None:
    """Send each recipient of senders one message about their causes."""
    senders_of: dict[str, set[str]] = {}
    with suppress(UsageError):  # of a broken senders file, which is a finding itself
        for sender in load_senders(settings.senders_file):
            for address in sender.alerts:
                senders_of.setdefault(address, set()).add(sender.code)
    refused: set[str] = set()
    for address, senders in senders_of.items():
        own = {section: [cause for cause in causes if cause.sender_code in senders] for section, causes in changes.items()}
        if any(own.values()):
            try:
                _send([to for notifier in used if (to := notifier.readdressed(address))], own)
            except AlertNotSentError:
                refused |= senders
    if refused:
        raise AlertNotSentError(f"the alerts of the recipients of {', '.join(sorted(refused))} were not accepted; all others were sent")


def _changes(connection: psycopg.Connection, causes: list[Cause]) -> dict[str, list[Cause]]:
    """The causes of each section; ops.alert is brought up to date, in the caller's transaction."""
    mutes = mutes_in_force(connection)
    causes = [cause for cause in causes if not is_muted(cause.key, mutes)]
    opened = [key for (key,) in connection.execute("select cause from ops.alert where closed_at is null") if is_muted(key, mutes)]
    connection.execute("update ops.alert set closed_at = clock_timestamp() where cause = any(%s)", [opened])
    values = {
        "keys": [cause.key for cause in causes],
        "kinds": [cause.kind for cause in causes],
        "sentences": [cause.sentence for cause in causes],
        "senders": [cause.sender_code for cause in causes],
        "escalated_after": ESCALATED_AFTER,
    }
    return {
        section: [Cause(*row) for row in connection.execute(read_sql(__package__, f"{section}_alerts"), values)] for section in SECTIONS
    }


def _section(section: str, causes: list[Cause]) -> str:
    lines = [f"- {cause.sentence}\n  {cause.key} | docs/runbook/{cause.kind}.md" for cause in causes]
    return "\n".join([f"{SECTIONS[section]}: {len(causes)}", *lines])


def send_digest(settings: Settings | None = None, configured: Iterable[Notifier] | None = None) -> str:
    """Send what happened in the last 24 hours (what came, is blocked and why, is missing, was not reached), and what is muted.

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
        lines += [mute.sentence for mute in mutes_in_force(connection)]
    text = "\n".join(lines)
    for notifier in notifiers(settings) if configured is None else configured:
        notifier.send("[lmw] Tóm tắt đêm qua | digest of the night", text)
    return text
