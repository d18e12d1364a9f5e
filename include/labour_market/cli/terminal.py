"""Output of commands on a terminal: errors in one line, JSON for programs, tables for people."""

import json
import os
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import psycopg
import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labour_market.errors import LabourMarketError
from labour_market.settings import actor

console = Console(width=None if sys.stdout.isatty() else 200)  # a pipe or a file is not 80 columns wide
NARROW = 24  # the width up to which a column is never wrapped; no column is made narrower
P = ParamSpec("P")
R = TypeVar("R")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program instead of a table.")]
By = Annotated[
    str, typer.Option("--by", help="The person who decides; recorded. Default: LMW_ACTOR, else the login name.", default_factory=actor)
]
Because = Annotated[str, typer.Option("--because", help="The reason; recorded.")]


def plain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Print an error that a person may read as one line and exit with its code; with LMW_DEBUG as a traceback.

    Anything else that is raised is a fault of the program and keeps its traceback.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except psycopg.OperationalError as error:
            if os.environ.get("LMW_DEBUG") or not _unreachable(error):
                raise
            raise SystemExit(
                print_error(f"the warehouse cannot be reached ({str(error).splitlines()[0]}); start it with: lmw up", 1)
            ) from None
        except LabourMarketError as error:
            if os.environ.get("LMW_DEBUG"):
                raise
            raise SystemExit(print_error(str(error), error.exit_code)) from None

    return run


def _unreachable(error: psycopg.OperationalError) -> bool:
    """Whether the server is missing, refuses the login or has ended; other operational errors are those of a statement."""
    return error.sqlstate is None or error.sqlstate.startswith(("08", "28", "57P"))


def print_error(sentence: str, code: int) -> int:
    """Print a sentence on standard error and return the exit code."""
    print(f"lmw: {sentence}", file=sys.stderr)
    return code


@plain_errors
def as_steward(act: Callable[[psycopg.Connection], R]) -> R:
    """Run an action of a steward in one transaction and return its result."""
    from labour_market.database import connect

    with connect("steward") as connection:
        return act(connection)


def print_json(value: Any) -> None:
    """Print JSON: dates and decimals as text, letters outside ASCII as they are."""
    print(json.dumps(value, default=str, ensure_ascii=False, indent=2))


def print_table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print a table where the terminal is wide enough for it, else one record a row; no value is cut."""
    cells = [[_format_value(value) for value in row] for row in rows]
    widths = [max(cell_len(line) for cell in column for line in cell.split("\n")) for column in zip(columns, *cells, strict=True)]
    if sum(min(width, NARROW) + 3 for width in widths) + 1 > console.width:
        for row in cells:
            record = format_record(dict(zip(columns, row, strict=True)))
            lines = textwrap.fill(record, console.width, subsequent_indent="    ", break_on_hyphens=False)
            console.print(lines, soft_wrap=True, highlight=False, markup=False)
        return
    table = Table()
    for column, width in zip(columns, widths, strict=True):
        table.add_column(escape(column), no_wrap=width <= NARROW, overflow="fold")
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table)


def format_record(row: Mapping[str, Any]) -> str:
    """A row as one line of column=value, without empty values."""
    return "  ".join(f"{column}={_format_value(value)}" for column, value in row.items() if value not in (None, ""))


def _format_value(value: Any) -> str:
    return "" if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
