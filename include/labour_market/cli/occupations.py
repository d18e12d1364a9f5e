"""`lmw occupation`: coding of job titles, provisional codes, corrections, and the accuracy of the coder."""

import sys
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labour_market.cli.terminal import Because, By, Json, as_steward, console, plain_errors, print_error, print_json, print_table
from labour_market.errors import check_known

if TYPE_CHECKING:
    from labour_market.occupations.evaluation import Evaluation

app = typer.Typer(no_args_is_help=True, help="Occupations: coding of job titles, provisional codes, corrections, accuracy of the coder.")


@app.command("code")
@plain_errors
def code(
    industry: Annotated[str | None, typer.Option("--industry", help="VSIC code of the employer, used for general titles.")] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="Status in employment: employer, own_account, family_worker or employee.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Code job titles to VSCO 2020. Titles are read from standard input, one on a line.

    Prints one row for each line, in the same order: title, code, level (its number of digits, 0 for none), method and score.
    """
    from labour_market.occupations.coder import WORKS_FOR, code_titles  # imports numpy, which is slow and which other commands do not need

    check_known("status", status, WORKS_FOR)
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
        bool, typer.Option("--wrong", help="Also list the titles with a wrong code. Do not use it on part test while you change rules.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Evaluate the coder on titles labelled by hand: coverage and accuracy by level, accuracy by score band, confusions."""
    from labour_market.occupations.evaluation import evaluate

    found = evaluate(part)
    if as_json:
        print_json(found.as_json())
        return
    _print_evaluation(found)
    for title, right, answered in found.wrong if wrong else ():
        console.print(f"{title}: {answered}, not {right}", markup=False, highlight=False)


@app.command("calibrate")
def fit() -> None:
    """Fit the scores on the calibration part and write the table. Do this after a change of aliases or rules."""
    from labour_market.occupations.evaluation import calibrate

    for (evidence, level), steps in sorted(calibrate().items()):
        console.print(f"{evidence} {level}: {len(steps)} steps, up to {steps[-1][1]}", highlight=False)


@app.command("queue")
def queue(
    limit: Annotated[int, typer.Option("--limit", help="How many titles.")] = 30,
    as_json: Json = False,
) -> None:
    """List titles that could not be coded, or not to two digits, most frequent first: candidates for proposals and corrections.

    Shows each title in its clean form, which a correction names, and the spelling that was sent most often.
    """
    from labour_market.occupations.store import title_queue

    rows = as_steward(lambda connection: title_queue(connection, limit))
    columns = ["title", "most_often_sent", "code", "method", "seen", "first_seen", "last_seen"]
    _print_rows([tuple(row[column] for column in columns) for row in rows], columns, as_json)


@app.command("list")
def list_codes(as_json: Json = False) -> None:
    """List the provisional codes with their keywords, state, end and replacement."""
    from labour_market.occupations.local import proposals

    found = [asdict(proposal) for proposal in as_steward(proposals)]
    if as_json:
        print_json(found)
        return
    columns = ["code", "label_vi", "keywords", "state", "steward", "valid_to", "replaced_by"]
    _print_rows([tuple(row[column] for column in columns) for row in found], columns, as_json)


@app.command("history")
def history(code: str, as_json: Json = False) -> None:
    """List the steps of a provisional code, with the person and the reason of each."""
    from labour_market.occupations.local import decisions

    rows = as_steward(lambda connection: decisions(connection, code))
    columns = ["at", "from_state", "to_state", "actor", "reason"]
    _print_rows([tuple(row[column] for column in columns) for row in rows], columns, as_json)


@app.command("propose")
def propose(
    parent: Annotated[str, typer.Argument(help="The official code of 4 or 5 digits under which it is counted.")],
    label_vi: str,
    label_en: str,
    keyword: Annotated[list[str], typer.Option("--keyword", help="Words that its titles have. Can be repeated.")],
    evidence: Annotated[str, typer.Option("--evidence", help="A document that shows that the trade exists.")],
    by: By,
) -> None:
    """Propose a code for a trade that the classification does not have. Another person decides on it."""
    from labour_market.occupations import local

    print(as_steward(lambda connection: local.propose(connection, parent, label_vi, label_en, keyword, evidence, by=by)))


@app.command("approve")
def approve(
    code: str,
    by: By,
    until: Annotated[
        datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day on which it is used, usually 31 December.")
    ],
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Default: today.")] = None,
) -> None:
    """Approve a proposal; the next build uses its code. The person who proposed it cannot approve it."""
    from labour_market.occupations import local

    begin = start.date() if start else date.today()
    as_steward(lambda connection: local.approve(connection, code, by=by, start=begin, end=until.date() + timedelta(days=1)))


@app.command("refuse")
def refuse(code: str, by: By, because: Because) -> None:
    """Refuse a proposal."""
    from labour_market.occupations import local

    as_steward(lambda connection: local.refuse(connection, code, by=by, because=because))


@app.command("promote")
def promote(
    code: str,
    officials: Annotated[
        list[str], typer.Argument(help="The official code, or for a split several codes with their shares: 61124=0.7 61125=0.3.")
    ],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The first day on which the official code is valid.")],
    by: By,
    because: Because,
) -> None:
    """Replace a provisional code by an official one, or by several for a split: from that day on it counts as the first of them."""
    from labour_market.occupations import local

    try:
        shares = {official: Decimal(share or 1) for official, _, share in (given.partition("=") for given in officials)}
    except InvalidOperation:
        raise SystemExit(print_error("write a share as a number such as 0.7", 2)) from None
    as_steward(lambda connection: local.promote(connection, code, shares, by=by, on=on.date(), because=because))


@app.command("retire")
def retire(
    code: str,
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The first day on which it is no longer used.")],
    by: By,
    because: Because,
) -> None:
    """Stop giving a provisional code to new titles. Titles that have it keep it."""
    from labour_market.occupations import local

    as_steward(lambda connection: local.retire(connection, code, by=by, on=on.date(), because=because))


@app.command("correct")
def correct(title: str, code: str, by: By, because: Because) -> None:
    """Record the right code of a title. It applies to every title with the same clean form."""
    from labour_market.occupations import local

    print(as_steward(lambda connection: local.correct(connection, title, code, by=by, because=because)))


@app.command("check")
@plain_errors
def check(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)], as_json: Json = False) -> None:
    """Check a file of a classification with its expectation suite. Exit code 1 when it has defects, which are printed by name."""
    from labour_market.occupations.reference import defects

    found = defects(file)
    if as_json:
        print_json([asdict(defect) for defect in found])
    else:
        for defect in found:
            print(f"{defect.name}: {defect.sentence_vi} | {defect.sentence_en}")
        print(f"{file.name}: " + (f"refused, {len(found)} kinds of defects" if found else "no defects"))
    if found:
        raise SystemExit(1)


def _print_rows(rows: list[tuple[Any, ...]], columns: list[str], as_json: bool) -> None:
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table(columns, rows)


def _print_evaluation(found: "Evaluation") -> None:
    print_table(
        ["titles", "number", *(f"{measure} {level}" for level in (1, 2, 4) for measure in ("coverage", "accuracy"))],
        [
            (group, figures.titles, *(f"{share[level]:.3f}" for level in (1, 2, 4) for share in (figures.coverage, figures.accuracy)))
            for group, figures in found.figures.items()
        ],
    )
    print_table(
        ["score", "answers", "mean score", "share right"],
        [(band, answers, f"{score:.3f}", f"{right:.3f}") for band, (answers, score, right) in found.bands.items()],
    )
    titles, answered = found.uncodable
    console.print(f"{answered} of {titles} titles that are too vague got a code", highlight=False)
    print_table(["right", "answered", "times"], found.confusions[:12])
