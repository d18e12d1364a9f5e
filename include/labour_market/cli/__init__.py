"""`lmw`: commands of the labour-market warehouse. Exit codes: 0 done, 1 a person must act, 2 wrong call."""

import os
from typing import Annotated

import typer

from labour_market.cli import analysts, batches, contracts, figures, occupations, persons, stack
from labour_market.cli.terminal import plain_errors
from labour_market.logs import log_to_terminal
from labour_market.settings import OWNER_ONLY

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for commands in (stack.app, batches.app, figures.app):
    app.add_typer(commands)
app.add_typer(batches.batch_app, name="batch")
app.add_typer(batches.alert_app, name="alert")
app.add_typer(contracts.app, name="contracts")
app.add_typer(analysts.app, name="analyst")
app.add_typer(occupations.app, name="occupation")
app.add_typer(persons.app, name="person")


@app.callback(help=__doc__)
@plain_errors
def configure(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log every stage, with batch, counts and seconds.")] = False,
) -> None:
    """Read the options that all commands share. What a command and its children write is readable by their owner only."""
    os.umask(OWNER_ONLY)
    log_to_terminal(verbose)
