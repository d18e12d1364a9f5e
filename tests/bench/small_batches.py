"""Driver of one checkout: a warehouse with a history, then `lmw build` after a small batch for each line of its input.

Run by tests.bench.parent with the Python and the modules of any checkout, so it uses only what an older one has as well.
"""

import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from simulator.deliveries import Delivery

from tests.bench.survey import land, survey_delivery
from tests.bench.throwaway import warehouse

RECORDS = 60_000
SMALL = 200
LOAD = """
try:
    from labour_market.ingestion.loading import load
except ImportError:  # where it was before
    from labour_market.pipeline import load
load('labour_survey')
"""


def run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def dated(delivery: Delivery, month: str) -> Delivery:
    """The same records, surveyed in that month."""
    records = delivery.payload.read_bytes()
    records = re.sub(rb'("surveyed_on": ?")\d{4}-\d{2}-(?:29|3\d)', rb"\g<1>2022-01-28", records)  # a day that every month has
    payload = delivery.payload.with_name(f"{delivery.payload.name}-{month}")
    payload.write_bytes(re.sub(rb'("surveyed_on": ?")\d{4}-\d{2}', rb"\g<1>" + month.encode(), records))
    return replace(delivery, payload=payload)


def main() -> None:
    with warehouse() as home:
        big, small = survey_delivery(home, RECORDS), survey_delivery(home, SMALL)
        land(dated(big, "2022-01"), period="2022-01")
        run("-c", LOAD)
        run(str(Path(sys.executable).with_name("lmw")), "build")
        print(json.dumps({"ready": True}), flush=True)
        for month, _ in enumerate(sys.stdin, 1):
            land(dated(small, f"2023-{month:02d}"), period=f"2023-{month:02d}")
            run("-c", LOAD)
            started = time.perf_counter()
            run(str(Path(sys.executable).with_name("lmw")), "build")
            print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


if __name__ == "__main__":
    main()
