"""`lmw`: figures, what was known and stated of them, and where they come from."""

from datetime import datetime
from typing import Annotated, Any

import typer

from labour_market.cli.terminal import Json, console, plain_errors, print_json, print_table, record
from labour_market.errors import UsageError
from labour_market.settings import actor

app = typer.Typer()


@app.command()
@plain_errors
def question(
    name: Annotated[str | None, typer.Argument(help="One question; without it, all are listed.")] = None,
    given: Annotated[list[str] | None, typer.Option("--set", help="A parameter: NAME=VALUE; may be given several times.")] = None,
    as_json: Json = False,
) -> None:
    """Ask one of the prepared questions, as BI tools would (role bi_reader)."""
    from labour_market.database import connect
    from labour_market.figures.questions import ask, load_questions

    questions = load_questions()
    if name is None:
        parameters = {q.name: "\n".join(f"{p}={value}" for p, value in q.defaults.items()) for q in questions.values()}
        print_table(
            ["question", "asks", "parameters"], [(q.name, f"{q.asks_vi}\n{q.asks_en}", parameters[q.name]) for q in questions.values()]
        )
        return
    if name not in questions:
        raise UsageError(f"unknown question {name!r}; known: {', '.join(questions)}")
    pairs = [pair.partition("=") for pair in given or []]
    with connect("bi_reader") as connection:
        columns, rows = ask(connection, questions[name], {key: value for key, _, value in pairs})
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
    day: Annotated[datetime, typer.Argument(help="The day (its end, in the province's time) or moment: 2023-06-30, 2023-06-30T12:00:00.")],
    against: Annotated[
        datetime | None, typer.Option("--against", help="Another one: only what changed, with the deliveries behind it.")
    ] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="One indicator of bi.metric_definition.")] = None,
    again: Annotated[
        bool, typer.Option("--recount", help="Not what was told then: what today's rules say of the rows held then. Takes minutes.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Every indicator as it was known then; with --against, what two days know otherwise and why."""
    from labour_market.database import connect
    from labour_market.figures.as_of import as_of, changes, moment_of
    from labour_market.transform import recount

    if again and against:
        raise typer.BadParameter("--recount counts one moment; --against compares what was told at two")
    if again:
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
    metric: Annotated[str, typer.Argument(help="The indicator, of bi.metric_definition.")],
    period: Annotated[str, typer.Argument(help="The period, as bi.indicator writes it: 2023-06, 2023-H1, 2023.")],
    as_written: Annotated[str, typer.Argument(help="The figure as it stands there: 1.530, 'hơn 1.500', '1,30%', 'hơn 3,6 tỷ đồng'.")],
    source: Annotated[str, typer.Option("--source", help="The report or paper in which it stands.")],
    stated_by: Annotated[str, typer.Option("--stated-by", help="Who stated it.")],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day on which it was stated.")],
    by: Annotated[str, typer.Option("--by", help="Who records it. Default: LMW_ACTOR, else the login name.", default_factory=actor)],
    period_kind: Annotated[str, typer.Option("--period-kind", help="month, quarter, half, year, vintage ...")] = "month",
    area: Annotated[str, typer.Option("--area", help="Code of the area; all is the province.")] = "all",
    area_mode: Annotated[str, typer.Option("--area-mode", help="as_reported, restated or restated_former_district.")] = "as_reported",
    breakdown: Annotated[str, typer.Option("--breakdown", help="all, or key=value.")] = "all",
    part: Annotated[str, typer.Option("--part", help="numerator, denominator or value.")] = "value",
) -> None:
    """Record what was reported or printed of an indicator; bi.stated_figure shows it beside what is counted."""
    from labour_market.database import connect
    from labour_market.figures.reported import Statement, record

    statement = Statement(metric, period_kind, period, area_mode, area, breakdown, part, as_written, stated_by, on.date(), source)
    with connect("steward") as connection:
        stated = record(connection, statement, by=by)
    print(f"read as {stated.value:f} ({stated.bound})")


@app.command()
@plain_errors
def trace(
    view: Annotated[str | None, typer.Argument(help="A view of bi, e.g. indicator or session_yield.")] = None,
    keys: Annotated[list[str] | None, typer.Argument(help="COLUMN=VALUE, as many as it takes to name one row.")] = None,
    delivery: Annotated[str | None, typer.Option("--delivery", help="Back: what the delivery SENDER/DELIVERY touched.")] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Back: what the batch of this number touched.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to name of each source and fact.")] = 20,
    as_json: Json = False,
) -> None:
    """From one row of a view to the source rows behind it; or back, from a delivery to every figure that it touched (role steward)."""
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
    for part, told in found.items():
        _print_part(part, told)


def _print_part(name: str, told: Any) -> None:
    """A named list of rows, a line each (they are too wide for a table); anything else on one line."""
    rows = told if isinstance(told, list) else [told]
    head = f"{name}: {len(rows) or 'none'}" if isinstance(told, list) else name
    console.print(f"[bold]{head}[/bold]")
    for row in rows:
        console.print(f"  {record(row) if isinstance(row, dict) else row}", soft_wrap=True, highlight=False, markup=False)
