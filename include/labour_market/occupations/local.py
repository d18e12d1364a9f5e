"""Provisional codes for trades that the classification does not have: proposed from frequent titles, decided by a steward.

A code is `<VSCO code>-Lnn` under an official code of level 4 or 5. So it cannot be taken for an official code, and its figures are always
counted under one. `proposed -> approved | refused`, `approved -> promoted | retired`. Every step is a row of ops.occupation_decision.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
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
SEEDED_BY = "initial list"
TRADES = Path(__file__).with_name("local_trades.csv")


@dataclass(frozen=True)
class Proposal:
    """A provisional code. valid_to: the first day on which it is no longer used; replaced_by: the official code that replaces it, the first of several."""

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
    """Propose a code under an official one of level 4 or 5.

    Args:
        connection: Of the role steward.
        parent: The official code.
        label_vi: The name of the trade in Vietnamese.
        label_en: The same in English.
        keywords: Words such as "thanh long"; a title of the trade has at least one of them.
        evidence: Where it is documented that the trade exists.
        by: Who proposes it.

    Returns:
        The code, `<parent>-Lnn` with the next free number.

    Raises:
        UsageError: The parent is not official, a keyword is empty, or no number is free.
    """
    if parent not in vsco_codes() or len(parent) < 4:
        raise UsageError(f"{parent!r} is no official VSCO 2020 code of level 4 or 5; choose the code that the trade is counted under")
    if not keywords or not all(_words(keyword) for keyword in keywords):
        raise UsageError("a proposal needs keywords: words that its titles have")
    with connection.transaction():
        row = connection.execute(
            "select coalesce(max(right(code, 2)::int), 0) + 1 from ops.occupation_proposal where parent_code = %s", [parent]
        ).fetchone()
        assert row
        if row[0] > 99:
            raise UsageError(f"{parent} has 99 provisional codes, which is the limit")
        code = f"{parent}-L{row[0]:02d}"
        connection.execute(
            "insert into ops.occupation_proposal (code, parent_code, label_vi, label_en, keywords, evidence, state, proposed_by)"
            " values (%s, %s, %s, %s, %s, %s, 'proposed', %s)",
            [code, parent, label_vi, label_en, keywords, evidence, by],
        )
        _record(connection, code, None, "proposed", by, evidence)
    return code


def approve(connection: psycopg.Connection, code: str, *, by: str, start: date, end: date) -> None:
    """Approve a proposal; the next build gives its code to titles.

    Args:
        connection: Of the role steward.
        code: The proposed code.
        by: Who approves it, another person than the one who proposed it.
        start: The first day of its use.
        end: The first day on which it is no longer used.

    Raises:
        UsageError: The same person proposed it, it is not in state proposed, or the end is not after the start.
    """
    if end <= start:
        raise UsageError(f"the end of a provisional code must be after its start: {end} is not after {start}")
    proposal = find(connection, code)
    if proposal.proposed_by == by:
        raise UsageError(f"{code} was proposed by {by}: another person decides on it")
    _move(connection, proposal, "approved", by, f"until {end}", steward=by, valid_from=start, valid_to=end)


def refuse(connection: psycopg.Connection, code: str, *, by: str, because: str) -> None:
    """Refuse a proposal, with the reason.

    Args:
        connection: Of the role steward.
        code: The proposed code.
        by: The person who decides; kept with the decision.
        because: The reason; kept with the decision.

    Raises:
        UsageError: When the same person proposed it or it is not in state proposed.
    """
    proposal = find(connection, code)
    if proposal.proposed_by == by:
        raise UsageError(f"{code} was proposed by {by}: another person decides on it")
    _move(connection, proposal, "refused", by, because)


def promote(connection: psycopg.Connection, code: str, successors: Mapping[str, Decimal], *, by: str, on: date, because: str) -> None:
    """Replace a provisional code by official ones: from that day on it counts as the first of them. Facts keep the code that they have.

    Args:
        connection: Of the role steward.
        code: The provisional code.
        successors: Official code -> its share, with a sum of 1; more than one means a split.
        by: Who decides.
        on: The first day on which the official codes are valid.
        because: The reason.

    Raises:
        UsageError: An official code is not in the classification, the shares are wrong, or the code is not in use.
    """
    if unknown := [official for official in successors if official not in vsco_codes()]:
        raise UsageError(
            f"{unknown[0]!r} is not in the classification; add it to seeds/occupation/occupation.csv, with its decision, first"
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
    """Take a code out of use for new titles; titles that have the code keep it.

    Args:
        connection: Of the role steward.
        code: An approved code.
        by: The person who decides; kept with the decision.
        on: The first day on which it is not used.
        because: The reason; kept with the decision.
    """
    _move(connection, find(connection, code), "retired", by, because, valid_to=on)


def description(connection: psycopg.Connection, code: str) -> str:
    """A proposal in Markdown, for the person who decides.

    Raises:
        UsageError: When there is no such proposal, or it is decided already.
    """
    proposal = find(connection, code)
    if proposal.state != "proposed":
        raise UsageError(f"{code} is {proposal.state}; only a proposed code is decided on")
    return (
        f"**{code}** {proposal.label_vi} | {proposal.label_en}\n\n"
        f"- tính vào | counted under: {proposal.parent_code}\n- từ khóa | keywords: {', '.join(proposal.keywords)}\n"
        f"- căn cứ | evidence: {proposal.evidence}\n- đề xuất | proposed by: {proposal.proposed_by}"
    )


def decide(connection: psycopg.Connection, code: str, *, approved: bool, by: str, because: str, until: str) -> str:
    """Record the decision of a person, as it comes from a form.

    Args:
        connection: Of the role steward.
        code: The proposed code.
        approved: Whether it is approved.
        by: Who decides.
        because: The reason of a refusal.
        until: The last day on which the code is used, as 2024-12-31; "" means the end of next year.

    Returns:
        The decision as a sentence.

    Raises:
        UsageError: The name is missing, the day cannot be read, or approve() or refuse() raises it.
    """
    if not by:
        raise UsageError("a decision needs the name of the person who decides")
    if approved:
        today = date.today()
        try:
            last = date.fromisoformat(until) if until else date(today.year + 1, 12, 31)
        except ValueError:
            raise UsageError(f"{until!r} is not a day; write it as 2024-12-31") from None
        approve(connection, code, by=by, start=today, end=last + timedelta(days=1))
        return f"{code} approved by {by} until {last}"
    refuse(connection, code, by=by, because=because)
    return f"{code} refused by {by}: {because}"


def find(connection: psycopg.Connection, code: str) -> Proposal:
    """The proposal of a code.

    Raises:
        UsageError: When there is none.
    """
    for proposal in proposals(connection):
        if proposal.code == code:
            return proposal
    raise UsageError(f"there is no proposal of {code!r}")


def proposals(connection: psycopg.Connection) -> list[Proposal]:
    """All proposals, by code."""
    columns = ", ".join(Proposal.__dataclass_fields__)
    rows = connection.execute(f"select {columns} from ops.occupation_proposal order by code".encode())  # noqa: S608  # field names
    return [Proposal(*row) for row in rows]


def decisions(connection: psycopg.Connection, code: str) -> list[dict[str, Any]]:
    """The steps of one proposal, oldest first: from_state, to_state, actor, reason, at.

    Raises:
        UsageError: When there is none.
    """
    find(connection, code)
    rows = connection.execute(
        "select from_state, to_state, actor, reason, at from ops.occupation_decision where code = %s order by decision_id", [code]
    )
    return [dict(zip(("from_state", "to_state", "actor", "reason", "at"), row, strict=True)) for row in rows]


def correct(connection: psycopg.Connection, title: str, code: str, *, by: str, because: str) -> str:
    """Record the right code of a title. It applies to every title with the same clean form, from now on.

    Args:
        connection: Of the role steward.
        title: The title as it was sent.
        code: The right code, official.
        by: The person who decides; kept with the decision.
        because: The reason; kept with the decision.

    Returns:
        The clean form of the title.

    Raises:
        UsageError: The code is not official, or the clean form is empty.
    """
    clean = clean_title(title)
    if not clean:
        raise UsageError("this title has no word that describes an occupation")
    if code not in vsco_codes():
        raise UsageError(f"{code!r} is not in VSCO 2020")
    connection.execute(
        "insert into ops.title_correction (title, occupation_code, reason, corrected_by) values (%s, %s, %s, %s)",
        [clean, code, because, by],
    )
    return clean


def corrections(connection: psycopg.Connection) -> dict[str, str]:
    """The stewards' corrections, the latest of each title: clean title -> code."""
    rows = connection.execute(
        "select distinct on (title) title, occupation_code from ops.title_correction order by title, correction_id desc"
    )
    return dict(rows.fetchall())


