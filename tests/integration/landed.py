"""Deliveries put into the landing store and the ledger as if they came from a gateway."""

import itertools
from datetime import datetime
from typing import Any

import psycopg
from labour_market.batches import ledger
from labour_market.batches.landing import LandingStore
from labour_market.batches.states import BatchState
from labour_market.settings import load_settings

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
numbers = itertools.count(1)


def land(connection: psycopg.Connection, content: bytes, **announced: Any) -> int:
    """Announce and land a delivery; returns the id of its batch. announced: what differs from a JSON delivery of one record."""
    store = LandingStore(load_settings().landing_url).put(content)
    delivery = {
        "feed": "employers",
        "sender_code": "803",
        "delivery_id": f"landed-{next(numbers)}",
        "period": "2023-06",
        "sequence": 1,
        "form_version": None,
        "media_type": "application/json",
        "encoding": None,
        "declared_records": 1,
        "declared_bytes": len(content),
        "declared_sha256": store.sha256,
        "declared_totals": {},
        "delivery_created_at": datetime.fromisoformat("2023-06-30T15:00:00+07:00"),
        **announced,
    }
    batch_id = ledger.announce(connection, delivery, "test")
    assert batch_id is not None
    attempt = ledger.take(connection, batch_id, [BatchState.DISCOVERED])
    ledger.move(
        connection, batch_id, attempt, BatchState.LANDED, "test", sha256=store.sha256, bytes=store.size, landing_path=str(store.path)
    )
    return batch_id
