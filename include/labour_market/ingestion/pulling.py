"""From a gateway's announcement to the landing store: the deliveries of one sender for a feed."""

import logging
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from typing import Any

import psycopg

from labour_market.batches import ledger
from labour_market.batches.gateway_requests import expect_senders, recorded_request
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Batch, Finding
from labour_market.batches.states import PULLABLE_STATES, BatchState
from labour_market.contracts import contract_feeds, load_contract
from labour_market.database import connect, require_current_schema
from labour_market.errors import LabourMarketError
from labour_market.gateway import (
    AnnouncementDefect,
    Delivery,
    DeliveryRefusedError,
    GatewayClient,
    GatewayDeadlineError,
    GatewayUnavailableError,
    Sender,
)
from labour_market.ingestion.blocking import fail_batch, place_of, reject_batch
from labour_market.logs import describe, log_stage, trace
from labour_market.settings import PROJECT_ROOT, Settings, actor, load_settings

LOG = logging.getLogger(__name__)
MAX_FINDINGS = 20  # of one kind and list: a gateway with one fault in each of its announcements hides no other finding


@cache
def code_version() -> str:
    """The commit that is running, for the ledger; "unversioned" outside a checkout."""
    done = subprocess.run(["git", "-C", str(PROJECT_ROOT), "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unversioned"


def record_senders(senders: Iterable[Sender], feeds: Iterable[str], settings: Settings | None = None) -> None:
    """Record which gateways are to be requested for these feeds; those that left the senders file are no longer shown.

    Args:
        senders: All senders of the senders file.
        feeds: The feeds.
        settings: Of the installation; default: of the environment.
    """
    senders = list(senders)
    with connect("loader", settings, autocommit=True) as connection:
        for feed in feeds:
            expect_senders(connection, feed, (sender.code for sender in senders if feed in sender.feeds))


def pull(feed: str, sender: Sender, period: str | None = None, settings: Settings | None = None) -> list[int]:
    """Announce and land what a sender has for a feed; drafts are left alone.

    A delivery whose bytes were not the announced ones is fetched again by the next pulls: the fault may have passed.

    Args:
        feed: The feed.
        sender: The sender, an entry of the senders file.
        period: Only deliveries of this period.
        settings: Of the installation; default: of the environment.

    Returns:
        The ids of the batches that were landed or rejected now.

    Raises:
        LabourMarketError: The database has another schema than this release.
        GatewayUnavailableError: The sender cannot be reached now, or its share of `sender_seconds` is used up. What was landed
            before stays landed; the rest stays discovered and is fetched by the next pull.
        LabourMarketError: An internal error ended the attempt on some deliveries; the others were fetched.
    """
    settings = settings or load_settings()
    until = time.monotonic() + settings.sender_seconds / len(sender.feeds)
    store = LandingStore(settings.landing_url)
    fetched: list[int] = []
    with (
        log_stage(LOG, "pull", feed=feed, sender=sender.code, period=period) as counts,
        _connect_to_ledger(settings) as connection,
        recorded_request(connection, feed, sender.code),
        GatewayClient(sender, until=until) as client,
    ):
        errors: list[str] = []
        deliveries, findings = _announce_deliveries(connection, client, feed, sender, period, errors)
        if period is None:  # of all deliveries that the sender announces
            ledger.note_findings(connection, ledger.ANNOUNCEMENT_FINDINGS, findings, feed=feed, sender=sender.code)
        else:
            ledger.note_findings(connection, (), findings)
        counts["deliveries"] = len(deliveries)
        pullable = ledger.find_batches(connection, feed=feed, sender=sender.code, states=PULLABLE_STATES)
        discovered = [batch for batch in pullable if not batch.sha256]
        counts["discovered"] = len(discovered)
        refetched = ledger.batches_to_refetch(connection, feed, sender.code)
        unavailable: GatewayUnavailableError | None = None
        for batch in [*sorted(discovered, key=lambda batch: batch.attempt), *refetched]:  # one that failed before holds up no other
            if time.monotonic() >= until:
                unavailable = GatewayDeadlineError()
                break
            if batch.delivery_id in deliveries:
                try:
                    state = _land(connection, client, store, batch, deliveries[batch.delivery_id])
                    if state != batch.state:
                        fetched.append(batch.batch_id)
                except GatewayUnavailableError as error:  # the deliveries after it may be available
                    unavailable = error
                except ledger.StaleAttemptError:  # another pull has taken it, and fetches it
                    continue
                except Exception as error:
                    fail_batch(connection, batch, batch.attempt + 1, error)
                    errors.append(f"batch {batch.batch_id}: {describe(error)}")
        counts["fetched"] = len(fetched)
        if unavailable:
            raise unavailable
        if errors:
            raise LabourMarketError(f"internal error in the pull of {feed} from {sender.code}: {'; '.join(errors)}")
    return fetched


@contextmanager
def _connect_to_ledger(settings: Settings) -> Iterator[psycopg.Connection]:
    """A connection of the loader to a ledger with the schema of this release."""
    with connect("loader", settings, autocommit=True) as connection:
        require_current_schema(connection)
        yield connection


def _announce_deliveries(
    connection: psycopg.Connection, client: GatewayClient, feed: str, sender: Sender, period: str | None, errors: list[str]
) -> tuple[dict[str, Delivery], list[Finding]]:
    """Write what the gateway lists into the ledger; returns the final deliveries by their ids, and what is wrong with announcements.

    A delivery of another feed is no batch of this one: a gateway that does not heed the requested feed lists it for its own feed too.
    Internal errors are added to `errors`.
    """
    deliveries: dict[str, Delivery] = {}
    findings: list[Finding] = []
    other_feeds: set[str] = set()
    for item in client.deliveries(feed, period=period):
        if isinstance(item, AnnouncementDefect):
            findings.append(Finding("announcement_unreadable", item.detail, feed, sender.code))
        elif item.feed != feed:
            other_feeds.add(item.feed if item.feed in contract_feeds() else "an unknown feed")  # not a text that a sender chose
        elif item.status == "final":
            deliveries[item.delivery_id] = item
            try:
                announced = ledger.announce(connection, _announcement(feed, sender, item), actor())
            except Exception as error:
                errors.append(f"an announcement: {describe(error)}")
                LOG.error("announcement failed: feed=%s sender=%s\n%s", feed, sender.code, trace(error))
                continue
            if isinstance(announced, Finding):
                findings.append(announced)
    if other_feeds:
        detail = (
            f"the list of {feed} of sender {sender.code} has deliveries of {', '.join(sorted(other_feeds))}; they are not loaded as {feed}"
        )
        findings.append(Finding("other_feed_listed", detail, feed, sender.code))
    for kind, count in Counter(finding.kind for finding in findings).items():
        LOG.warning("announcements refused: feed=%s sender=%s kind=%s count=%s", feed, sender.code, kind, count)
    return deliveries, _without_excess(findings, feed, sender)


def _without_excess(findings: Iterable[Finding], feed: str, sender: Sender) -> list[Finding]:
    """The same findings each night: of each kind at most MAX_FINDINGS, and one in place of the others."""
    kept: list[Finding] = []
    for kind, of_kind in groupby(sorted(findings, key=lambda finding: (finding.kind, finding.detail)), key=lambda finding: finding.kind):
        found = list(of_kind)
        kept += found[:MAX_FINDINGS]
        if len(found) > MAX_FINDINGS:
            detail = f"sender {sender.code} announced more than {MAX_FINDINGS} such deliveries of {feed}; the others are not listed"
            kept.append(Finding(kind, detail, feed, sender.code))
    return kept


def _announcement(feed: str, sender: Sender, delivery: Delivery) -> dict[str, Any]:
    return {
        "feed": feed,
        "sender_code": sender.code,
        "delivery_id": delivery.delivery_id,
        "period": delivery.period,
        "sequence": delivery.sequence,
        "supersedes": delivery.supersedes,
        "form_version": delivery.form_version,
        "media_type": delivery.media_type,
        "encoding": delivery.encoding,
        "declared_records": delivery.record_count,
        "declared_bytes": delivery.size_bytes,
        "declared_sha256": delivery.sha256,
        "declared_totals": delivery.declared_totals or {},
        "delivery_created_at": delivery.created_at,
        "code_version": code_version(),
    }


def _land(connection: psycopg.Connection, client: GatewayClient, store: LandingStore, batch: Batch, delivery: Delivery) -> BatchState:
    """Fetch the bytes of a batch into the landing store, or reject it when they are not what was announced; returns its state then."""
    attempt = ledger.take(connection, batch.batch_id, [BatchState(batch.state)])
    with log_stage(LOG, "land", **place_of(batch, attempt)) as counts:
        try:
            if delivery.sender_code != batch.sender_code:
                raise DeliveryRefusedError("sender", {"announced": delivery.sender_code, "gateway": batch.sender_code})
            if changes := ledger.announcement_changes(batch, _announcement(batch.feed, client.sender, delivery)):
                raise DeliveryRefusedError("announcement", {"changes": ", ".join(changes)})
            landed = client.fetch(delivery, store)
        except DeliveryRefusedError as refusal:
            counts["rejected_by"], state = reject_batch(connection, load_contract(batch.feed), batch, attempt, refusal)
            return state
        except GatewayUnavailableError as error:
            if batch.state == BatchState.DISCOVERED:
                ledger.move(connection, batch.batch_id, attempt, BatchState.DISCOVERED, actor(), detail={"not_fetched": str(error)})
            raise
        ledger.move(
            connection,
            batch.batch_id,
            attempt,
            BatchState.LANDED,
            actor(),
            sha256=landed.sha256,
            bytes=landed.size,
            landing_path=landed.path,
        )
        counts.update(records=batch.declared_records, bytes=landed.size)
        return BatchState.LANDED