def detail_code(clean: str, official: str | None, approved: list[Proposal]) -> str | None:
    """The provisional code of a title, None where no code fits.

    A code fits when its parent is within the title's official group and the title has one of its keywords; the longest keyword takes precedence.
    A title that is coded above or outside the parent gets none, so that a provisional code never changes an official figure.

    Args:
        clean: The clean form of the title.
        official: The official code of the title.
        approved: The codes in use.
    """
    if not official:
        return None
    title = f" {_words(clean)} "
    fitting = [
        (len(words), proposal.code)
        for proposal in approved
        if proposal.parent_code.startswith(official)
        for keyword in proposal.keywords
        if f" {(words := _words(keyword))} " in title
    ]
    return max(fitting)[1] if fitting else None


def in_use(connection: psycopg.Connection) -> list[Proposal]:
    """The codes that titles may get today: approved ones until their end, and promoted ones, which count as their official code."""
    return [p for p in proposals(connection) if p.state == "promoted" or (p.state == "approved" and not _ended(p))]


def retired(connection: psycopg.Connection) -> set[str]:
    """The codes that new titles no longer get, because they are retired or past their end; titles that have one keep it."""
    return {p.code for p in proposals(connection) if p.state == "retired" or (p.state == "approved" and _ended(p))}


def _ended(proposal: Proposal) -> bool:
    return proposal.valid_to is not None and proposal.valid_to <= date.today()


def seed_local_trades(settings: Settings) -> int:
    """Add the province's known trades (local_trades.csv) to an installation, as approved codes that a steward may retire or promote.

    Returns:
        The number of codes that were added.
    """
    with TRADES.open(encoding="utf-8", newline="") as file, connect("steward", settings) as connection:
        existing = {proposal.code for proposal in proposals(connection)}
        new = [row for row in csv.DictReader(file) if row["code"] not in existing]
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
    """The syllables of a text without tones and marks, so that titles typed without diacritics match too."""
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
            raise UsageError(f"{proposal.code} was decided by another person in the meantime")
        _record(connection, proposal.code, proposal.state, to, by, reason)


def _record(connection: psycopg.Connection, code: str, before: str | None, after: str, by: str, reason: str) -> None:
    connection.execute(
        "insert into ops.occupation_decision (code, from_state, to_state, actor, reason) values (%s, %s, %s, %s, %s)",
        [code, before, after, by, reason],
    )
