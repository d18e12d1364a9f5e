"""The nightly build after one small new batch, with a history of one survey round and of ten, a month each."""

from typing import Any

from labour_market.database import connect
from simulator.deliveries import Delivery

from tests.bench.small_batches import dated
from tests.bench.survey import land, survey_delivery
from tests.bench.throwaway import in_a_process, warehouse

RECORDS = 60_000
ROUNDS = 10
SMALL = 200


def run() -> list[dict[str, Any]]:
    """`lmw build` after a small batch, history ten times as long against once."""
    with warehouse() as home:
        big, small = survey_delivery(home, RECORDS), survey_delivery(home, SMALL)
        _publish_and_build(big, "2022-01")
        once = _after_a_small_batch(small, "2023-01", "2023-02", "2023-03")
        for month in range(2, ROUNDS + 1):
            _publish_and_build(big, f"2022-{month:02d}")
        with connect("loader") as connection:
            held = connection.execute("select count(*) from core.labour_survey").fetchone()
        assert held and held[0] >= 0.9 * RECORDS * ROUNDS, held
        ten = _after_a_small_batch(small, "2023-04", "2023-05", "2023-06")
    return [
        {
            "what": "lmw build after a small batch, history x 10 / history x 1",
            "ratio": ten["seconds"] / once["seconds"],
            "bar": 1.2,
            "bar_text": "<= 1.2",
            "seconds": [ten["seconds"], once["seconds"]],
            "peak_mb": [ten["peak_mb"], once["peak_mb"]],
        }
    ]


def _publish_and_build(delivery: Delivery, month: str) -> dict[str, Any]:
    """Load and build the delivery as one of that month; gives the figures of the build."""
    land(dated(delivery, month), period=month)
    in_a_process("tests.bench.load_warehouse")
    return in_a_process("tests.bench.build_once")


def _after_a_small_batch(delivery: Delivery, *months: str) -> dict[str, Any]:
    """The quickest of a build after each of these small batches."""
    return min((_publish_and_build(delivery, month) for month in months), key=lambda figures: float(figures["seconds"]))
