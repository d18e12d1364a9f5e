"""Which pseudonyms are one person.

Equal citizen numbers are one person already, wherever they were seen. A link says that a weaker pseudonym (a form without a
number, an old 9-digit number) is the person of a stronger one (the 12-digit number at best). What may be one person shares the
match key, name and day of birth:

    method                   score  also the same
    name_birth_sex_commune   0.95   sex and commune, in one sighting of each
    name_birth_sex           0.80   sex
    name_birth               0.50   nothing more, or another sex was told

Scores give an order to look at them in, and are no probabilities. One class alone is linked by rule: an old number and a new one,
name_birth_sex_commune, where neither has another such partner by name and birth. A homonym that turns up later takes the link
back. All others wait for a steward, whose word stays: a confirmed pair is not taken back by the rule, a refused one never comes
again. Two 12-digit numbers are two persons whatever else they share. Walk-ins without a number have no pseudonym and no link.

Every step is a row of ops.person_link, which is only added to. ops.person_identity holds what is in force: a pseudonym and the
person that it stands for.
"""

from typing import Any

import psycopg
from psycopg import sql

from labour_market.contracts import load_contracts
from labour_market.errors import UsageError

RULE = "rule"
COLUMNS = ("link_id", "alias_key", "person_key", "method", "score", "state", "decided_by", "reason", "at")

_SIGHTINGS = """
    select person_key, person_method, match_key, sex, commune_code from core.{}
    where recorded_to = 'infinity' and person_key is not null and match_key is not null
"""
_STANDING = "select distinct on (alias_key, person_key) * from ops.person_link order by alias_key, person_key, link_id desc"
_PROPOSE = """
    insert into ops.person_link (alias_key, person_key, method, score, state, decided_by, reason)
    with seen as ({sightings}),

    pairs as (
        select
            weak.person_key as alias_key,
            strong.person_key,
            weak.person_method = 'old_id' and strong.person_method = 'national_id' as is_old_and_new,
            coalesce(bool_and(weak.sex = strong.sex), false) as same_sex,
            coalesce(bool_or(weak.commune_code = strong.commune_code), false) as same_commune
        from seen as weak inner join seen as strong on weak.match_key = strong.match_key
            and array_position({ranks}, weak.person_method) < array_position({ranks}, strong.person_method)
        group by weak.person_key, strong.person_key, weak.person_method, strong.person_method
    ),

    judged as (
        select
            alias_key,
            person_key,
            case when not same_sex then 'name_birth' when same_commune then 'name_birth_sex_commune' else 'name_birth_sex' end as method,
            case when not same_sex then 0.50 when same_commune then 0.95 else 0.80 end as score,
            is_old_and_new and same_sex and same_commune
            and count(*) filter (where is_old_and_new) over (partition by alias_key) = 1
            and count(*) filter (where is_old_and_new) over (partition by person_key) = 1
            and alias_key not in (select alias_key from ({standing}) as said where state = 'confirmed') as by_rule
        from pairs
    ),

    wanted as (
        select
            alias_key,
            person_key,
            coalesce(judged.method, standing.method) as method,
            coalesce(judged.score, standing.score) as score,
            case when judged.method is null then 'withdrawn' when by_rule then 'linked' else 'proposed' end as state,
            standing.state as was,
            standing.method as was_by
        from judged full join ({standing}) as standing using (alias_key, person_key)
    )

    select alias_key, person_key, method, score, state, {rule},
        case state
            when 'linked' then 'old and new number, unique both ways' when 'withdrawn' then 'name, birth or number no longer agree'
            else case when was = 'linked' then 'no longer unique' else 'for a steward to decide' end
        end
    from wanted
    where coalesce(was, '') not in ('confirmed', 'refused') and (state, method) is distinct from (was, was_by)
    returning 1
"""
# what stands in force, a chain (form, old number, new number) followed to its end
_IN_FORCE = """
    with said as (
        select distinct on (alias_key) alias_key, person_key, method, score, state from ({standing}) as standing
        where state in ('linked', 'confirmed') order by alias_key, state, link_id
    )

    select
        said.alias_key,
        coalesce(beyond.person_key, said.person_key),
        said.method,
        least(said.score, beyond.score),
        said.state
    from said left join said as beyond on said.person_key = beyond.alias_key
"""


