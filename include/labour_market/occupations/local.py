"""Codes for trades that the classification does not know: proposed from what people write, decided by a steward, one day official.

A code is `<VSCO code>-Lnn` under an official code of level 4 or 5, so that it never looks like an official one and always has a place to be
counted under. `proposed -> approved | refused`, `approved -> promoted | retired`. Every step is a row of ops.occupation_decision.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from labour_market.database import connect
from labour_market.errors import UsageError
from labour_market.occupations.codes import vsco_codes
from labour_market.occupations.titles import clean_title, syllables_of
from labour_market.settings import Settings

MOVES = {None: ("proposed",), "proposed": ("approved", "refused"), "approved": ("promoted", "retired")}
SEEDED_BY = "shipped list"
TRADES = Path(__file__).with_name("local_trades.csv")


@dataclass(frozen=True)
class Proposal:
    """A provisional code. valid_to: the day from which it is no longer used (half-open); replaced_by: the official code that came, the first of several."""

    code: str
    parent_code: str
    label_vi: str
    label_en: str
    keywords: list[str]
    evidence: str
    state: str
    proposed_by: str
    steward: str | None
    valid_from: date | None
    valid_to: date | None
    replaced_by: str | None


def propose(
    connection: psycopg.Connection, parent: str, label_vi: str, label_en: str, keywords: list[str], evidence: str, *, by: str
) -> str:
    """Propose a code under an official one of level 4 or 5; returns `<parent>-Lnn`, the next free number.

    keywords: words of which one stands in every title that is meant (thanh long). evidence: where it is documented that the trade exists.
    Raises UsageError when the parent is not official, a keyword is empty, or a number is no longer free.
    """
    if parent not in vsco_codes() or len(parent) < 4:
        raise UsageError(f"{parent!r} is no official VSCO 2020 code of level 4 or 5; a provisional code is counted under one")
    if not keywords or not all(_words(keyword) for keyword in keywords):
        raise UsageError("a proposal needs keywords: the words by which its titles are known")
    with connection.transaction():
        row = connection.execute(
            "select coalesce(max(right(code, 2)::int), 0) + 1 from ops.occupation_proposal where parent_code = %s", [parent]
        ).fetchone()
        assert row
        if row[0] > 99:
            raise UsageError(f"{parent} has 99 provisional codes; promote or retire some, and ask for a better classification")
        code = f"{parent}-L{row[0]:02d}"
        connection.execute(
            "insert into ops.occupation_proposal (code, parent_code, label_vi, label_en, keywords, evidence, state, proposed_by)"
            " values (%s, %s, %s, %s, %s, %s, 'proposed', %s)",
            [code, parent, label_vi, label_en, keywords, evidence, by],
        )
        _record(connection, code, None, "proposed", by, evidence)
    return code


def approve(connection: psycopg.Connection, code: str, *, by: str, start: date, end: date) -> None:
    """Take a code into use for titles from the next build on. Raises UsageError: proposed by the same person, wrong state, no end date ahead."""
    if end <= start:
        raise UsageError(f"a provisional code ends on a fixed day after its start: {end} is not after {start}")
    proposal = find(connection, code)
    if proposal.proposed_by == by:
        raise UsageError(f"{code} was proposed by {by}: another person decides on it")
    _move(connection, proposal, "approved", by, f"until {end}", steward=by, valid_from=start, valid_to=end)


def refuse(connection: psycopg.Connection, code: str, *, by: str, because: str) -> None:
    """Refuse a proposal, with the reason. Raises UsageError: proposed by the same person, wrong state."""
    proposal = find(connection, code)
    if proposal.proposed_by == by:
        raise UsageError(f"{code} was proposed by {by}: another person decides on it")
    _move(connection, proposal, "refused", by, because)


def promote(connection: psycopg.Connection, code: str, successors: Mapping[str, Decimal], *, by: str, on: date, because: str) -> None:
    """Official codes have come: from that day on the provisional one counts as the first of them. Facts keep the code that they carry.

    successors: official code -> its share of those who carry the code, which sum to 1; more than one is a split.
    Raises UsageError when an official code is not in the classification or the shares are none.
    """
    if unknown := [official for official in successors if official not in vsco_codes()]:
        raise UsageError(
            f"{unknown[0]!r} is not in the classification; bring it into seeds/occupation/occupation.csv with its decision first"
        )
    if not successors or any(share <= 0 for share in successors.values()) or sum(successors.values()) != 1:
        raise UsageError("the shares of the official codes must be above 0 and sum to 1")
    with connection.transaction():
        _move(connection, find(connection, code), "promoted", by, because, valid_to=on, replaced_by=next(iter(successors)))
        connection.cursor().executemany(
            "insert into ops.occupation_successor (code, official_code, weight) values (%s, %s, %s)",
            [(code, official, share) for official, share in successors.items()],
        )


def retire(connection: psycopg.Connection, code: str, *, by: str, on: date, because: str) -> None:
    """Take a code out of use for what is coded from now on; what carries it keeps it."""
    _move(connection, find(connection, code), "retired", by, because, valid_to=on)


def description(connection: psycopg.Connection, code: str) -> str:
    """A proposal as the person who decides reads it, in Markdown. Raises UsageError, also when it is decided on already."""
    proposal = find(connection, code)
    if proposal.state != "proposed":
        raise UsageError(f"{code} is {proposal.state}: there is nothing to decide")
    return (
        f"**{code}** {proposal.label_vi} | {proposal.label_en}\n\n"
        f"- tính vào | counted under: {proposal.parent_code}\n- từ khóa | keywords: {', '.join(proposal.keywords)}\n"
        f"- căn cứ | evidence: {proposal.evidence}\n- đề xuất | proposed by: {proposal.proposed_by}"
    )


def decide(connection: psycopg.Connection, code: str, *, approved: bool, by: str, because: str, until: str) -> str:
    """Take down a person's answer as it comes from a form; returns it as a sentence.

    until: the day on which the code ends; "" is the end of next year. Raises UsageError when nobody's name is on it, no day can be read,
    or approve() and refuse() do not take it.
    """
    if not by:
        raise UsageError("a decision needs the name of the one who took it")
    if approved:
        today = date.today()
        try:
            end = date.fromisoformat(until) if until else date(today.year + 1, 12, 31)
        except ValueError:
            raise UsageError(f"{until!r} is not a day; write it as 2024-12-31") from None
        approve(connection, code, by=by, start=today, end=end)
        return f"{code} approved by {by} until {end}"
    refuse(connection, code, by=by, because=because)
    return f"{code} refused by {by}: {because}"


def find(connection: psycopg.Connection, code: str) -> Proposal:
    """One proposal. Raises UsageError for a code that was never proposed."""
    for proposal in proposals(connection):
        if proposal.code == code:
            return proposal
    raise UsageError(f"{code!r} was never proposed")


def proposals(connection: psycopg.Connection) -> list[Proposal]:
    """All proposals in the order of their codes."""
    columns = ", ".join(Proposal.__dataclass_fields__)
    rows = connection.execute(f"select {columns} from ops.occupation_proposal order by code".encode())  # noqa: S608  # field names
    return [Proposal(*row) for row in rows]


def decisions(connection: psycopg.Connection, code: str) -> list[dict[str, Any]]:
    """The steps of one proposal: from_state, to_state, actor, reason, at."""
    find(connection, code)
    rows = connection.execute(
        "select from_state, to_state, actor, reason, at from ops.occupation_decision where code = %s order by decision_id", [code]
    )
    return [dict(zip(("from_state", "to_state", "actor", "reason", "at"), row, strict=True)) for row in rows]


def correct(connection: psycopg.Connection, title: str, code: str, *, by: str, because: str) -> str:
    """Say what a title is: for every title that reads the same, and for ever. Returns the title as it is compared.

    Raises UsageError when the code is not official or nothing is left of the title that could tell an occupation.
    """
    clean = clean_title(title)
    if not clean:
        raise UsageError("nothing is left of this title that could tell an occupation")
    if code not in vsco_codes():
        raise UsageError(f"{code!r} is not in VSCO 2020")
    connection.execute(
        "insert into ops.title_correction (title, occupation_code, reason, corrected_by) values (%s, %s, %s, %s)",
        [clean, code, because, by],
    )
    return clean


def corrections(connection: psycopg.Connection) -> dict[str, str]:
    """The stewards' corrections, the latest of each title: title as it is compared -> code."""
    rows = connection.execute(
        "select distinct on (title) title, occupation_code from ops.title_correction order by title, correction_id desc"
    )
    return dict(rows.fetchall())


