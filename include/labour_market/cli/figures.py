"""`lmw`: prepared questions, figures as of a moment, reported figures, and the lineage of figures."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from labour_market.cli.terminal import Json, console, format_record, plain_errors, print_json, print_table
from labour_market.errors import UsageError, check_known
from labour_market.settings import actor

app = typer.Typer()


@app.command()
@plain_errors
def question(
    name: Annotated[str | None, typer.Argument(help="The question. Without it, all questions are listed.")] = None,
    parameters: Annotated[list[str] | None, typer.Option("--set", help="A parameter as NAME=VALUE. Can be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Answer a prepared question with the role bi_reader."""
    from labour_market.database import connect
    from labour_market.figures.questions import load_questions, run_question

    questions = load_questions()
    if name is None:
        meanings = {q.name: "\n".join(f"{p}={value}: {q.meanings[p]}" for p, value in q.defaults.items()) for q in questions.values()}
        print_table(
            ["name", "question", "parameters"], [(q.name, f"{q.text_vi}\n{q.text_en}", meanings[q.name]) for q in questions.values()]
        )
        return
    check_known("question", name, questions)
    pairs = [pair.partition("=") for pair in parameters or []]
    with connect("bi_reader") as connection:
        columns, rows = run_question(connection, questions[name], {key: value for key, _, value in pairs})
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    if not rows:
        print("no rows")
        return
    print_table(columns, rows)


@app.command("as-of")
@plain_errors
def show_as_of(
    day: Annotated[datetime, typer.Argument(help="A day (to its end, in the province's time) or a moment: 2023-06-30T12:00:00.")],
    against: Annotated[
        datetime | None,
        typer.Option("--against", help="A second day or moment: list the changed figures with their deliveries."),
    ] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="One indicator, by its name in bi.metric_definition.")] = None,
    recount_rows: Annotated[
        bool,
        typer.Option("--recount", help="Count the rows of that moment by today's rules; takes minutes."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the indicators as of a day; with --against, the figures that differ between two days and the deliveries that changed them."""
    from labour_market.database import connect
    from labour_market.figures import known_metrics
    from labour_market.figures.as_of import as_of, changes, moment_of
    from labour_market.transform import recount

    if recount_rows and against:
        raise typer.BadParameter("--recount and --against cannot be combined")
    if metric is not None:
        with connect("bi_reader") as connection:
            check_known("indicator", metric, known_metrics(connection))
    if recount_rows:
        found = [row for row in recount(moment_of(day)) if metric in (None, row["metric"])]
    else:
        with connect("bi_reader") as connection:
            if against:
                found = changes(connection, moment_of(day), moment_of(against), metric)
            else:
                found = as_of(connection, moment_of(day), metric)
    if as_json:
        print_json(found)
        return
    print_table(list(found[0]) if found else ["nothing"], [row.values() for row in found])


@app.command("state")
@plain_errors
def state_figure(
    metric: Annotated[str, typer.Argument(help="The indicator, by its name in bi.metric_definition.")],
    period: Annotated[str, typer.Argument(help="The period, as bi.indicator writes it: 2023-06, 2023-H1, 2023.")],
    as_written: Annotated[str, typer.Argument(help="The figure as it is written there: 1.530, 'hơn 1.500', '1,30%', 'hơn 3,6 tỷ đồng'.")],
    source: Annotated[str, typer.Option("--source", help="The report or newspaper.")],
    stated_by: Annotated[str, typer.Option("--stated-by", help="The person or office that reported it.")],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day on which it was reported.")],
    by: Annotated[str, typer.Option("--by", help="Who records it. Default: LMW_ACTOR, else the login name.", default_factory=actor)],
    period_kind: Annotated[str, typer.Option("--period-kind", help="month, quarter, half, year, vintage ...")] = "month",
    area: Annotated[str, typer.Option("--area", help="The code of the area; all means the province.")] = "all",
    area_mode: Annotated[str, typer.Option("--area-mode", help="as_reported, restated or restated_former_district.")] = "as_reported",
    breakdown: Annotated[str, typer.Option("--breakdown", help="all, or KEY=VALUE.")] = "all",
    part: Annotated[str, typer.Option("--part", help="numerator, denominator or value.")] = "value",
) -> None:
    """Record a figure that was reported or printed; bi.stated_figure compares it with the counted one."""
    from labour_market.database import connect
    from labour_market.figures.reported import Statement, record

    statement = Statement(metric, period_kind, period, area_mode, area, breakdown, part, as_written, stated_by, on.date(), source)
    with connect("steward") as connection:
        reported = record(connection, statement, by=by)
    print(f"read as {reported.value:f} ({reported.bound})")


@app.command()
@plain_errors
def trace(
    view: Annotated[str | None, typer.Argument(help="A view of bi, for example indicator or session_yield.")] = None,
    keys: Annotated[list[str] | None, typer.Argument(help="COLUMN=VALUE, as many as identify one row.")] = None,
    delivery: Annotated[str | None, typer.Option("--delivery", help="SENDER/DELIVERY: trace the figures counted from it.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Number of a batch: trace the figures counted from it.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most rows to list for each source and fact.")] = 20,
    as_json: Json = False,
) -> None:
    """Trace one row of a view to its source rows; or a delivery to the figures counted from it (role steward)."""
    from labour_market.database import connect
    from labour_market.figures.lineage import batch_of, trace_batch, trace_cell

    if sum(given is not None for given in (view, delivery, batch)) != 1:
        raise UsageError("give a view with COLUMN=VALUE, or --delivery, or --batch")
    pairs = [pair.partition("=") for pair in keys or []]
    if wrong := [key for key, equals, _ in pairs if not equals]:
        raise UsageError(f"{wrong[0]!r} is not COLUMN=VALUE")
    with connect("steward") as connection:
        if view is not None:
            found = trace_cell(connection, view, {key: value for key, _, value in pairs}, limit)
        else:
            found = trace_batch(connection, batch if batch is not None else batch_of(connection, str(delivery)), limit)
    if as_json:
        print_json(found)
        return
    for name, part in found.items():
        _print_part(name, part, sum(found["figures"].values()) if name == "cells" and "figures" in found else None)


def _print_part(name: str, part: Any, of: int | None) -> None:
    """Print a named list, one row a line since rows are too wide for a table; anything else on one line. of: how long the list would be."""
    rows = part if isinstance(part, list) else [part]
    count = f"{len(rows)} of {of}" if of is not None and of > len(rows) else len(rows) or "none"
    head = f"{name}: {count}" if isinstance(part, list) else name
    console.print(f"[bold]{escape(head)}[/bold]")
    for row in rows:
        console.print(f"  {format_record(row) if isinstance(row, dict) else row}", soft_wrap=True, highlight=False, markup=False)
