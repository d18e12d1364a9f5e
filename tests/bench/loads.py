"""The load from landing to core, and the audit, each compared with a lower bound."""

from pathlib import Path
from typing import Any

from tests.bench.survey import core_as_csv, land, survey_delivery
from tests.bench.throwaway import in_a_process, warehouse

RECORDS = 200_000


def run() -> list[dict[str, Any]]:
    """A load of 200,000 survey records, compared with a bare COPY of the resulting rows and with a load by dlt."""
    with warehouse() as home:
        delivery = survey_delivery(home, RECORDS)
        land(delivery)
        load = in_a_process("tests.bench.load_warehouse")
        rows = home / "core.csv"
        core_as_csv(rows)
        copy = in_a_process("tests.bench.load_copy", rows)
        dlt = in_a_process("tests.bench.load_dlt", delivery.payload)
    return [
        _row("landing to core / bare COPY of the same rows", load, copy, bar=30.0, bar_text="<= 30"),
        _row("landing to core / dlt loads the same records", load, dlt, bar=0.5, bar_text="<= 0.5"),
    ]


def run_audit() -> list[dict[str, Any]]:
    """The audit of 200,000 staged rows against one hand-written SQL pass over the same checks, imports apart."""
    with warehouse() as home:
        land(survey_delivery(Path(home), RECORDS))
        both = in_a_process("tests.bench.audit_both")
    return [
        {
            "what": "audit / one hand-written SQL pass over the same checks",
            "ratio": both["audit"] / both["handwritten"],
            "bar": 4.0,
            "bar_text": "<= 4",
            "seconds": [both["audit"], both["handwritten"]],
            "peak_mb": [both["peak_mb"]],
        }
    ]


def _row(title: str, a: dict[str, Any], b: dict[str, Any], *, bar: float, bar_text: str) -> dict[str, Any]:
    return {
        "what": title,
        "ratio": a["seconds"] / b["seconds"],
        "bar": bar,
        "bar_text": bar_text,
        "seconds": [a["seconds"], b["seconds"]],
        "peak_mb": [a["peak_mb"], b["peak_mb"]],
    }
