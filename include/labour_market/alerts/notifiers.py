"""The ways in which an alert is sent: by mail, and to a webhook."""

import smtplib
import ssl
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import requests

from labour_market.errors import LabourMarketError, UsageError
from labour_market.settings import Settings

TIMEOUT = 30.0


class AlertNotSentError(LabourMarketError):
    """An alert that could not be sent; it is sent by the next run."""


class Notifier(Protocol):
    """A way to send a message to the persons who must act."""

    def send(self, subject: str, text: str) -> None:
        """Send a message.

        Raises:
            AlertNotSentError: It was not accepted; the text has no address and no password.
        """

    def readdressed(self, to: str) -> "Notifier | None":
        """The same way to one other recipient; None where there is no such way."""


@dataclass(frozen=True)
class SmtpNotifier:
    """Mail through an SMTP server.

    Attributes:
        address: smtp://USER:PASSWORD@HOST:PORT/?from=SENDER&to=RECEIVER,RECEIVER; smtps:// for TLS.
        to: Another recipient than those of the address.
    """

    address: str = field(repr=False)
    to: str | None = field(default=None, repr=False)

    def readdressed(self, to: str) -> "SmtpNotifier":
        """See Notifier."""
        return replace(self, to=to)

    def send(self, subject: str, text: str) -> None:
        """Send a message as a mail.

        Raises:
            AlertNotSentError: The server cannot be reached or did not accept it.
            UsageError: The address is not of the form smtp://USER:PASSWORD@HOST:PORT/?from=SENDER&to=RECEIVER.
        """
        parts = urlsplit(self.address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname or not {"from", "to"} <= query.keys():
            raise UsageError("LMW_ALERT_SMTP must be smtp://USER:PASSWORD@HOST:PORT/?from=SENDER&to=RECEIVER, or smtps://")
        message = EmailMessage()
        message["Subject"], message["From"], message["To"] = subject, query["from"], self.to or query["to"]
        message.set_content(text)
        secure = ssl.create_default_context()
        host, port = parts.hostname, parts.port or 0
        try:
            with (
                smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=secure)
                if parts.scheme == "smtps"
                else smtplib.SMTP(host, port, timeout=TIMEOUT)
            ) as server:
                if parts.username:
                    if parts.scheme == "smtp":
                        server.starttls(context=secure)  # a password is never sent in plain text
                    server.login(unquote(parts.username), unquote(parts.password or ""))
                server.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise AlertNotSentError(f"the mail server did not accept the alert ({type(error).__name__})") from None


@dataclass(frozen=True)
class WebhookNotifier:
    """A POST of {"subject": ..., "text": ...} as JSON."""

    url: str = field(repr=False)

    def readdressed(self, to: str) -> None:
        """A webhook has no recipients."""

    def send(self, subject: str, text: str) -> None:
        """Send a message to the webhook.

        Raises:
            AlertNotSentError: The webhook cannot be reached or did not accept it.
        """
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.post(self.url, json={"subject": subject, "text": text}, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise AlertNotSentError(f"the webhook did not accept the alert ({type(error).__name__})") from None
        if not 200 <= response.status_code < 300:
            raise AlertNotSentError(f"the webhook did not accept the alert (HTTP {response.status_code})")


def notifiers(settings: Settings) -> list[Notifier]:
    """Those that are configured."""
    configured: list[Notifier] = []
    if settings.alert_smtp:
        configured.append(SmtpNotifier(settings.alert_smtp))
    if settings.alert_webhook:
        configured.append(WebhookNotifier(settings.alert_webhook))
    return configured
