"""Alerts: each cause is sent once when it begins, once more when it lasts, and once when it is over; and a digest of each night.

Nothing is sent until LMW_ALERT_SMTP or LMW_ALERT_WEBHOOK is set.
"""

from labour_market.alerts.causes import Cause, find_causes
from labour_market.alerts.mutes import mute
from labour_market.alerts.notifiers import AlertNotSentError, Notifier, SmtpNotifier, WebhookNotifier, notifiers
from labour_market.alerts.sending import send_alerts, send_digest

__all__ = [
    "AlertNotSentError",
    "Cause",
    "Notifier",
    "SmtpNotifier",
    "WebhookNotifier",
    "find_causes",
    "mute",
    "notifiers",
    "send_alerts",
    "send_digest",
]
