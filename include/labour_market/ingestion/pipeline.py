"""A night in one process, without Airflow: pull from every sender at once, then load feed by feed."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from labour_market.errors import LabourMarketError
from labour_market.gateway import Sender
from labour_market.ingestion.loading import LoadReport, load_each
from labour_market.ingestion.pulling import pull
from labour_market.logs import Progress, describe, trace

MAX_SENDERS_AT_ONCE = 32
LOG = logging.getLogger(__name__)


def ingest(
    senders: Iterable[Sender], feeds: Iterable[str], period: str | None = None, progress: Progress = lambda line: None
) -> tuple[list[LoadReport], list[str]]:
    """Pull and load in one process: first from all senders at once, each in a thread and with its own time, then feed by feed.

    Args:
        senders: The senders to pull from.
        feeds: The feeds, those that other feeds refer to first.
        period: Only deliveries of this period.
        progress: Takes a line about each sender and feed, in the order of the feeds and of the senders.

    Returns:
        The report of each feed, and a sentence for each sender that was not reached.
    """
    senders, feeds, reports, unreachable = list(senders), list(feeds), [], []
    pulled: dict[tuple[str, str], int | str] = {}
    with ThreadPoolExecutor(max_workers=MAX_SENDERS_AT_ONCE, thread_name_prefix="pull") as pool:
        for answers in pool.map(lambda sender: _pull_feeds(sender, feeds, period), senders):
            pulled |= answers
    for feed in feeds:
        for sender in senders:
            answer = pulled.get((feed, sender.code))
            if isinstance(answer, int):
                progress(f"{feed:<16} {sender.code:<6} {answer} new")
            elif answer is not None:
                unreachable.append(f"{feed} {sender.code}: {answer}")
                progress(f"{feed:<16} {sender.code:<6} not reached: {answer}")
        for report in load_each([feed]):
            reports.append(report)
            progress(f"{feed:<16} {report.summary}")
    return reports, unreachable


def _pull_feeds(sender: Sender, feeds: Iterable[str], period: str | None) -> dict[tuple[str, str], int | str]:
    """Pull the feeds of one sender one after the other: the number of batches of each, or why it was not reached. Never raises."""
    answers: dict[tuple[str, str], int | str] = {}
    for feed in feeds:
        if feed not in sender.feeds:
            continue
        try:
            answers[feed, sender.code] = len(pull(feed, sender, period))
        except LabourMarketError as error:
            answers[feed, sender.code] = str(error)
        except Exception as error:  # an internal error of one sender is no error of the others
            LOG.error("internal error: feed=%s sender=%s\n%s", feed, sender.code, trace(error))
            answers[feed, sender.code] = f"internal error: {describe(error)}"
    return answers
