"""`lmw contracts`: files generated from the contracts of the feeds."""

from typing import Annotated

import typer

from labour_market.cli.terminal import plain_errors

app = typer.Typer(no_args_is_help=True, help="Contracts of the feeds and the files generated from them.")


@app.callback()
def contracts() -> None:
    """Makes `render` a subcommand: without a callback typer runs the only command of an app without its name."""


@app.command("render")
@plain_errors
def render(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 when a file is out of date.")] = False,
) -> None:
    """Generate the files that are derived from the contracts: DDL, suites, dbt sources, data dictionary."""
    from labour_market.codegen import render_all

    changed = render_all(check=check)
    for path in changed:
        print(path)
    if check and changed:
        raise SystemExit(1)
