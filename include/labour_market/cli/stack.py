"""`lmw`: starting, stopping and watching the local stack, and psql."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from labour_market.cli.terminal import Json, plain_errors, print_json, print_table
from labour_market.settings import PROVINCE_TIME

app = typer.Typer()
PASS_ARGUMENTS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command()
@plain_errors
def up(
    without_airflow: Annotated[bool, typer.Option("--without-airflow", help="Start only what lmw ingest and lmw build need.")] = False,
) -> None:
    """Start the parts of the stack that are not running: PostgreSQL, the district simulator, Airflow, the page."""
    from labour_market.local_stack import stack

    stack.up(progress=print, airflow=not without_airflow)


@app.command()
@plain_errors
def prepare() -> None:
    """Create or update the warehouse's database, roles, tables and reference lists on a running server."""
    from labour_market.local_stack import stack

    stack.prepare(progress=print)


@app.command()
@plain_errors
def backup(folder: Annotated[Path, typer.Argument(help="A new folder. It will hold persons and keys: keep it safe.")]) -> None:
    """Write a backup: the database, the landing store, the secrets and the senders file."""
    from labour_market.local_stack import backups

    manifest = backups.backup(folder.expanduser().resolve())
    print(f"{folder}: {manifest['contents']['records']} announced records, {len(manifest['files'])} files")


@app.command()
@plain_errors
def restore(folder: Annotated[Path, typer.Argument(help="The folder of a backup.")]) -> None:
    """Restore a backup into a new home and an empty database; run it before lmw up or lmw prepare."""
    from labour_market.local_stack import backups

    manifest = backups.restore(folder.expanduser().resolve())
    print(f"restored the backup of {manifest['made_at']}; now run: lmw up")


@app.command()
@plain_errors
def limit_readers() -> None:
    """Set the limits of the readers' roles again, and end their sessions that are beyond them."""
    from labour_market.database.readers import enforce_limits

    for line in enforce_limits():
        print(line)


@app.command()
@plain_errors
def down() -> None:
    """Stop the stack, and check that no process and no used port is left."""
    from labour_market.local_stack import stack

    stack.down(progress=print)


@app.command()
@plain_errors
def status(as_json: Json = False) -> None:
    """Show the parts of the stack, and each sender's gateway. Exit code 1 when a part that was started does not run."""
    from labour_market.local_stack import stack

    components, gateways = stack.status(), stack.gateways()
    if as_json:
        print_json({"components": components, "gateways": gateways})
    else:
        print_table(["component", "state", "pid", "address"], [row.values() for row in components])
        if gateways:
            columns = {
                "sender": "sender_code", "feed": "feed", "gateway": "state", "requested": "last_requested_at",
                "answered": "last_answered_at", "reason": "reason",
            }  # fmt: skip
            print_table(list(columns), [[_minute(row[key]) for key in columns.values()] for row in gateways])
    if any(row["state"] == "stopped" for row in components):
        raise SystemExit(1)


def _minute(value: Any) -> Any:
    return f"{value.astimezone(PROVINCE_TIME):%Y-%m-%d %H:%M}" if isinstance(value, datetime) else value


@app.command()
@plain_errors
def demo() -> None:
    """Start the stack, let the scheduler run one night of deliveries, and print the result."""
    from labour_market.local_stack import demonstration

    demonstration.run()


@app.command(context_settings=PASS_ARGUMENTS_ON)
@plain_errors
def psql(
    context: typer.Context,
    role: Annotated[
        str, typer.Option(help="loader, auditor, transformer, steward, dpo, analyst, analyst_CODE or bi_reader.")
    ] = "bi_reader",
) -> None:
    """Open psql on the warehouse. Arguments of psql are passed on: lmw psql -c "select 1"."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from labour_market.database import dsn
    from labour_market.local_stack.postgres import server_program

    parts = {name: str(value) for name, value in conninfo_to_dict(dsn(role)).items()}
    password = parts.pop("password")
    program = str(server_program("psql"))
    command = [program, "--dbname", make_conninfo(**parts), *context.args]
    os.execve(program, command, {**os.environ, "PGPASSWORD": password})  # noqa: S606  # no shell is wanted


@app.command(context_settings=PASS_ARGUMENTS_ON)
def simulate(context: typer.Context) -> None:
    """Run only the simulated district gateways, in the foreground (options: lmw simulate --help-simulator)."""
    arguments = ["--help" if a == "--help-simulator" else a for a in context.args]
    os.execv(sys.executable, [sys.executable, "-m", "simulator", *arguments])  # noqa: S606  # no shell is wanted
