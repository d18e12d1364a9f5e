"""`lmw occupation`: coding titles from a terminal, and how good the coder is."""

import sys
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labour_market.cli.terminal import Because, By, Json, as_steward, complain, console, plain_errors, print_json, print_table

if TYPE_CHECKING:
    from labour_market.occupations.evaluation import Evaluation

app = typer.Typer(no_args_is_help=True, help="Occupations: coding titles, and how good the coder is.")


@app.command("code")
def code(
    industry: Annotated[str | None, typer.Option("--industry", help="VSIC code of the workplace, evidence for plain titles.")] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="Status in employment: employer, own_account, family_worker or employee.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Code job titles read from standard input, one a line, to VSCO 2020.

    Answers in the same order: title, code, level (its digits, 0 for none), method and score. A line without a title stays one.
    """
    from labour_market.occupations.coder import code_titles  # numpy is slow to come, and other commands do without

    titles = [line.rstrip("\r\n") for line in sys.stdin]
    codings = code_titles(titles, industry, status)
    if as_json:
        print_json([coding._asdict() for coding in codings])
        return
    print_table(
        ["title", "code", "level", "method", "score"], [(c.title, c.code or "-", c.level, c.method, f"{c.score:.3f}") for c in codings]
    )


@app.command("evaluate")
@plain_errors
def show_evaluation(
    part: Annotated[str, typer.Option("--part", help="Part of the labelled titles: test, calibration or development.")] = "test",
    wrong: Annotated[
        bool, typer.Option("--wrong", help="List the titles that were coded wrongly; never do so for test while tuning.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Accuracy by level, coverage, precision by score band, and what is taken for what, on titles labelled by hand."""
    from labour_market.occupations.evaluation import evaluate

    found = evaluate(part)
    if as_json:
        print_json(found.as_json())
        return
    _print(found)
    for title, right, answered in found.wrong if wrong else ():
        console.print(f"{title}: {answered}, not {right}", markup=False, highlight=False)


@app.command("calibrate")
def fit() -> None:
    """Fit the scores anew on the calibration part, after a change of aliases or rules, and write the table."""
    from labour_market.occupations.evaluation import calibrate

    for (evidence, level), steps in sorted(calibrate().items()):
        console.print(f"{evidence} {level}: {len(steps)} steps, up to {steps[-1][1]}", highlight=False)


@app.command("queue")
def queue(
    limit: Annotated[int, typer.Option("--limit", help="How many titles.")] = 30,
    as_json: Json = False,
) -> None:
    """Titles that nobody could code, or not to two digits, most frequent first: what proposals and corrections start from.

    Shows each title as it is read, which is what a correction names, and the spelling that was sent most often.
    """
    query = (
        "with spelled as ("
        "   select title, title_key, max(occupation_code) as code, max(method) as method, sum(seen_count)::bigint as seen,"
        "   min(first_seen) as first_seen, max(last_seen) as last_seen"
        "   from ops.title_coding where level < 2 and method <> 'manual' and title <> '' group by title, title_key"
        " )"
        " select title, (array_agg(title_key order by seen desc, title_key asc))[1], max(code), max(method), sum(seen)::bigint,"
        " min(first_seen), max(last_seen) from spelled group by title order by 5 desc, title limit %s"
    )
    rows = as_steward(lambda connection: connection.execute(query, [limit]).fetchall())
    _show(rows, ["title", "most_often_sent", "code", "method", "seen", "first_seen", "last_seen"], as_json)


@app.command("list")
def list_codes(as_json: Json = False) -> None:
    """Provisional codes: where they are counted, by which words titles are known, their state and their end."""
    from labour_market.occupations.local import proposals

    found = [asdict(proposal) for proposal in as_steward(proposals)]
    if as_json:
        print_json(found)
        return
    columns = ["code", "label_vi", "keywords", "state", "steward", "valid_to", "replaced_by"]
    _show([tuple(row[column] for column in columns) for row in found], columns, as_json)


@app.command("history")
def history(code: str, as_json: Json = False) -> None:
    """Every step of a provisional code, and who took it."""
    from labour_market.occupations.local import decisions

    rows = as_steward(lambda connection: decisions(connection, code))
    columns = ["at", "from_state", "to_state", "actor", "reason"]
    _show([tuple(row[column] for column in columns) for row in rows], columns, as_json)


@app.command("propose")
def propose(
    parent: Annotated[str, typer.Argument(help="The official code, 4 or 5 digits, under which it is counted.")],
    label_vi: str,
    label_en: str,
    keyword: Annotated[list[str], typer.Option("--keyword", help="Words that stand in its titles; may be given again.")],
    evidence: Annotated[str, typer.Option("--evidence", help="Where it is documented that the trade exists.")],
    by: By,
) -> None:
    """Propose a code for a trade that the classification does not know. Another person decides on it."""
    from labour_market.occupations import local

    print(as_steward(lambda connection: local.propose(connection, parent, label_vi, label_en, keyword, evidence, by=by)))


@app.command("approve")
def approve(
    code: str,
    by: By,
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The day on which it ends; 31/12 is usual.")],
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Default: today.")] = None,
) -> None:
    """Take a proposal into use from the next build on. The person who proposed cannot approve."""
    from labour_market.occupations import local

    begin = start.date() if start else date.today()
    as_steward(lambda connection: local.approve(connection, code, by=by, start=begin, end=until.date()))


@app.command("refuse")
def refuse(code: str, by: By, because: Because) -> None:
    """Refuse a proposal."""
    from labour_market.occupations import local

    as_steward(lambda connection: local.refuse(connection, code, by=by, because=because))


@app.command("promote")
def promote(
    code: str,
    officials: Annotated[
        list[str], typer.Argument(help="The official code; of a split several, each with its share: 61124=0.7 61125=0.3.")
    ],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day from which the official code stands.")],
    by: By,
    because: Because,
) -> None:
    """An official code has come: from that day on the provisional one counts as it (the first of a split), and no fact is rewritten."""
    from labour_market.occupations import local

    try:
        shares = {official: Decimal(share or 1) for official, _, share in (given.partition("=") for given in officials)}
    except InvalidOperation:
        raise SystemExit(complain("a share is written as 0.7", 2)) from None
    as_steward(lambda connection: local.promote(connection, code, shares, by=by, on=on.date(), because=because))


@app.command("retire")
def retire(
    code: str,
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Its last day, not included.")],
    by: By,
    because: Because,
) -> None:
    """Take a provisional code out of use for new titles; what carries it keeps it."""
    from labour_market.occupations import local

    as_steward(lambda connection: local.retire(connection, code, by=by, on=on.date(), because=because))


@app.command("correct")
def correct(title: str, code: str, by: By, because: Because) -> None:
    """Say what a title is: for every title that reads the same, and for ever."""
    from labour_market.occupations import local

    print(as_steward(lambda connection: local.correct(connection, title, code, by=by, because=because)))


@app.command("check")
@plain_errors
def check(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)], as_json: Json = False) -> None:
    """Hold a file of a classification against its expectation suite. Exit 1 with every defect by name when it is refused."""
    from labour_market.occupations.reference import defects

    found = defects(file)
    if as_json:
        print_json([asdict(defect) for defect in found])
    else:
        for defect in found:
            print(f"{defect.name}: {defect.sentence_vi} | {defect.sentence_en}")
        print(f"{file.name}: " + (f"refused, {len(found)} kinds of defects" if found else "nothing to object"))
    if found:
        raise SystemExit(1)


def _show(rows: list[tuple[Any, ...]], columns: list[str], as_json: bool) -> None:
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table(columns, rows)


def _print(found: "Evaluation") -> None:
    print_table(
        ["titles", "number", *(f"{what} {level}" for level in (1, 2, 4) for what in ("coverage", "accuracy"))],
        [
            (group, of.titles, *(f"{share[level]:.3f}" for level in (1, 2, 4) for share in (of.coverage, of.accuracy)))
            for group, of in found.figures.items()
        ],
    )
    print_table(
        ["score", "answers", "mean score", "share right"],
        [(band, answers, f"{score:.3f}", f"{right:.3f}") for band, (answers, score, right) in found.bands.items()],
    )
    titles, answered = found.uncodable
    console.print(f"{answered} of {titles} titles that say too little were given a code all the same", highlight=False)
    print_table(["right", "answered", "times"], found.confusions[:12])
