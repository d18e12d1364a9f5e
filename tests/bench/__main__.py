"""`make bench`: every figure that the project promises, as a ratio taken in one run; results in bench-results/."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labour_market.settings import PROJECT_ROOT
from rich.console import Console
from rich.table import Table

from tests.bench import builds, coding, corrections, loads, nights, parent

RESULTS = PROJECT_ROOT / "bench-results"
BENCHES: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "loads": loads.run,
    "audit": loads.run_audit,
    "builds": builds.run,
    "parent": parent.run,
    "corrections": corrections.run,
    "nights": nights.run,
    "coding": coding.run,
}


def main(chosen: list[str]) -> None:
    unknown = set(chosen) - set(BENCHES)
    if unknown:
        sys.exit(f"unknown bench {', '.join(sorted(unknown))}; known: {', '.join(BENCHES)}")
    rows: list[dict[str, Any]] = []
    for name in chosen or BENCHES:  # each is shown as soon as it is known: the next may take minutes, or fail
        rows += (found := BENCHES[name]())
        Console(width=160).print(_table(found))
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    print(Path(path).relative_to(PROJECT_ROOT))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("what", "ratio", "bar", "", "seconds", "peak MB")
    for row in rows:
        seconds = " / ".join(f"{value:.2f}" for value in row["seconds"])
        peaks = " / ".join(str(value) for value in row["peak_mb"])
        table.add_row(row["what"], f"{row['ratio']:.2f}", row.get("bar_text", ""), verdict(row["ratio"], row.get("bar")), seconds, peaks)
    return table


def verdict(ratio: float, bar: float | None) -> str:
    if bar is None:
        return ""
    return "holds" if ratio <= bar else "DOES NOT HOLD"


if __name__ == "__main__":
    main(sys.argv[1:])
