"""`lmw`: the warehouse from a terminal. Exit codes: 0 done, 1 something needs a person, 2 the call was wrong."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import psycopg
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labour_market.contracts import contract_feeds, load_order
from labour_market.occupations.commands import app as occupation_app
from labour_market.persons.commands import app as person_app
from labour_market.settings import who_acts

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
contracts_app = typer.Typer(no_args_is_help=True, help="Contracts of the feeds and what is derived from them.")
app.add_typer(contracts_app, name="contracts")
app.add_typer(occupation_app, name="occupation")
app.add_typer(person_app, name="person")
console = Console(width=None if sys.stdout.isatty() else 200)  # a pipe or a file is not 80 columns wide
P = ParamSpec("P")
R = TypeVar("R")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program instead of a table.")]
Feed = Annotated[
    str | None,
    typer.Option("--feed", help=f"One feed: {', '.join(load_order())}."),
]
SenderCode = Annotated[str | None, typer.Option("--sender", help="One sender by its code, e.g. 803.")]
Period = Annotated[str | None, typer.Option("--period", help="One period: 2023, 2023-06 or 2023-06-14.")]


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Say in one line what is wrong; a traceback only with LMW_DEBUG."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except psycopg.OperationalError as error:
            if os.environ.get("LMW_DEBUG"):
                raise
            raise SystemExit(
                _complain(f"the warehouse cannot be reached ({str(error).splitlines()[0]}); start it with: lmw up", 1)
            ) from None
        except (KeyError, ValueError, RuntimeError, FileNotFoundError) as error:
            if os.environ.get("LMW_DEBUG"):
                raise
            code = 2 if isinstance(error, KeyError | ValueError) else 1
            raise SystemExit(_complain(str(error.args[0] if isinstance(error, KeyError) else error), code)) from None

    return run


def _complain(sentence: str, code: int) -> int:
    print(f"lmw: {sentence}", file=sys.stderr)
    return code


def _known_feed(feed: str | None) -> list[str]:
    if feed is not None and feed not in contract_feeds():
        raise KeyError(f"unknown feed {feed!r}; known: {', '.join(contract_feeds())}")
    return [feed] if feed else load_order()


def _print_json(value: Any) -> None:
    print(json.dumps(value, default=str, ensure_ascii=False, indent=2))


@app.command()
@plain_errors
def up(
    without_airflow: Annotated[bool, typer.Option("--without-airflow", help="For lmw ingest and lmw build alone.")] = False,
) -> None:
    """Start everything that is not running: PostgreSQL, the district simulator, Airflow, the page."""
    from labour_market import stack

    stack.up(progress=print, airflow=not without_airflow)


@app.command()
@plain_errors
def prepare() -> None:
    """Make or bring up to date the warehouse's database, roles, tables and reference lists, on a server that runs already."""
    from labour_market import stack

    stack.prepare()


@app.command()
@plain_errors
def down() -> None:
    """Stop everything, and make sure that nothing is left and no port is held."""
    from labour_market import stack

    stack.down(progress=print)


@app.command()
@plain_errors
def status(as_json: Json = False) -> None:
    """What runs, and where. Exit 1 when something that should run does not."""
    from labour_market import stack

    components = stack.status()
    if as_json:
        _print_json(components)
    else:
        table = Table("component", "state", "pid", "address")
        for row in components:
            table.add_row(row["name"], row["state"], str(row.get("pid") or ""), str(row.get("address") or ""))
        console.print(table)
    if any(row["state"] != "running" for row in components):
        raise SystemExit(1)


@app.command()
@plain_errors
def demo() -> None:
    """Start everything, let the scheduler run a province night, and show the result."""
    from labour_market import demonstration

    demonstration.run()


