"""`lmw occupation`: coding titles from a terminal, and how good the coder is."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from labour_market.occupations.evaluation import Evaluation

app = typer.Typer(no_args_is_help=True, help="Occupations: coding titles, and how good the coder is.")
console = Console()

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program instead of a table.")]


@app.command("code")
def code(
    industry: Annotated[str | None, typer.Option("--industry", help="VSIC code of the workplace, evidence for plain titles.")] = None,
    as_json: Json = False,
) -> None:
    """Code job titles read from standard input, one a line, to VSCO 2020.

    Answers in the same order: title, code, level (its digits, 0 for none), method and score. A line without a title stays one.
    """
    from labour_market.occupations.coder import code_titles  # numpy is slow to come, and other commands do without

    titles = [line.rstrip("\r\n") for line in sys.stdin]
    codings = code_titles(titles, industry)
    if as_json:
        print(json.dumps([coding._asdict() for coding in codings], ensure_ascii=False, indent=1))
        return
    table = Table("title", "code", "level", "method", "score")
    for coding in codings:
        table.add_row(escape(coding.title), coding.code or "-", str(coding.level), coding.method, f"{coding.score:.3f}")
    console.print(table)


@app.command("evaluate")
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
        print(json.dumps(found.as_json(), ensure_ascii=False, indent=1))
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


def _print(found: "Evaluation") -> None:
    figures = Table("titles", "number", *(f"{what} {level}" for level in (1, 2, 4) for what in ("coverage", "accuracy")))
    for group, of in found.figures.items():
        shares = (f"{share[level]:.3f}" for level in (1, 2, 4) for share in (of.coverage, of.accuracy))
        figures.add_row(group, str(of.titles), *shares)
    console.print(figures)
    bands = Table("score", "answers", "mean score", "share right")
    for band, (answers, score, right) in found.bands.items():
        bands.add_row(band, str(answers), f"{score:.3f}", f"{right:.3f}")
    console.print(bands)
    titles, answered = found.uncodable
    console.print(f"{answered} of {titles} titles that say too little were given a code all the same", highlight=False)
    confusions = Table("right", "answered", "times")
    for right_group, answered_group, times in found.confusions[:12]:
        confusions.add_row(right_group, answered_group, str(times))
    console.print(confusions)
