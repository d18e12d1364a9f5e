"""`lmw person`: links between pseudonyms of one person, and a steward's decisions on them."""

from typing import Annotated

import typer

from labour_market.cli.terminal import Because, By, Json, as_steward, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Persons: links between pseudonyms of one person.")

Link = Annotated[int, typer.Argument(help="The number of the link, as `lmw person links` prints it.")]


@app.command("links")
def show_links(
    state: Annotated[str | None, typer.Option("--state", help="One of proposed, linked (by rule), confirmed, refused, withdrawn.")] = None,
    as_json: Json = False,
) -> None:
    """List pairs of pseudonyms that may be one person, the highest score first, with the latest decision on each."""
    from labour_market.persons import links

    found = as_steward(lambda connection: links.links(connection, state))
    if as_json:
        print_json(found)
    else:
        print_table(links.COLUMNS, [link.values() for link in found])


@app.command("confirm")
def confirm(link: Link, by: By, because: Because) -> None:
    """Confirm that the two pseudonyms are one person. The next build links their facts."""
    from labour_market.persons import links

    as_steward(lambda connection: links.confirm(connection, link, by=by, because=because))


@app.command("refuse")
def refuse(link: Link, by: By, because: Because) -> None:
    """Refuse a pair: it is two persons. This also removes an existing link, and the pair is not proposed again."""
    from labour_market.persons import links

    as_steward(lambda connection: links.refuse(connection, link, by=by, because=because))
