"""`lmw`: what runs, and how to get into it."""

import os
import sys
from typing import Annotated

import typer

from labour_market.cli.terminal import Json, plain_errors, print_json, print_table

app = typer.Typer()
PASSES_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command()
@plain_errors
def up(
    without_airflow: Annotated[bool, typer.Option("--without-airflow", help="For lmw ingest and lmw build alone.")] = False,
) -> None:
    """Start everything that is not running: PostgreSQL, the district simulator, Airflow, the page."""
    from labour_market.local_stack import stack

    stack.up(progress=print, airflow=not without_airflow)


@app.command()
@plain_errors
def prepare() -> None:
    """Make or bring up to date the warehouse's database, roles, tables and reference lists, on a server that runs already."""
    from labour_market.local_stack import stack

    stack.prepare()


@app.command()
@plain_errors
def down() -> None:
    """Stop everything, and make sure that nothing is left and no port is held."""
    from labour_market.local_stack import stack

    stack.down(progress=print)


@app.command()
@plain_errors
def status(as_json: Json = False) -> None:
    """What runs, and where. Exit 1 when something that was asked for does not."""
    from labour_market.local_stack import stack

    components = stack.status()
    if as_json:
        print_json(components)
    else:
        print_table(["component", "state", "pid", "address"], [row.values() for row in components])
    if any(row["state"] == "stopped" for row in components):
        raise SystemExit(1)


@app.command()
@plain_errors
def demo() -> None:
    """Start everything, let the scheduler run a province night, and show the result."""
    from labour_market.local_stack import demonstration

    demonstration.run()


@app.command(context_settings=PASSES_ON)
@plain_errors
def psql(
    context: typer.Context,
    role: Annotated[str, typer.Option(help="loader, auditor, transformer, steward, dpo or bi_reader.")] = "bi_reader",
) -> None:
    """Open psql on the warehouse; what psql itself takes is passed on: lmw psql -c "select 1"."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from labour_market.database import dsn
    from labour_market.local_stack.postgres import server_program

    parts = {name: str(value) for name, value in conninfo_to_dict(dsn(role)).items()}
    password = parts.pop("password")
    program = str(server_program("psql"))
    command = [program, "--dbname", make_conninfo(**parts), *context.args]
    os.execve(program, command, {**os.environ, "PGPASSWORD": password})  # noqa: S606  # no shell is wanted


@app.command(context_settings=PASSES_ON)
def simulate(context: typer.Context) -> None:
    """Run the simulated district gateways alone, in the foreground (its own options: lmw simulate --help-simulator)."""
    arguments = ["--help" if a == "--help-simulator" else a for a in context.args]
    os.execv(sys.executable, [sys.executable, "-m", "simulator", *arguments])  # noqa: S606  # no shell is wanted
