"""`lmw`: loading of deliveries, building of marts, and the batches of the ledger."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.markup import escape

from labour_market.batches.periods import check_period
from labour_market.batches.states import BatchState
from labour_market.cli.terminal import Because, By, Json, console, plain_errors, print_error, print_json, print_table
from labour_market.contracts import contract_feeds, load_order
from labour_market.errors import UsageError, check_known

app = typer.Typer()
batch_app = typer.Typer(no_args_is_help=True, help="One batch: to refuse it.")
alert_app = typer.Typer()

Feed = Annotated[str | None, typer.Option("--feed", help=f"One feed: {', '.join(load_order())}.")]
SenderCode = Annotated[str | None, typer.Option("--sender", help="One sender, by its code, for example 803.")]
Period = Annotated[str | None, typer.Option("--period", help="One period: 2023, 2023-06 or 2023-06-14.")]


@app.command()
@plain_errors
def ingest(feed: Feed = None, sender: SenderCode = None, period: Period = None, as_json: Json = False) -> None:
    """Pull new deliveries and load them, in one process without Airflow. Exit code 1 when a sender was not reached or a load failed."""
    from labour_market.gateway import load_senders
    from labour_market.ingestion.pipeline import ingest as ingest_all
    from labour_market.ingestion.pulling import record_senders
    from labour_market.settings import load_settings

    check_period(period)
    feeds = _feeds(feed)
    senders = load_senders(load_settings().senders_file)
    check_known("sender", sender, [s.code for s in senders])
    chosen = [s for s in senders if sender in (None, s.code)]
    if feed:
        offered = sorted({name for s in chosen for name in s.feeds})
        check_known(f"feed of sender {sender}" if sender else "feed of any sender", feed, offered)
    if not any(f in s.feeds for s in chosen for f in feeds):
        raise UsageError(f"no sender was requested: {sender or 'no entry of the senders file'} does not send {', '.join(feeds)}")
    record_senders(senders, feeds)
    reports, unreachable = ingest_all(chosen, feeds, period, progress=(lambda line: None) if as_json else print)
    if as_json:
        print_json({"reports": [asdict(r) for r in reports], "unreachable": unreachable})
    errors = [sentence for report in reports for sentence in report.sentences]
    for sentence in [*unreachable, *errors]:
        print_error(sentence, 1)
    if unreachable or errors:
        raise SystemExit(1)


@app.command()
@plain_errors
def build(
    full: Annotated[bool, typer.Option("--full", help="Write every partition again, and run every test.")] = False,
    as_json: Json = False,
) -> None:
    """Build the marts from core with dbt. Exit code 1 when a model or a test failed."""
    from labour_market import transform

    report = transform.build(full=full)
    if as_json:
        print_json(asdict(report))
    else:
        print(report.sentence)


@app.command()
@plain_errors
def batches(
    feed: Feed = None,
    sender: SenderCode = None,
    state: Annotated[str | None, typer.Option("--state", help=f"One state: {', '.join(BatchState)}.")] = None,
    as_json: Json = False,
) -> None:
    """List the batches of the ledger, with the reason of each blocked one."""
    from labour_market.batches.ledger import list_batches
    from labour_market.database import connect
    from labour_market.ingestion.replay import known_senders
    from labour_market.settings import load_settings

    check_known("state", state, list(BatchState))
    feeds = _feeds(feed)
    with connect("loader") as connection:
        check_known("sender", sender, known_senders(connection, load_settings()))
        rows = [
            r for r in list_batches(connection) if r["feed"] in feeds and sender in (None, r["sender_code"]) and state in (None, r["state"])
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
    """Show one batch: its row of the ledger, its moves, the findings of its last audit, and its rejected rows with their remedies."""
    from labour_market.batches.ledger import batch_history
    from labour_market.database import connect
    from labour_market.quality.messages import rejected_rows, rule_findings

    with connect("loader") as connection:
        row, events = batch_history(connection, batch)
        findings = rule_findings(connection, batch)
        rejected = rejected_rows(connection, batch)
    if as_json:
        print_json({"batch": row, "events": events, "findings": findings, "rejected_rows": rejected})
        return
    for name, value in row.items():
        if value is not None:
            console.print(f"[bold]{name:<20}[/] {escape(str(value))}")
    moves = [
        (f"{e['at']:%Y-%m-%d %H:%M:%S}", e["attempt"], f"{e['from_state'] or ''} -> {e['to_state']}", e["actor"], e["detail"])
        for e in events
    ]
    print_table(["at", "attempt", "move", "actor", "detail"], moves)
    if findings:
        columns = {"rule": "rule_id", "verdict": "verdict", "failed": "failed", "checked": "checked", "what to do": "remedy_vi"}
        print_table(list(columns), [[finding[key] for key in columns.values()] for finding in findings])
    if rejected:
        print_table(
            ["row", "rule", "column", "value looks like", "what to do"],
            [[r[key] for key in ("row_no", "rule_id", "column_name", "value_pattern", "sentence_vi")] for r in rejected],
        )


@app.command()
@plain_errors
def reconcile(
    reread: Annotated[bool, typer.Option("--reread", help="Also read every landed file and check its hash.")] = False,
    as_json: Json = False,
) -> None:
    """Compare the ledger with core, quarantine and the landing store. Exit code 1 and a list of every open finding when there is one."""
    from labour_market.ingestion.reconcile import reconcile as run

    result = run(reread=reread)
    if as_json:
        print_json(result.as_dict())
    else:
        for finding in result.findings:
            print(f"{finding.finding_id} {finding.kind}: {finding.detail}")
        for line in _missing_lines(result.missing):
            print(line)
        print(
            f"{result.batches} batches, {result.records} records announced; {len(result.findings)} findings,"
            f" {len(result.waiting)} batches in progress, {result.to_build} partitions to build"
        )
    if result.findings:
        raise SystemExit(1)


@app.command("close-finding")
@plain_errors
def close_finding(
    finding: Annotated[int, typer.Argument(help="The number of the finding, as `lmw reconcile` prints it.")], because: Because, by: By
) -> None:
    """Close a finding about an announcement or a person, after you have seen to it."""
    from labour_market.batches.ledger import close_finding as close
    from labour_market.database import connect

    with connect("loader") as connection:
        close(connection, finding, by=by, because=because)


def _missing_lines(missing: list[dict[str, Any]]) -> list[str]:
    """One line for each state and feed; a sender that has sent nothing for months has a due delivery for each day."""
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for due in missing:
        grouped.setdefault((due["state"], due["feed"]), []).append(due)
    lines = []
    for (state, feed), dues in grouped.items():
        senders = ", ".join(sorted({due["sender_code"] for due in dues}))
        lines.append(f"{state}: {feed}, {len(dues)} due since {min(due['due_on'] for due in dues)}, of {senders}")
    return lines


@alert_app.callback(invoke_without_command=True)
@plain_errors
def alert(
    context: typer.Context,
    digest: Annotated[bool, typer.Option("--digest", help="Send the digest of the last 24 hours instead.")] = False,
) -> None:
    """Send what is new, lasts or is over, by LMW_ALERT_SMTP and LMW_ALERT_WEBHOOK. The DAGs do this by themselves."""
    if context.invoked_subcommand:
        return
    from labour_market.alerts import notifiers, send_alerts, send_digest
    from labour_market.ingestion.reconcile import reconcile as run
    from labour_market.settings import load_settings

    if not notifiers(load_settings()):
        raise UsageError("no alert can be sent: set LMW_ALERT_SMTP or LMW_ALERT_WEBHOOK")
    if digest:
        print(send_digest())
    else:
        print(", ".join(f"{count} {section}" for section, count in send_alerts(run()).items()))


@alert_app.command("mute")
@plain_errors
def mute(
    cause: Annotated[str, typer.Argument(help='The cause as an alert prints it, or its first words, such as "missing 803".')],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day without messages; a past day ends it.")],
    because: Because,
    by: By,
) -> None:
    """Send nothing about a cause until a day. What is still there afterwards is sent; the digest lists the mutes."""
    from labour_market import alerts

    alerts.mute(cause, until=until.date(), because=because, by=by)


@app.command()
@plain_errors
def replay(
    reason: Annotated[str, typer.Option(help="The reason; recorded in the ledger.")],
    feed: Annotated[str | None, typer.Argument(help=f"One feed: {', '.join(load_order())}. Default: all feeds.")] = None,
    sender: SenderCode = None,
    period: Period = None,
    execute: Annotated[bool, typer.Option("--execute", help="Replay; without this option, only list the batches.")] = False,
) -> None:
    """Load landed batches again, after a rule, a reference list or the code was corrected. Exit code 1 when one of them failed."""
    from labour_market.ingestion.replay import replay as run

    _feeds(feed)
    replayed = run(feed, sender=sender, period=period, reason=reason, dry_run=not execute)
    for r in replayed:
        after = _outcome(r.after) if r.after else "loaded again with --execute"
        if r.blocked_by:
            after = f"blocked by {r.blocked_by}, the earlier records stay published"
        print(f"batch {r.batch_id} {r.feed} {r.sender_code} {r.period}: {_outcome(r.before)} -> {after}")
    if any(r.after and r.after[0] == BatchState.FAILED for r in replayed):
        raise SystemExit(1)


@batch_app.callback()
def one_batch() -> None:
    """Makes `reject` a subcommand: without a callback typer runs the only command of an app without its name."""


@batch_app.command("reject")
@plain_errors
def reject(batch: int, because: Because, by: By) -> None:
    """Reject a batch that is not published yet, so that no run loads it; with the reason that its sender reads."""
    from labour_market.ingestion.refusal import refuse_batch

    refuse_batch(batch, because, by)
    print(f"batch {batch} is rejected; lmw replay loads it again")


def _outcome(batch: tuple[str, int | None, int | None]) -> str:
    state, published, quarantined = batch
    return f"{state}, {published} published, {quarantined} quarantined"


def _feeds(feed: str | None) -> list[str]:
    check_known("feed", feed, contract_feeds())
    return [feed] if feed else load_order()
