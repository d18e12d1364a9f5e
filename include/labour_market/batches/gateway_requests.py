"""The requests to the gateway of each sender (ops.gateway_request): when the last one was made, when one was answered, and why not."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psycopg

from labour_market.database import read_sql
from labour_market.errors import LabourMarketError
from labour_market.logs import describe


def expect_senders(connection: psycopg.Connection, feed: str, sender_codes: Iterable[str]) -> None:
    """Make the senders of a feed those of the senders file; one that no request was made to has a row too.

    Args:
        connection: The loader's.
        feed: The feed.
        sender_codes: All senders of the feed in the senders file.
    """
    values = {"feed": feed, "sender_codes": list(sender_codes)}
    with connection.transaction():
        connection.execute("delete from ops.gateway_request where feed = %(feed)s and sender_code <> all(%(sender_codes)s)", values)
        connection.execute(
            "insert into ops.gateway_request (feed, sender_code) select %(feed)s, unnest(%(sender_codes)s::text[]) on conflict do nothing",
            values,
        )


@contextmanager
def recorded_request(connection: psycopg.Connection, feed: str, sender_code: str) -> Iterator[None]:
    """Record that the gateway of a sender is requested for a feed, and how that ended: with an answer, or with the error of the block.

    Args:
        connection: The loader's, in autocommit mode.
        feed: The feed.
        sender_code: The sender.
    """
    values = {"feed": feed, "sender_code": sender_code}
    connection.execute(read_sql(__package__, "insert_request"), values)
    try:
        yield
    except BaseException as error:
        failure = str(error) if isinstance(error, LabourMarketError) else f"internal error: {describe(error)}"
        with suppress(psycopg.Error):  # it would hide the first error
            connection.execute(
                "update ops.gateway_request set failure = %(failure)s, failing_since = coalesce(failing_since, last_requested_at)"
                " where feed = %(feed)s and sender_code = %(sender_code)s",
                {**values, "failure": failure},
            )
        raise
    connection.execute(
        "update ops.gateway_request set last_answered_at = clock_timestamp(), failure = null, failing_since = null"
        " where feed = %(feed)s and sender_code = %(sender_code)s",
        values,
    )
