"""`lmw demo`: runs one night of deliveries under the real scheduler, prints its progress, and its result."""

import time
from collections import Counter
from functools import partial
from typing import Any

import psycopg
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from labour_market.batches.ledger import list_batches
from labour_market.batches.states import BLOCKED_STATES, OPEN_STATES, BatchState
from labour_market.contracts import contract_feeds
from labour_market.database import connect
from labour_market.errors import LabourMarketError
from labour_market.figures.headlines import read_headlines
from labour_market.gateway import AnnouncementDefect, GatewayClient, GatewayUnavailableError, load_senders
from labour_market.local_stack import stack
from labour_market.settings import Settings, load_settings

NIGHT_LIMIT_SECONDS = 600
console = Console(soft_wrap=True)


def run() -> None:
    """Start the stack, run a night if there is something to load or to build, and print the result.

    Raises:
        LabourMarketError: The night failed.
    """
    settings = load_settings()
    stack.up(progress=partial(console.print, markup=False))
    waiting = _count_waiting(settings)
    if waiting:
        console.print(f"\n[bold]A night of deliveries[/]: {waiting} deliveries and partitions to build")
        _run_night(settings)
    else:
        console.print("\nThere are no new deliveries: nothing to load, nothing to build.")
    _print_result(settings)


def _count_waiting(settings: Settings) -> int:
    """The number of deliveries that are not loaded yet, and of partitions that are not built yet."""
    with connect("loader", settings) as connection:
        loaded = set(connection.execute("select sender_code, delivery_id from ops.batch where state <> all(%s)", [list(OPEN_STATES)]))
        row = connection.execute("select count(*) from ops.outbox where built_at is null").fetchone()
    waiting = row[0] if row else 0
    for sender in load_senders(settings.senders_file):
        for feed in sender.feeds:
            try:
                with GatewayClient(sender, until=time.monotonic() + settings.sender_seconds / len(sender.feeds)) as client:
                    items = [d for d in client.deliveries(feed) if not isinstance(d, AnnouncementDefect)]
            except GatewayUnavailableError as error:
                console.print(f"{sender.code}: {error}", markup=False)
                continue
            waiting += sum(d.status == "final" and (sender.code, d.delivery_id) not in loaded for d in items)
    return waiting


def _run_night(settings: Settings) -> None:
    """Let the scheduler run the night, and print each feed and sender when their batches reach a final state."""
    started = time.monotonic()
    api = stack.airflow_client(settings)
    night = api.start_night()
    printed: set[int] = set()
    finished = False
    while not finished:
        if time.monotonic() - started > NIGHT_LIMIT_SECONDS:
            raise LabourMarketError(f"the night was not over after {NIGHT_LIMIT_SECONDS} s; see lmw status and the Airflow UI")
        time.sleep(1)
        finished = api.night_is_over(night)  # before the ledger is read, so that the last batches are printed too
        with connect("loader", settings) as connection:
            _print_progress(connection, printed, time.monotonic() - started)
    console.print(f"[{time.monotonic() - started:5.1f} s] the night is over, the marts are built")


def _print_progress(connection: psycopg.Connection, printed: set[int], seconds: float) -> None:
    """Print the batches that have reached a final state, and add them to the printed ones."""
    finished = connection.execute(
        "select feed, sender_code, array_agg(batch_id), array_agg(state order by sequence), sum(declared_records),"
        " sum(coalesce(records_published, 0)), sum(coalesce(records_quarantined, 0)) from ops.batch"
        " where state <> all(%s) and not batch_id = any(%s)"
        " group by feed, sender_code order by feed, sender_code",
        [list(OPEN_STATES), list(printed)],
    ).fetchall()
    for feed, sender, batch_ids, states, records, published, quarantined in finished:
        printed.update(batch_ids)
        by_state = ", ".join(f"{n} {state}" for state, n in Counter[str](states).items())
        console.print(
            f"[{seconds:5.1f} s] {feed:<16} {sender:<5} {by_state}: {published} of {records} records published, {quarantined} quarantined",
            highlight=False,
            markup=False,
        )


def _print_result(settings: Settings) -> None:
    with connect("loader", settings) as connection:
        rows = list_batches(connection)
    _print_states(rows)
    for row in rows:
        if row["state"] in BLOCKED_STATES:
            line = f"  {row['feed']} {row['sender_code']} {row['period']} {row['reason_vi'] or ''}"
            console.print(line, style="red", markup=False, highlight=False)
    console.print("\n[bold]Headline figures[/] (lmw psql runs them)")
    with connect("bi_reader", settings) as connection:
        for figure in read_headlines(connection):
            value = "-" if figure.value is None else f"{figure.value:,}"
            console.print(f"  {value:>12}  {figure.label_vi} | {figure.label_en}", highlight=False)
            console.print(f"                [dim]{escape(figure.query)}[/]", highlight=False)
    console.print()
    for line in stack.addresses(settings):
        console.print(line, highlight=False)


def _print_states(rows: list[dict[str, Any]]) -> None:
    counts = Counter((row["feed"], row["state"]) for row in rows)
    states = [s for s in (BatchState.PUBLISHED, BatchState.SUPERSEDED, *BLOCKED_STATES, *OPEN_STATES) if any(r["state"] == s for r in rows)]
    # at most 80 columns wide, the width of a plain terminal
    title = "Batches by feed and state; their rows, in core and held in quarantine"
    table = Table("feed", *states, "rows", "in core", "held", title=title, box=None, padding=(0, 1, 0, 0))
    for feed in contract_feeds():
        of_feed = [row for row in rows if row["feed"] == feed]
        table.add_row(
            feed,
            *(str(counts[feed, state] or "") for state in states),
            f"{sum(r['declared_records'] for r in of_feed):,}",
            f"{sum(r['records_published'] or 0 for r in of_feed if r['state'] == BatchState.PUBLISHED):,}",
            f"{sum(r['records_quarantined'] or 0 for r in of_feed if r['state'] == BatchState.PUBLISHED):,}",
        )
    console.print(table)
