"""`lmw analyst`: logins of licensed analysts who see the pseudonymous rows of one district."""

from typing import Annotated

import typer

from labour_market.cli.terminal import Because, Json, plain_errors, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Licensed analysts of one district: roles that see its pseudonymous rows.")

District = Annotated[str, typer.Argument(help="The code of the district, three digits.")]


@app.command("add")
@plain_errors
def add(district: District, because: Because) -> None:
    """Create the role analyst_<district>, which sees the rows of that district in the schema analysis. --because names the licence."""
    from labour_market.database import analysts
    from labour_market.settings import load_settings

    role = analysts.add(district, because)
    print(f"{role} can log in; its password is in {load_settings().secrets_dir / f'role_{role}'}")


@app.command("remove")
@plain_errors
def remove(district: District) -> None:
    """End the sessions of the role analyst_<district> and drop it with its password."""
    from labour_market.database import analysts

    print(f"{analysts.remove(district)} was removed")


@app.command("list")
@plain_errors
def show(as_json: Json = False) -> None:
    """List the roles of analysts of a district, each with its licence."""
    from labour_market.database import analysts

    found = analysts.analysts()
    if as_json:
        print_json([dict(zip(analysts.COLUMNS, row, strict=True)) for row in found])
    else:
        print_table(analysts.COLUMNS, found)