@app.command()
@plain_errors
def ingest(feed: Feed = None, sender: SenderCode = None, period: Period = None, as_json: Json = False) -> None:
    """Discover to publish in one process, without Airflow. Exit 1 when a sender was not reached or a batch broke in us."""
    from labour_market import pipeline
    from labour_market.gateway import load_senders
    from labour_market.settings import load_settings

    senders = load_senders(load_settings().senders_file)
    if sender and sender not in {s.code for s in senders}:
        raise KeyError(f"unknown sender {sender!r}; known: {', '.join(s.code for s in senders)}")
    chosen = [s for s in senders if sender in (None, s.code)]
    reports, unreachable = pipeline.ingest(chosen, _known_feed(feed), period, progress=(lambda line: None) if as_json else print)
    if as_json:
        _print_json({"reports": [asdict(r) for r in reports], "unreachable": unreachable})
    errors = [sentence for report in reports for sentence in report.errors.values()]
    for sentence in [*unreachable, *errors]:
        _complain(sentence, 1)
    if unreachable or errors:
        raise SystemExit(1)


@app.command()
@plain_errors
def build(as_json: Json = False) -> None:
    """Bring the marts up to date with core (one dbt build). Exit 1 when a model or a red test failed."""
    from labour_market import transform

    report = transform.build()
    if as_json:
        _print_json(asdict(report))
    else:
        print(report.sentence)


@app.command()
@plain_errors
def batches(
    feed: Feed = None,
    sender: SenderCode = None,
    state: Annotated[str | None, typer.Option("--state")] = None,
    as_json: Json = False,
) -> None:
    """Batches of the ledger, and for each blocked one its reason."""
    from labour_market.database import connect
    from labour_market.demonstration import batch_rows
    from labour_market.ledger import MOVES

    if state is not None and state not in MOVES:
        raise ValueError(f"unknown state {state!r}; known: {', '.join(MOVES)}")
    feeds = _known_feed(feed)
    with connect("loader") as connection:
        rows = [
            r for r in batch_rows(connection) if r["feed"] in feeds and sender in (None, r["sender_code"]) and state in (None, r["state"])
        ]
    if as_json:
        _print_json(rows)
        return
    table = Table("batch", "feed", "sender", "period", "seq", "state", "records", "published", "quarantined", "reason")
    for r in rows:
        table.add_row(
            str(r["batch_id"]),
            r["feed"],
            r["sender_code"],
            r["period"],
            str(r["sequence"]),
            r["state"],
            str(r["declared_records"]),
            str(r["records_published"] or 0),
            str(r["records_quarantined"] or 0),
            escape(r["reason_vi"] or ""),
        )
    console.print(table)


@app.command()
@plain_errors
def show(batch: int, as_json: Json = False) -> None:
    """One batch: its ledger row, every move, what the audit found, and the rows put aside with their remedy."""
    from labour_market.database import connect
    from labour_market.ledger import batch_history
    from labour_market.quarantine import rejected_rows

    with connect("loader") as connection:
        try:
            row, events = batch_history(connection, batch)
        except KeyError:
            raise KeyError(f"batch {batch} is not in the ledger") from None
        aside = rejected_rows(connection, batch)
    if as_json:
        _print_json({"batch": row, "events": events, "rejected_rows": aside})
        return
    for name, value in row.items():
        if value is not None:
            console.print(f"[bold]{name:<20}[/] {escape(str(value))}")
    table = Table("at", "attempt", "move", "actor", "detail")
    for e in events:
        table.add_row(
            f"{e['at']:%Y-%m-%d %H:%M:%S}",
            str(e["attempt"]),
            f"{e['from_state'] or ''} -> {e['to_state']}",
            e["actor"],
            escape(str(e["detail"] or "")),
        )
    console.print(table)
    if aside:
        table = Table("row", "rule", "column", "value looks like", "what to do")
        for r in aside:
            table.add_row(str(r["row_no"]), r["rule_id"], r["column_name"], escape(r["value_class"]), escape(r["sentence_vi"]))
        console.print(table)