def detail_code(clean: str, official: str | None, approved: list[Proposal]) -> str | None:
    """The provisional code of a title: of those in use whose place is in the title's official group, the one with the longest keyword in it.

    A code above or beside the place of the provisional one gives none: the official figure never changes because of it.
    """
    if not official:
        return None
    said = f" {_words(clean)} "
    fitting = [
        (len(words), proposal.code)
        for proposal in approved
        if proposal.parent_code.startswith(official)
        for keyword in proposal.keywords
        if f" {(words := _words(keyword))} " in said
    ]
    return max(fitting)[1] if fitting else None


def in_use(connection: psycopg.Connection) -> list[Proposal]:
    """The codes that titles may get today: approved ones until their end, and promoted ones, which count as the official code that came."""
    return [p for p in proposals(connection) if p.state == "promoted" or (p.state == "approved" and not _ended(p))]


def retired(connection: psycopg.Connection) -> set[str]:
    """The codes that no new title gets, retired or past their end; titles that have one keep it."""
    return {p.code for p in proposals(connection) if p.state == "retired" or (p.state == "approved" and _ended(p))}


def _ended(proposal: Proposal) -> bool:
    return proposal.valid_to is not None and proposal.valid_to <= date.today()


def seed_local_trades(settings: Settings) -> int:
    """Bring the province's known trades (local_trades.csv) into a new installation; returns how many were new.

    They come approved, by the list that ships with the project; a steward may retire or promote each.
    """
    with TRADES.open(encoding="utf-8", newline="") as file, connect("steward", settings) as connection:
        known = {proposal.code for proposal in proposals(connection)}
        new = [row for row in csv.DictReader(file) if row["code"] not in known]
        for row in new:
            connection.execute(
                "insert into ops.occupation_proposal (code, parent_code, label_vi, label_en, keywords, evidence, state, proposed_by, steward,"
                " valid_from, valid_to) values (%s, %s, %s, %s, %s, %s, 'approved', %s, %s, %s, %s)",
                [
                    row["code"], row["parent_code"], row["label_vi"], row["label_en"], row["keywords"].split("|"), row["evidence"],
                    SEEDED_BY, SEEDED_BY, row["valid_from"], row["valid_to"],
                ],
            )  # fmt: skip
            _record(connection, row["code"], None, "approved", SEEDED_BY, row["evidence"])
        return len(new)


