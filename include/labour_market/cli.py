"""`lmw`: the warehouse from a terminal. Exit codes: 0 done, 1 something needs a person, 2 the call was wrong."""

from typing import Annotated

import typer

from labour_market.commands import batches, figures, stack
from labour_market.occupations import commands as occupations
from labour_market.persons import commands as persons
from labour_market.terminal import plain_errors

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
contracts_app = typer.Typer(no_args_is_help=True, help="Contracts of the feeds and what is derived from them.")
for commands in (stack.app, batches.app, figures.app):
    app.add_typer(commands)
app.add_typer(contracts_app, name="contracts")
app.add_typer(occupations.app, name="occupation")
app.add_typer(persons.app, name="person")


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
