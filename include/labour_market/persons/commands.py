"""`lmw person`: which pseudonyms are one person, as a steward decides it."""

import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import psycopg
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labour_market.settings import who_acts

app = typer.Typer(no_args_is_help=True, help="Persons: which pseudonyms are one person.")

Link = Annotated[int, typer.Argument(help="The number of the link, as `lmw person links` shows it.")]
By = Annotated[
    str, typer.Option("--by", help="Who says so; kept for ever. Default: LMW_ACTOR, else the login name.", default_factory=who_acts)
]
Because = Annotated[str, typer.Option("--because", help="The reason; kept for ever.")]


@app.command("links")
def show_links(
    state: Annotated[str | None, typer.Option("--state", help="proposed, linked (by rule), confirmed, refused or withdrawn.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program instead of a table.")] = False,
) -> None:
    """Pairs of pseudonyms that may be one person, the surest first, with the last word on each."""
    from labour_market.persons import links

    found = _as_steward(lambda connection: links.links(connection, state))
    if as_json:
        print(json.dumps(found, default=str, ensure_ascii=False, indent=1))
        return
    table = Table(*links.COLUMNS)
    for link in found:
        table.add_row(*(escape(str(value)) for value in link.values()))
    Console().print(table)


@app.command("confirm")
def confirm(link: Link, by: By, because: Because) -> None:
    """The two are one person: from the next build on the facts say so."""
    from labour_market.persons import links

    _as_steward(lambda connection: links.confirm(connection, link, by=by, because=because))


@app.command("refuse")
def refuse(link: Link, by: By, because: Because) -> None:
    """The two are two persons; the pair never comes again. Also undoes what a rule or a steward has linked."""
    from labour_market.persons import links

    _as_steward(lambda connection: links.refuse(connection, link, by=by, because=because))


def _as_steward(act: Callable[[psycopg.Connection], Any]) -> Any:
    from labour_market.database import connect

    try:
        with connect("steward") as connection:
            return act(connection)
    except (KeyError, ValueError) as error:
        print(f"lmw: {error.args[0]}", file=sys.stderr)
        raise typer.Exit(2) from None
    except psycopg.OperationalError:
        print("lmw: the warehouse cannot be reached; start it with: lmw up", file=sys.stderr)
        raise typer.Exit(1) from None