@app.command()
@plain_errors
def reconcile(
    reread: Annotated[bool, typer.Option("--reread", help="Hash every landed file again.")] = False,
    as_json: Json = False,
) -> None:
    """Hold the ledger against core, quarantine and the landed bytes. Exit 1 with a list when any record is unaccounted for."""
    from labour_market.reconcile import reconcile as run

    result = run(reread=reread)
    if as_json:
        _print_json(result.as_dict())
    else:
        for finding in result.findings:
            print(f"{finding.kind}: {finding.detail}")
        for feed, sender in result.missing:
            print(f"missing: {sender} has not delivered {feed} yet")
        print(
            f"{result.batches} batches, {result.records} records announced; {len(result.findings)} findings,"
            f" {len(result.waiting)} batches under way, {result.to_build} partitions to build"
        )
    if result.findings:
        raise SystemExit(1)


@app.command()
@plain_errors
def replay(
    feed: str,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    sender: SenderCode = None,
    period: Period = None,
    execute: Annotated[bool, typer.Option("--execute", help="Do it; without this, only say what would be replayed.")] = False,
) -> None:
    """Load kept bytes again, after a rule, a reference list or the code was mended."""
    from labour_market.replay import replay as run

    _known_feed(feed)
    for r in run(feed, sender=sender, period=period, reason=reason, dry_run=not execute):
        print(f"batch {r.batch_id} {r.sender_code} {r.period}: {r.before} -> {r.after or 'not touched (dry run)'}")


@app.command()
@plain_errors
def psql(
    role: Annotated[str, typer.Option(help="loader, auditor, transformer, steward, dpo or bi_reader.")] = "bi_reader",
) -> None:
    """Open psql on the warehouse."""
    from psycopg.conninfo import conninfo_to_dict

    from labour_market.database import dsn
    from labour_market.server import server_program

    parts = conninfo_to_dict(dsn(role))
    password = str(parts.pop("password"))
    program = str(server_program("psql"))
    line = " ".join(f"{k}='{v}'" for k, v in parts.items())
    os.execve(program, [program, line], {**os.environ, "PGPASSWORD": password})  # noqa: S606  # no shell is wanted


@app.command()
@plain_errors
def question(
    name: Annotated[str | None, typer.Argument(help="One question; without it, all are listed.")] = None,
    given: Annotated[list[str] | None, typer.Option("--set", help="A parameter: NAME=VALUE; may be given several times.")] = None,
    as_json: Json = False,
) -> None:
    """Ask one of the prepared questions, as BI tools would (role bi_reader)."""
    from labour_market.database import connect
    from labour_market.questions import ask, load_questions

    questions = load_questions()
    if name is None:
        table = Table("question", "asks", "parameters")
        for known in questions.values():
            parameters = "\n".join(f"{p}={value}" for p, value in known.defaults.items())
            table.add_row(known.name, escape(f"{known.asks_vi}\n{known.asks_en}"), escape(parameters))
        console.print(table)
        return
    if name not in questions:
        raise KeyError(f"unknown question {name!r}; known: {', '.join(questions)}")
    pairs = [pair.partition("=") for pair in given or []]
    with connect("bi_reader") as connection:
        columns, rows = ask(connection, questions[name], {key: value for key, _, value in pairs})
    if as_json:
        _print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    if not rows:
        print("no rows")
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    console.print(table)


