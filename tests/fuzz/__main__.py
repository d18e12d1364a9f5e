"""`make fuzz`: a large round of random deliveries; prints what was found and ends with 1 when that is anything.

Usage: python -m tests.fuzz [DELIVERIES [SEED]]
"""

import json
import sys

from tests.bench.throwaway import warehouse
from tests.fuzz.rounds import make_province, run

if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    deliveries, seed = [*arguments, *[2_000, 1][len(arguments) :]]
    with warehouse() as home:
        from labour_market.database import connect

        with connect("loader", autocommit=True) as connection:
            found = run(connection, make_province(home / "province"), seed, deliveries)
    print(json.dumps(found, ensure_ascii=False, indent=2))
    sys.exit(any(found[name] for name in ("errors", "touched", "unfinished", "lost")))
