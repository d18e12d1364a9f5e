"""Which pseudonyms are one person.

Equal citizen numbers are one person already, in every feed. A link assigns a weaker pseudonym (a form without a number, an old
9-digit number) to the person of a stronger one (at best a 12-digit number). Two pseudonyms form a pair when they share the match
key, which is made of name and day of birth:

    method                   score  also the same
    name_birth_sex_commune   0.95   sex and commune, in one sighting of each
    name_birth_sex           0.80   sex
    name_birth               0.50   nothing more, or the sex differs

Scores order the pairs for a steward; they are not probabilities. Only one class is linked by rule: an old number and a new one with
method name_birth_sex_commune, where neither has another such partner by name and birth. An ambiguous match revokes the automatic
link. All other pairs wait for a steward. A steward's decision is final for the rule: it does not revoke a confirmed pair and does
not propose a refused one again. Two 12-digit numbers are always two persons. Walk-ins without a number have no
pseudonym and no link.

Every step is a row of ops.person_link, to which rows are only added. ops.person_identity holds the links in force: a pseudonym and
the person that it identifies.
"""

from typing import Any

import psycopg
from psycopg import sql

from labour_market.batches.outbox import rebuild_partitions
from labour_market.contracts import load_contracts
from labour_market.database import read_sql
from labour_market.errors import UsageError, check_known

RULE = "rule"
STATES = ("proposed", "linked", "confirmed", "refused", "withdrawn")
COLUMNS = ("link_id", "alias_key", "person_key", "method", "score", "state", "decided_by", "reason", "at")

_SIGHTINGS = sql.SQL(
    "select person_key, person_method, match_key, sex, commune_code from core.{}"
    " where recorded_to = 'infinity' and person_key is not null and match_key is not null"
)


def update_links(connection: psycopg.Connection) -> int:
    """Score pairs again when a feed with match keys waits for a build, and bring ops.person_identity up to date.

    The partitions in which a pseudonym of a changed person was seen go to the outbox, so that the build writes their facts again.

    Returns:
        The number of pseudonyms whose person, method, score or state has changed.
    """
    with connection.transaction():
        _propose(connection)
        query = read_sql(__package__, "identities").format(latest_links=read_sql(__package__, "latest_links"))
        current = {alias: identity for alias, *identity in connection.execute(query)}
        kept = connection.execute("select alias_key, person_key, method, score, state from ops.person_identity")
        previous = {alias: identity for alias, *identity in kept}
        changed = [alias for alias in current.keys() | previous.keys() if current.get(alias) != previous.get(alias)]
        if changed:
            connection.execute("delete from ops.person_identity where alias_key = any(%s)", [changed])
            with connection.cursor() as cursor:
                cursor.executemany(
                    "insert into ops.person_identity (alias_key, person_key, method, score, state) values (%s, %s, %s, %s, %s)",
                    [(alias, *current[alias]) for alias in changed if alias in current],
                )
            persons = {identities[alias][0] for identities in (current, previous) for alias in changed if alias in identities}
            # a fact takes attributes of its person from sightings of any of the pseudonyms
            pseudonyms = {alias for identities in (current, previous) for alias, (person, *_) in identities.items() if person in persons}
            _rebuild_partitions(connection, sorted({*changed, *persons, *pseudonyms}))
    return len(changed)


def links(connection: psycopg.Connection, state: str | None = None) -> list[dict[str, Any]]:
    """The latest state of each pair.

    Args:
        connection: Of a role that reads ops.
        state: Only pairs that are proposed, linked, confirmed, refused or withdrawn.

    Returns:
        One dict a pair with COLUMNS, the highest score first.

    Raises:
        UsageError: There is no such state.
    """
    check_known("state", state, STATES)
    rows = connection.execute(
        sql.SQL("select {} from ({}) as latest where %(state)s::text is null or state = %(state)s order by score desc, link_id").format(
            sql.SQL(", ").join(map(sql.Identifier, COLUMNS)), read_sql(__package__, "latest_links")
        ),
        {"state": state},
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def confirm(connection: psycopg.Connection, link_id: int, *, by: str, because: str) -> None:
    """Record that the two of a pair are one person.

    Args:
        connection: Of the role steward.
        link_id: The pair.
        by: The person who decides; kept with the decision.
        because: The reason; kept with the decision.

    Raises:
        UsageError: There is no such link, the pair is refused or withdrawn, or the pseudonym is linked to another person.
    """
    pair = _pair(connection, link_id)
    if pair["state"] not in ("proposed", "linked"):
        raise UsageError(f"this pair is {pair['state']}: it cannot be confirmed")
    for other in links(connection):
        if (
            other["alias_key"] == pair["alias_key"]
            and other["person_key"] != pair["person_key"]
            and other["state"] in ("linked", "confirmed")
        ):
            raise UsageError(f"this pseudonym is another person by link {other['link_id']}: refuse that one first")
    _decide(connection, pair, "confirmed", by, because)


def refuse(connection: psycopg.Connection, link_id: int, *, by: str, because: str) -> None:
    """Record that the two of a pair are two persons; the pair is not proposed again.

    Args:
        connection: Of the role steward.
        link_id: The pair.
        by: The person who decides; kept with the decision.
        because: The reason; kept with the decision.

    Raises:
        UsageError: There is no such link, or the pair is refused already.
    """
    pair = _pair(connection, link_id)
    if pair["state"] == "refused":
        raise UsageError("this pair is refused already")
    _decide(connection, pair, "refused", by, because)


def _propose(connection: psycopg.Connection) -> None:
    feeds = [feed for feed, contract in load_contracts().items() if any(f.name == "match_key" for f in contract.core_fields)]
    row = connection.execute("select exists (select from ops.outbox where built_at is null and feed = any(%s))", [feeds]).fetchone()
    if row and row[0]:
        connection.execute(
            read_sql(__package__, "propose_links").format(
                sightings=sql.SQL(" union ").join(_SIGHTINGS.format(sql.Identifier(feed)) for feed in feeds),
                ranks=sql.SQL("array['form', 'old_id', 'national_id']"),
                latest_links=read_sql(__package__, "latest_links"),
                rule=sql.Literal(RULE),
            )
        )


def _rebuild_partitions(connection: psycopg.Connection, person_keys: list[str]) -> None:
    for feed, contract in load_contracts().items():
        if any(f.name == "person_key" for f in contract.core_fields):
            rebuild_partitions(connection, feed, "person_key", person_keys)


def _pair(connection: psycopg.Connection, link_id: int) -> dict[str, Any]:
    row = connection.execute("select alias_key, person_key from ops.person_link where link_id = %s", [link_id]).fetchone()
    if row is None:
        raise UsageError(f"there is no link {link_id}")
    return next(link for link in links(connection) if (link["alias_key"], link["person_key"]) == row)


def _decide(connection: psycopg.Connection, pair: dict[str, Any], state: str, by: str, because: str) -> None:
    if not because.strip():
        raise UsageError("a decision needs a reason")
    connection.execute(
        "insert into ops.person_link (alias_key, person_key, method, score, state, decided_by, reason) values (%s, %s, %s, %s, %s, %s, %s)",
        [pair["alias_key"], pair["person_key"], pair["method"], pair["score"], state, by, because],
    )