@app.command("as-of")
@plain_errors
def show_as_of(
    day: Annotated[datetime, typer.Argument(help="The day (its end, in the province's time) or moment: 2023-06-30, 2023-06-30T12:00:00.")],
    against: Annotated[
        datetime | None, typer.Option("--against", help="Another one: only what changed, with the deliveries behind it.")
    ] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="One indicator of bi.metric_definition.")] = None,
    again: Annotated[
        bool,
        typer.Option("--recount", help="Not what was told then: what today's rules say of the rows that were held then. Takes minutes."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Every indicator as it was known then; with --against, what two days know otherwise and why."""
    from labour_market.database import connect
    from labour_market.known import as_of, changes, moment_of
    from labour_market.transform import recount

    if again and against:
        raise typer.BadParameter("--recount counts one moment; --against compares what was told at two")
    if again:
        found = [row for row in recount(moment_of(day)) if metric in (None, row["metric"])]
    else:
        with connect("bi_reader") as connection:
            found = (
                changes(connection, moment_of(day), moment_of(against), metric) if against else as_of(connection, moment_of(day), metric)
            )
    if as_json:
        _print_json(found)
        return
    table = Table(*(found[0] if found else ["nothing"]))
    for row in found:
        table.add_row(
            *("" if value is None else escape(", ".join(value) if isinstance(value, list) else str(value)) for value in row.values())
        )
    console.print(table)


@app.command("state")
@plain_errors
def state_figure(
    metric: Annotated[str, typer.Argument(help="The indicator, of bi.metric_definition.")],
    period: Annotated[str, typer.Argument(help="The period, as bi.indicator writes it: 2023-06, 2023-H1, 2023.")],
    as_written: Annotated[str, typer.Argument(help="The figure as it stands there: 1.530, 'hơn 1.500', '1,30%', 'hơn 3,6 tỷ đồng'.")],
    source: Annotated[str, typer.Option("--source", help="The report or paper in which it stands.")],
    stated_by: Annotated[str, typer.Option("--stated-by", help="Who stated it.")],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The day on which it was stated.")],
    by: Annotated[str, typer.Option("--by", help="Who records it. Default: LMW_ACTOR, else the login name.", default_factory=who_acts)],
    period_kind: Annotated[str, typer.Option("--period-kind", help="month, quarter, half, year, vintage ...")] = "month",
    area: Annotated[str, typer.Option("--area", help="Code of the area; all is the province.")] = "all",
    area_mode: Annotated[str, typer.Option("--area-mode", help="as_reported, restated or restated_former_district.")] = "as_reported",
    breakdown: Annotated[str, typer.Option("--breakdown", help="all, or key=value.")] = "all",
    part: Annotated[str, typer.Option("--part", help="numerator, denominator or value.")] = "value",
) -> None:
    """Record what was reported or printed of an indicator; bi.stated_figure shows it beside what is counted."""
    from labour_market.database import connect
    from labour_market.stated import Statement, record

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
    from labour_market.trace import batch_of, trace_batch, trace_cell

    if sum(given is not None for given in (view, delivery, batch)) != 1:
        raise ValueError("give a view with COLUMN=VALUE, or --delivery, or --batch")
    pairs = [pair.partition("=") for pair in keys or []]
    if wrong := [key for key, equals, _ in pairs if not equals]:
        raise ValueError(f"{wrong[0]!r} is not COLUMN=VALUE")
    with connect("steward") as connection:
        if view is not None:
            found = trace_cell(connection, view, {key: value for key, _, value in pairs}, limit)
        else:
            found = trace_batch(connection, batch if batch is not None else batch_of(connection, str(delivery)), limit)
    if as_json:
        _print_json(found)
        return
    for part, told in found.items():
        _print_part(part, told)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def simulate(context: typer.Context) -> None:
    """Run the simulated district gateways alone, in the foreground (its own options: lmw simulate --help-simulator)."""
    arguments = ["--help" if a == "--help-simulator" else a for a in context.args]
    os.execv(sys.executable, [sys.executable, "-m", "simulator", *arguments])  # noqa: S606  # no shell is wanted


def _print_part(name: str, told: Any) -> None:
    """A named list of rows, a line each (they are too wide for a table); anything else on one line."""
    rows = told if isinstance(told, list) else [told]
    head = f"{name}: {len(rows) or 'none'}" if isinstance(told, list) else name
    console.print(f"[bold]{head}[/bold]")
    for row in rows:
        line = "  ".join(f"{key}={_shown(value)}" for key, value in row.items() if value is not None) if isinstance(row, dict) else str(row)
        console.print(f"  {escape(line)}", soft_wrap=True, highlight=False)


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


@contracts_app.command("render")
@plain_errors
def render(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a file is out of date.")] = False,
) -> None:
    """Write again what is derived from the contracts: DDL, suites, dbt sources, dictionary."""
    from labour_market.contracts_render import render_all

    changed = render_all(check=check)
    for path in changed:
        print(path)
    if check and changed:
        raise SystemExit(1)


if __name__ == "__main__":
    app()
