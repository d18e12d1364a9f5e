"""Driver of one checkout: a warehouse with a history, then `lmw build` after a small batch for each line of its input.

Run by tests.bench.parent with the Python and the modules of any checkout, so it uses only what an older one has as well.
"""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.survey import land, survey_delivery
from tests.bench.throwaway import warehouse

RECORDS = 60_000
SMALL = 200
LOAD = "from labour_market.ingestion.pipeline import load; load('labour_survey')"


def run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def main() -> None:
    with warehouse() as home:
        big, small = survey_delivery(home, RECORDS), survey_delivery(home, SMALL)
        land(big, period=str(datetime.now(UTC).year - 1))
        run("-c", LOAD)
        run(str(Path(sys.executable).with_name("lmw")), "build")
        print(json.dumps({"ready": True}), flush=True)
        for month, _ in enumerate(sys.stdin, 1):
            land(small, period=f"2024-{month:02d}")
            run("-c", LOAD)
            started = time.perf_counter()
            run(str(Path(sys.executable).with_name("lmw")), "build")
            print(json.dumps({"seconds": time.perf_counter() - started}), flush=True)


if __name__ == "__main__":
    main()