def _words(text: str) -> str:
    """The syllables of a text without tones and marks: what people type who have no Vietnamese keyboard."""
    return " ".join(unit.bare for unit in syllables_of(text))


def _move(connection: psycopg.Connection, proposal: Proposal, to: str, by: str, reason: str, **values: object) -> None:
    if to not in MOVES.get(proposal.state, ()):
        raise UsageError(f"{proposal.code} is {proposal.state}: it cannot become {to}")
    if not reason.strip():
        raise UsageError("a decision needs a reason")
    with connection.transaction():
        done = connection.execute(
            "update ops.occupation_proposal set state = %s, steward = coalesce(%s, steward), valid_from = coalesce(%s, valid_from),"
            " valid_to = coalesce(%s, valid_to), replaced_by = coalesce(%s, replaced_by) where code = %s and state = %s",
            [to, *(values.get(name) for name in ("steward", "valid_from", "valid_to", "replaced_by")), proposal.code, proposal.state],
        )
        if done.rowcount != 1:
            raise UsageError(f"{proposal.code} was decided on by somebody else in the meantime")
        _record(connection, proposal.code, proposal.state, to, by, reason)


def _record(connection: psycopg.Connection, code: str, before: str | None, after: str, by: str, reason: str) -> None:
    connection.execute(
        "insert into ops.occupation_decision (code, from_state, to_state, actor, reason) values (%s, %s, %s, %s, %s)",
        [code, before, after, by, reason],
    )
