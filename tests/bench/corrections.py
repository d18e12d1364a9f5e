"""A correction of one delivery, compared with the first load of that delivery, each from landing to the built marts."""

from typing import Any

from tests.bench.survey import land, survey_delivery
from tests.bench.throwaway import in_a_process, warehouse

RECORDS = 60_000


def run() -> list[dict[str, Any]]:
    """Load and build of a survey round on top of another one, and the same again for its correction."""
    with warehouse() as home:
        delivery = survey_delivery(home, RECORDS)
        land(delivery, period="2021")
        _load_and_build()
        land(delivery, period="2022")
        first = _load_and_build()
        land(delivery, period="2022", corrected=True)
        correction = _load_and_build()
    return [
        {
            "what": "a correction of a delivery / its first load, landing to marts",
            "ratio": correction["seconds"] / first["seconds"],
            "bar": 1.5,
            "bar_text": "<= 1.5",
            "seconds": [correction["seconds"], first["seconds"]],
            "peak_mb": [correction["peak_mb"], first["peak_mb"]],
        }
    ]


def _load_and_build() -> dict[str, Any]:
    parts = [in_a_process("tests.bench.load_warehouse"), in_a_process("tests.bench.build_once")]
    return {"seconds": sum(part["seconds"] for part in parts), "peak_mb": max(part["peak_mb"] for part in parts)}
