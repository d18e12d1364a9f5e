"""The formats of deliveries: media types, and the limits that apply to all of them."""

from itertools import chain

JSON_LINES = ("application/json", "application/x-ndjson")
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_RECORDS = 5_000_000
MAX_DEPTH = 50  # of lists and objects in a record


def nesting(value: object) -> int:
    """The depth to which lists and objects are nested; 0 for a scalar."""
    depth, level = 0, [value]
    while level := [v for v in level if isinstance(v, list | dict)]:
        depth += 1
        level = list(chain.from_iterable(v.values() if isinstance(v, dict) else v for v in level))
    return depth
