"""The nightly build after one small new batch, with a history of one survey round and of ten."""

from datetime import UTC, datetime
from typing import Any

from labour_market.database import connect

from tests.bench.survey import land, survey_delivery
from tests.bench.throwaway import in_a_process, warehouse

RECORDS = 60_000
ROUNDS = 10
SMALL = 200


def run() -> list[dict[str, Any]]:
    """`lmw build` after a small batch, history ten times as long against once."""
    with warehouse() as home:
        big, small = survey_delivery(home, RECORDS), survey_delivery(home, SMALL)
        year = datetime.now(UTC).year
        land(big, period=str(year - ROUNDS - 1))
        in_a_process("tests.bench.load_warehouse")
        in_a_process("tests.bench.build_once")
        once = _after_a_small_batch(small, "2024-01", "2024-02", "2024-03")
        for years in range(ROUNDS - 1):
            land(big, period=str(year - ROUNDS + years))
        in_a_process("tests.bench.load_warehouse")
        in_a_process("tests.bench.build_once")
        with connect("loader") as connection:
            held = connection.execute("select count(*) from core.labour_survey").fetchone()
        assert held and held[0] >= 0.9 * RECORDS * ROUNDS, held
        ten = _after_a_small_batch(small, "2024-04", "2024-05", "2024-06")
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


def _after_a_small_batch(delivery: Any, *periods: str) -> dict[str, Any]:
    """The quickest of a build after each of these small batches."""
    found = []
    for period in periods:
        land(delivery, period=period)
        in_a_process("tests.bench.load_warehouse")
        found.append(in_a_process("tests.bench.build_once"))
    return min(found, key=lambda figures: float(figures["seconds"]))
