"""`lmw person`: links between pseudonyms of one person and a steward's decisions on them; erasure of a person."""

from typing import Annotated

import typer

from labour_market.cli.terminal import Because, By, Json, as_steward, plain_errors, print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Persons: links between pseudonyms of one person, and erasure.")

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


Request = Annotated[int, typer.Argument(help="The number of the request, as `lmw person erasures` prints it.")]


@app.command("erase")
@plain_errors
def erase(
    because: Because,
    by: By,
    legal_basis: Annotated[str, typer.Option("--legal-basis", help="The article of the law; recorded.")],
    key: Annotated[str | None, typer.Argument(help="A pseudonym; without it the citizen number is asked for.")] = None,
) -> None:
    """Ask for the erasure of a person. Another person approves it. The reason stays in the log: it must not name the person."""
    from labour_market.ingestion import erasure

    pseudonym = key or erasure.pseudonym_of(typer.prompt("Citizen number", hide_input=True))
    number = erasure.request_erasure(pseudonym, by=by, because=because, legal_basis=legal_basis)
    print(f"request {number}; another person approves it with: lmw person approve-erasure {number}")


@app.command("erasures")
@plain_errors
def show_erasures(as_json: Json = False) -> None:
    """List the requests for an erasure that wait for a decision."""
    from labour_market.ingestion import erasure

    found = erasure.pending_requests()
    if as_json:
        print_json(found)
    else:
        columns = ["request_id", "reason", "legal_basis", "requested_by", "requested_at"]
        print_table(columns, [[request[column] for column in columns] for request in found])


@app.command("approve-erasure")
@plain_errors
def approve_erasure(request: Request, by: By) -> None:
    """Approve a request of another person, and erase: vault, core, coded titles, and the files that name the person."""
    from labour_market.ingestion import erasure

    erased = erasure.approve_erasure(request, by=by)
    print(f"erased: {erased.vault_rows} rows of the vault, {erased.core_rows} records, {erased.files} files; now run: lmw build")
    if erased.unclear_files:
        print(f"{erased.unclear_files} files may name the person and could not be read; look into each: lmw reconcile lists them")


@app.command("destroy-file")
@plain_errors
def destroy_file(
    finding: Annotated[int, typer.Argument(help="The number of the finding erasure_unclear, as `lmw reconcile` prints it.")], by: By
) -> None:
    """Destroy a file that may name an erased person, after you found the person in it. Otherwise: lmw close-finding."""
    from labour_market.ingestion import erasure

    erasure.destroy_unclear_file(finding, by=by)


@app.command("retention")
@plain_errors
def retention(
    execute: Annotated[bool, typer.Option("--execute", help="Delete what is listed.")] = False,
    as_json: Json = False,
) -> None:
    """List the personal data whose retention is over by the contract of their feed, or delete them."""
    from labour_market.ingestion.retention import enforce_retention

    expired = [vars(row) for row in enforce_retention(execute=execute)]
    if as_json:
        print_json(expired)
    else:
        print_table(["feed", "sender", "period", "kept until", "vault rows", "files"], [row.values() for row in expired])


@app.command("refuse-erasure")
@plain_errors
def refuse_erasure(request: Request, by: By) -> None:
    """Refuse a request of another person; nothing is erased."""
    from labour_market.ingestion import erasure

    erasure.refuse_erasure(request, by=by)
