"""The scope of a build: the partitions (feed, sender, period) that it writes again."""

import psycopg
from psycopg import sql

from labour_market.contracts import UpstreamDependency, load_contracts


def fill_scope(connection: psycopg.Connection, events: list[int]) -> int:
    """Fill ops.build_scope with the partitions of these events and those that depend on them; returns how many."""
    connection.execute("delete from ops.build_scope")
    partitions = connection.execute(
        "insert into ops.build_scope (feed, sender_code, period)"
        " select distinct feed, sender_code, period from ops.outbox where event_id = any(%s)",
        [events],
    ).rowcount
    dependencies = [(feed, dependency) for feed, contract in load_contracts().items() for dependency in contract.depends_on]
    added = 1
    while added:  # a partition that was added may have dependents of its own
        added = sum(expand_scope(connection, feed, dependency) for feed, dependency in dependencies)
        partitions += added
    return partitions


def expand_scope(connection: psycopg.Connection, feed: str, dependency: UpstreamDependency) -> int:
    """Add the partitions of a feed whose records share their numbers with upstream records of the scope; returns how many are new.

    Two pseudonyms of one person are one number.

    Args:
        connection: The transformer's.
        feed: The feed whose partitions are added.
        dependency: A feed that it takes values from, and the columns that they share.
    """
    return connection.execute(
        sql.SQL(
            "insert into ops.build_scope (feed, sender_code, period)"
            " select distinct {feed}, dependent.sender_code, dependent.period from ops.build_scope as scope"
            " join core.{upstream_table} as upstream on scope.sender_code = upstream.sender_code and scope.period = upstream.period"
            " join core.{dependent_table} as dependent on {shared}"
            " where scope.feed = {upstream} and dependent.recorded_to = 'infinity' on conflict do nothing"
        ).format(
            feed=sql.Literal(feed),
            dependent_table=sql.Identifier(feed),
            upstream_table=sql.Identifier(dependency.feed),
            upstream=sql.Literal(dependency.feed),
            shared=sql.SQL(" and ").join(
                sql.SQL("{} = {}").format(_number("dependent", column), _number("upstream", column)) for column in dependency.by
            ),
        )
    ).rowcount


def _number(alias: str, column: str) -> sql.Composed:
    number = sql.Identifier(alias, column)
    if column != "person_key":
        return sql.SQL("{}").format(number)
    return sql.SQL("coalesce((select same.person_key from ops.person_identity as same where same.alias_key = {0}), {0})").format(number)
