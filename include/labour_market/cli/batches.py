"""`lmw`: deliveries, from the gateways to the marts, and what became of each."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from labour_market.cli.terminal import Json, complain, console, plain_errors, print_json, print_table
from labour_market.contracts import contract_feeds, load_order
from labour_market.errors import UsageError

app = typer.Typer()

Feed = Annotated[str | None, typer.Option("--feed", help=f"One feed: {', '.join(load_order())}.")]
SenderCode = Annotated[str | None, typer.Option("--sender", help="One sender by its code, e.g. 803.")]
Period = Annotated[str | None, typer.Option("--period", help="One period: 2023, 2023-06 or 2023-06-14.")]


@app.command()
@plain_errors
def ingest(feed: Feed = None, sender: SenderCode = None, period: Period = None, as_json: Json = False) -> None:
    """Discover to publish in one process, without Airflow. Exit 1 when a sender was not reached or a batch broke in us."""
    from labour_market.gateway import load_senders
    from labour_market.ingestion import pipeline
    from labour_market.settings import load_settings

    senders = load_senders(load_settings().senders_file)
    if sender and sender not in {s.code for s in senders}:
        raise UsageError(f"unknown sender {sender!r}; known: {', '.join(s.code for s in senders)}")
    chosen = [s for s in senders if sender in (None, s.code)]
    reports, unreachable = pipeline.ingest(chosen, _known_feed(feed), period, progress=(lambda line: None) if as_json else print)
    if as_json:
        print_json({"reports": [asdict(r) for r in reports], "unreachable": unreachable})
    errors = [sentence for report in reports for sentence in report.errors.values()]
    for sentence in [*unreachable, *errors]:
        complain(sentence, 1)
    if unreachable or errors:
        raise SystemExit(1)


@app.command()
@plain_errors
def build(as_json: Json = False) -> None:
    """Bring the marts up to date with core (one dbt build). Exit 1 when a model or a red test failed."""
    from labour_market import transform

    report = transform.build()
    if as_json:
        print_json(asdict(report))
    else:
        print(report.sentence)


@app.command()
@plain_errors
def batches(
    feed: Feed = None,
    sender: SenderCode = None,
    state: Annotated[str | None, typer.Option("--state")] = None,
    as_json: Json = False,
) -> None:
    """Batches of the ledger, and for each blocked one its reason."""
    from labour_market.batches.states import BatchState
    from labour_market.database import connect
    from labour_market.local_stack.demonstration import batch_rows

    if state is not None and state not in list(BatchState):
        raise UsageError(f"unknown state {state!r}; known: {', '.join(BatchState)}")
    feeds = _known_feed(feed)
    with connect("loader") as connection:
        rows = [
            r for r in batch_rows(connection) if r["feed"] in feeds and sender in (None, r["sender_code"]) and state in (None, r["state"])
        ]
    if as_json:
        print_json(rows)
        return
    columns = {
        "batch": "batch_id", "feed": "feed", "sender": "sender_code", "period": "period", "seq": "sequence", "state": "state",
        "records": "declared_records", "published": "records_published", "quarantined": "records_quarantined", "reason": "reason_vi",
    }  # fmt: skip
    print_table(list(columns), [[r[key] for key in columns.values()] for r in rows])


@app.command()
@plain_errors
def show(batch: int, as_json: Json = False) -> None:
    """One batch: its ledger row, every move, what the audit found, and the rows put aside with their remedy."""
    from labour_market.batches.ledger import batch_history
    from labour_market.database import connect
    from labour_market.quality.messages import rejected_rows

    with connect("loader") as connection:
        row, events = batch_history(connection, batch)
        aside = rejected_rows(connection, batch)
    if as_json:
        print_json({"batch": row, "events": events, "rejected_rows": aside})
        return
    for name, value in row.items():
        if value is not None:
            console.print(f"[bold]{name:<20}[/] {escape(str(value))}")
    moves = [
        (f"{e['at']:%Y-%m-%d %H:%M:%S}", e["attempt"], f"{e['from_state'] or ''} -> {e['to_state']}", e["actor"], e["detail"])
        for e in events
    ]
    print_table(["at", "attempt", "move", "actor", "detail"], moves)
    if aside:
        print_table(
            ["row", "rule", "column", "value looks like", "what to do"],
            [[r[key] for key in ("row_no", "rule_id", "column_name", "value_class", "sentence_vi")] for r in aside],
        )


@app.command()
@plain_errors
def reconcile(
    reread: Annotated[bool, typer.Option("--reread", help="Hash every landed file again.")] = False,
    as_json: Json = False,
) -> None:
    """Hold the ledger against core, quarantine and the landed bytes. Exit 1 with a list when any record is unaccounted for."""
    from labour_market.ingestion.reconcile import reconcile as run

    result = run(reread=reread)
    if as_json:
        print_json(result.as_dict())
    else:
        for finding in result.findings:
            print(f"{finding.kind}: {finding.detail}")
        for feed, sender in result.missing:
            print(f"missing: {sender} has not delivered {feed} yet")
        print(
            f"{result.batches} batches, {result.records} records announced; {len(result.findings)} findings,"
            f" {len(result.waiting)} batches under way, {result.to_build} partitions to build"
        )
    if result.findings:
        raise SystemExit(1)


@app.command()
@plain_errors
def replay(
    feed: str,
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    sender: SenderCode = None,
    period: Period = None,
    execute: Annotated[bool, typer.Option("--execute", help="Do it; without this, only say what would be replayed.")] = False,
) -> None:
    """Load kept bytes again, after a rule, a reference list or the code was mended."""
    from labour_market.ingestion.replay import replay as run

    _known_feed(feed)
    for r in run(feed, sender=sender, period=period, reason=reason, dry_run=not execute):
        print(f"batch {r.batch_id} {r.sender_code} {r.period}: {r.before} -> {r.after or 'not touched (dry run)'}")


def _known_feed(feed: str | None) -> list[str]:
    if feed is not None and feed not in contract_feeds():
        raise UsageError(f"unknown feed {feed!r}; known: {', '.join(contract_feeds())}")
    return [feed] if feed else load_order()
