"""`lmw person`: which pseudonyms are one person, as a steward decides it."""

from typing import Annotated

import typer

from labour_market.cli.terminal import Because, By, Json, as_steward, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Persons: which pseudonyms are one person.")

Link = Annotated[int, typer.Argument(help="The number of the link, as `lmw person links` shows it.")]


@app.command("links")
def show_links(
    state: Annotated[str | None, typer.Option("--state", help="proposed, linked (by rule), confirmed, refused or withdrawn.")] = None,
    as_json: Json = False,
) -> None:
    """Pairs of pseudonyms that may be one person, the surest first, with the last word on each."""
    from labour_market.persons import links

    found = as_steward(lambda connection: links.links(connection, state))
    if as_json:
        print_json(found)
    else:
        print_table(links.COLUMNS, [link.values() for link in found])


@app.command("confirm")
def confirm(link: Link, by: By, because: Because) -> None:
    """The two are one person: from the next build on the facts say so."""
    from labour_market.persons import links

    as_steward(lambda connection: links.confirm(connection, link, by=by, because=because))


@app.command("refuse")
def refuse(link: Link, by: By, because: Because) -> None:
    """The two are two persons; the pair never comes again. Also undoes what a rule or a steward has linked."""
    from labour_market.persons import links

    as_steward(lambda connection: links.refuse(connection, link, by=by, because=because))
