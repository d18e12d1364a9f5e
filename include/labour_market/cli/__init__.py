"""`lmw`: commands of the labour-market warehouse. Exit codes: 0 done, 1 a person must act, 2 wrong call."""

import typer

from labour_market.cli import batches, contracts, figures, occupations, persons, stack

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for commands in (stack.app, batches.app, figures.app):
    app.add_typer(commands)
app.add_typer(contracts.app, name="contracts")
app.add_typer(occupations.app, name="occupation")
app.add_typer(persons.app, name="person")
