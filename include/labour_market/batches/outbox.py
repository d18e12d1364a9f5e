"""The outbox of partitions whose marts must be built: how a change that comes without a new batch enters it."""

from collections.abc import Sequence

import psycopg
from psycopg import sql


def pending_events(connection: psycopg.Connection) -> list[int]:
    """The events that no build has taken up, by number. The order of numbers is not the order in which events are committed."""
    return [event for (event,) in connection.execute("select event_id from ops.outbox where built_at is null order by 1")]


def rebuild_partitions(connection: psycopg.Connection, feed: str, column: str, values: Sequence[str]) -> None:
    """Put the partitions of core.<feed> whose current rows have one of these values into the outbox.

    Args:
        connection: Of a role that reads core and writes ops.outbox.
        feed: The feed, whose table in core is searched.
        column: A text column of that table.
        values: The values to search for.
    """
    connection.execute(
        sql.SQL(
            "insert into ops.outbox (batch_id, feed, sender_code, period)"
            " select max(batch_id), {feed}, sender_code, period from core.{table}"
            " where recorded_to = 'infinity' and {column} = any(%s) group by sender_code, period"
        ).format(feed=sql.Literal(feed), table=sql.Identifier(feed), column=sql.Identifier(column)),
        [list(values)],
    )


def rebuild_every_partition(connection: psycopg.Connection) -> None:
    """Put every partition into the outbox: a new event for each, so that the old events stay with the build that took them up."""
    connection.execute(
        "insert into ops.outbox (batch_id, feed, sender_code, period)"
        " select max(batch_id), feed, sender_code, period from ops.outbox group by feed, sender_code, period"
    )