def update_links(connection: psycopg.Connection) -> int:
    """Judge pairs anew when a feed with match keys waits for a build, and bring what is in force up to date; returns how many changed.

    The partitions in which a changed person was seen go to the outbox, so that the build writes their facts again.
    """
    with connection.transaction():
        _propose(connection)
        query = sql.SQL(_IN_FORCE).format(standing=sql.SQL(_STANDING))
        now = {row[0]: row[1:] for row in connection.execute(query)}
        before = {
            row[0]: row[1:] for row in connection.execute("select alias_key, person_key, method, score, state from ops.person_identity")
        }
        changed = [alias for alias in now.keys() | before.keys() if now.get(alias) != before.get(alias)]
        if changed:
            connection.execute("delete from ops.person_identity where alias_key = any(%s)", [changed])
            with connection.cursor() as cursor:
                cursor.executemany(
                    "insert into ops.person_identity (alias_key, person_key, method, score, state) values (%s, %s, %s, %s, %s)",
                    [(alias, *now[alias]) for alias in changed if alias in now],
                )
            persons = [told[alias][0] for told in (now, before) for alias in changed if alias in told]
            _write_again(connection, sorted({*changed, *persons}))
    return len(changed)


def links(connection: psycopg.Connection, state: str | None = None) -> list[dict[str, Any]]:
    """The last word on each pair, the surest first: COLUMNS. state: proposed, linked, confirmed, refused or withdrawn."""
    rows = connection.execute(
        sql.SQL("select {} from ({}) as standing where %(state)s::text is null or state = %(state)s order by score desc, link_id").format(
            sql.SQL(", ").join(map(sql.Identifier, COLUMNS)), sql.SQL(_STANDING)
        ),
        {"state": state},
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def confirm(connection: psycopg.Connection, link_id: int, *, by: str, because: str) -> None:
    """Say that the two of a pair are one person. Raises UsageError, also when the pair was refused, or its alias is somebody else."""
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
    """Say that the two of a pair are two persons; it never comes again. Raises UsageError, also when it was refused already."""
    pair = _pair(connection, link_id)
    if pair["state"] == "refused":
        raise UsageError("this pair is refused already")
    _decide(connection, pair, "refused", by, because)


def _propose(connection: psycopg.Connection) -> None:
    feeds = [feed for feed, contract in load_contracts().items() if any(f.name == "match_key" for f in contract.core_fields)]
    row = connection.execute("select exists (select from ops.outbox where built_at is null and feed = any(%s))", [feeds]).fetchone()
    if row and row[0]:
        sightings = sql.SQL(" union ").join(sql.SQL(_SIGHTINGS).format(sql.Identifier(feed)) for feed in feeds)
        connection.execute(
            sql.SQL(_PROPOSE).format(
                sightings=sightings,
                ranks=sql.SQL("array['form', 'old_id', 'national_id']"),
                standing=sql.SQL(_STANDING),
                rule=sql.Literal(RULE),
            )
        )


def _write_again(connection: psycopg.Connection, person_keys: list[str]) -> None:
    """Put the partitions of core in which these persons were seen into the outbox."""
    for feed, contract in load_contracts().items():
        if any(f.name == "person_key" for f in contract.core_fields):
            connection.execute(
                sql.SQL(
                    "insert into ops.outbox (batch_id, feed, sender_code, period)"
                    " select max(batch_id), {}, sender_code, period from core.{}"
                    " where recorded_to = 'infinity' and person_key = any(%s) group by sender_code, period"
                ).format(sql.Literal(feed), sql.Identifier(feed)),
                [person_keys],
            )


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
