"""A round of random deliveries through the real load, with clean deliveries of other senders among them."""

import hashlib
import itertools
import json
import random
from pathlib import Path
from typing import Any

import psycopg
from labour_market.batches import ledger
from labour_market.batches.landing import LandingStore
from labour_market.batches.states import BatchState
from labour_market.contracts import load_contract, load_order
from labour_market.gateway import Sender
from labour_market.gateway.announcements import Delivery, read_announcement
from labour_market.ingestion import loading, pulling
from labour_market.ingestion.reconcile import reconcile
from labour_market.normalise import normalise_columns
from labour_market.reading.deliveries import parse_delivery
from labour_market.settings import load_settings
from simulator import Province, build_province

from tests.fuzz.deliveries import Clean, delivery

HOSTILE_SENDER = "803"
ENDED = {BatchState.PUBLISHED, BatchState.QUARANTINED, BatchState.REJECTED, BatchState.SUPERSEDED}
numbers = itertools.count(1)


def make_province(folder: Path) -> Province:
    """A small clean province."""
    return build_province(folder, scale=0.03, scenario="clean")


def run(connection: psycopg.Connection, province: Province, seed: int, deliveries: int) -> dict[str, Any]:
    """Send random deliveries over all feeds, load them, and compare.

    Args:
        connection: The loader's, to a warehouse without batches.
        province: Where the clean records come from.
        seed: Of the random numbers.
        deliveries: How many, over all feeds.

    Returns:
        errors: internal errors; touched: clean batches that were not published whole; unfinished: batches without an outcome;
        lost: findings of the reconciliation; states: how many random deliveries reached each state.
    """
    found: dict[str, Any] = {"errors": [], "touched": [], "unfinished": [], "lost": [], "states": {}}
    feeds = load_order()
    for place, feed in enumerate(feeds):
        rng = random.Random(f"{seed}:{feed}")
        clean = _clean_records(province, feed)
        others = [_land(connection, feed, d.payload.read_bytes(), d.announcement) for d in _clean_deliveries(province, feed)]
        hostile = []
        for _ in range(deliveries // len(feeds) + (place < deliveries % len(feeds))):
            content, announced = delivery(rng, clean)
            sent = {
                **announced,
                "delivery_id": f"fuzz-{seed}-{next(numbers)}",
                "sender_code": HOSTILE_SENDER,
                "feed": feed,
                "status": "final",
            }
            sent |= {"size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            hostile.append(_land(connection, feed, content, sent))
        report = loading.load(feed)
        found["errors"] += report.sentences
        rows = {b: (s, n) for b, s, n in connection.execute("select batch_id, state, records_published = declared_records from ops.batch")}
        found["touched"] += [f"{feed} batch {b}: {rows[b]}" for b in others if b and rows[b] != ("published", True)]
        for batch in filter(None, hostile):
            state = rows[batch][0]
            found["states"][state] = found["states"].get(state, 0) + 1
            if state not in ENDED:
                found["unfinished"].append(batch)
        found["states"]["refused"] = found["states"].get("refused", 0) + hostile.count(None)
    found["lost"] = [finding.detail for finding in reconcile().findings]
    return found


def _clean_deliveries(province: Province, feed: str) -> list[Any]:
    """Clean deliveries of other senders; of a feed with one sender, its deliveries."""
    return [
        d for d in province.deliveries if d.announcement["feed"] == feed and d.announcement["sender_code"] in ("794", "795", "SC", "DOLISA")
    ]


def _clean_records(province: Province, feed: str) -> Clean:
    """A delivery whose records are written as JSON, whatever form they came on."""
    chosen = next(d for d in province.deliveries if d.announcement["feed"] == feed and d.announcement["record_count"])
    announced, contract = chosen.announcement, load_contract(feed)
    parsed = parse_delivery(chosen.payload, announced["media_type"], announced["encoding"], announced["form_version"], contract)
    columns = normalise_columns(parsed, contract).columns
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return Clean(announced, json.loads(json.dumps(rows, default=str)))


def _land(connection: psycopg.Connection, feed: str, content: bytes, announced: dict[str, Any]) -> int | None:
    """Announce a delivery as a pull does, and land its bytes; returns its batch, None where its announcement is refused."""
    read = read_announcement(announced, announced["sender_code"], feed)
    if not isinstance(read, Delivery):
        return None
    sender = Sender(code=read.sender_code, name="", base_url="http://127.0.0.1", token="", feeds=(feed,))
    batch_id = ledger.announce(connection, pulling._announcement(feed, sender, read), "test")
    assert batch_id is not None
    landed = LandingStore(load_settings().landing_url).put(content)
    attempt = ledger.take(connection, batch_id, [BatchState.DISCOVERED])
    ledger.move(connection, batch_id, attempt, BatchState.LANDED, "test", sha256=landed.sha256, bytes=landed.size, landing_path=landed.path)
    return batch_id
