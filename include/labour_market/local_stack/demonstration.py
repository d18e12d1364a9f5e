"""`lmw demo`: a province night under the real scheduler, told as it happens, and its result."""

import time
from collections import Counter
from typing import Any

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.markup import escape
from rich.table import Table

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


def batch_rows(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """The ledger as a reader wants it: one row a batch, newest last."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select batch_id, feed, sender_code, period, sequence, delivery_id, state, declared_records, records_published,"
            " records_quarantined, records_duplicate, reason_rule, reason_vi, reason_en, remedy_vi"
            " from ops.batch order by batch_id"
        ).fetchall()


def run() -> None:
    """Start the stack, run a night if the gateways have something new, print the result. Raises LabourMarketError when the night failed."""
    settings = load_settings()
    stack.up(progress=console.print)
    new = _something_new(settings)
    if new:
        console.print(f"\n[bold]A province night[/]: the gateways hold {new} deliveries that the ledger does not know")
        _night(settings)
    else:
        console.print("\nThe gateways hold nothing that the ledger does not know: nothing to load, nothing to build.")
    _tell_result(settings)


def _something_new(settings: Settings) -> int:
    """Deliveries on the gateways that are not settled yet, and partitions that are not built."""
    with connect("loader", settings) as connection:
        known = set(connection.execute("select sender_code, delivery_id from ops.batch where state <> all(%s)", [list(OPEN_STATES)]))
        pending = connection.execute("select count(*) from ops.outbox where built_at is null").fetchone()
    new = pending[0] if pending else 0
    for sender in load_senders(settings.senders_file):
        with GatewayClient(sender) as client:
            for feed in sender.feeds:
                try:
                    items = [d for d in client.deliveries(feed) if not isinstance(d, AnnouncementDefect)]
                except GatewayUnavailableError as error:
                    console.print(f"{sender.code}: {error}")
                    continue
                new += sum(d.status == "final" and (sender.code, d.delivery_id) not in known for d in items)
    return new


def _night(settings: Settings) -> None:
    """Let the scheduler run the night and tell each (feed, sender) as it is settled."""
    started = time.monotonic()
    api = stack.airflow_client(settings)
    night = api.start_night()
    seen: set[int] = set()
    finished = False
    while not finished:
        if time.monotonic() - started > NIGHT_LIMIT_SECONDS:
            raise LabourMarketError(f"the night was not over after {NIGHT_LIMIT_SECONDS} s; see lmw status and the Airflow UI")
        time.sleep(1)
        finished = api.night_is_over(night)  # asked before the ledger is read, so that nothing is left untold
        with connect("loader", settings) as connection:
            _tell_events(connection, seen, time.monotonic() - started)
    console.print(f"[{time.monotonic() - started:5.1f} s] the night is over, the marts are built")


def _tell_events(connection: psycopg.Connection, seen: set[int], seconds: float) -> None:
    settled = connection.execute(
        "select feed, sender_code, array_agg(batch_id), array_agg(state order by sequence), sum(declared_records),"
        " sum(coalesce(records_published, 0)), sum(coalesce(records_quarantined, 0)) from ops.batch"
        " where state <> all(%s) and not batch_id = any(%s)"
        " group by feed, sender_code order by feed, sender_code",
        [list(OPEN_STATES), list(seen)],
    ).fetchall()
    for feed, sender, batch_ids, states, records, published, quarantined in settled:
        seen.update(batch_ids)
        reached: Counter[str] = Counter(states)
        told = ", ".join(f"{n} {state}" for state, n in reached.items())
        console.print(
            f"[{seconds:5.1f} s] {feed:<16} {sender:<5} {told}: {published} of {records} records published, {quarantined} put aside",
            highlight=False,
            markup=False,
        )


def _tell_result(settings: Settings) -> None:
    with connect("loader", settings) as connection:
        rows = batch_rows(connection)
    _tell_states(rows)
    for row in rows:
        if row["state"] in BLOCKED_STATES:
            console.print(f"  [red]{row['feed']} {row['sender_code']} {row['period']}[/] {escape(row['reason_vi'] or '')}")
    console.print("\n[bold]Headline figures[/] (lmw psql runs them)")
    with connect("bi_reader", settings) as connection:
        for figure in read_headlines(connection):
            shown = "-" if figure.value is None else f"{figure.value:,}"
            console.print(f"  {shown:>12}  {figure.label_vi} | {figure.label_en}", highlight=False)
            console.print(f"                [dim]{escape(figure.query)}[/]", highlight=False)
    console.print()
    for line in stack.addresses(settings):
        console.print(line, highlight=False)


def _tell_states(rows: list[dict[str, Any]]) -> None:
    counts = Counter((row["feed"], row["state"]) for row in rows)
    states = [s for s in (BatchState.PUBLISHED, BatchState.SUPERSEDED, *BLOCKED_STATES, *OPEN_STATES) if any(r["state"] == s for r in rows)]
    # 80 columns wide at most: nothing is cut on a plain terminal
    table = Table(
        "feed", *states, "rows", "in core", "aside", title="Batches by feed and state, and their rows", box=None, padding=(0, 1, 0, 0)
    )
    for feed in contract_feeds():
        mine = [row for row in rows if row["feed"] == feed]
        table.add_row(
            feed,
            *(str(counts[feed, state] or "") for state in states),
            f"{sum(r['declared_records'] for r in mine):,}",
            f"{sum(r['records_published'] or 0 for r in mine if r['state'] == BatchState.PUBLISHED):,}",
            f"{sum(r['records_quarantined'] or 0 for r in mine if r['state'] == BatchState.PUBLISHED):,}",
        )
    console.print(table)
