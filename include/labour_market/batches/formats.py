"""How the records of a delivery travel: media types, and the limits that hold for every one of them."""

from itertools import chain

JSON_LINES = ("application/json", "application/x-ndjson")
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_RECORDS = 5_000_000
MAX_DEPTH = 50  # of lists and objects in a record


def nesting(value: object) -> int:
    """How deep lists and objects stand in one another; 0 for a scalar."""
    depth, level = 0, [value]
    while level := [v for v in level if isinstance(v, list | dict)]:
        depth += 1
        level = list(chain.from_iterable(v.values() if isinstance(v, dict) else v for v in level))
    return depth
