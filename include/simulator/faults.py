"""Faults on request: which responses of which gateway fail, how, and how often."""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("503", "429", "cut", "slow", "drip", "html", "short_length")


@dataclass
class Fault:
    """One kind of fault.

    kind: 503 and 429 (with Retry-After: seconds), cut (half of the body, then the connection is closed), slow (seconds before
    the response begins), drip (the body spread over that many seconds), html (a page instead of data, with status 200),
    short_length (half of the body, with a Content-Length of that half).
    sender: a code, or * for all; path: a regular expression that is searched in path and query; times: the number of responses, None
    for all; seconds: see kind. spoilt: the number of responses so far.
    """

    kind: str
    sender: str = "*"
    path: str = ""
    times: int | None = 1
    seconds: float = 1.0
    spoilt: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")
        re.compile(self.path)


class Faults:
    """The faults of a running gateway; can be changed while it runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def replace(self, faults: Iterable[Fault | Mapping[str, Any]]) -> None:
        """Replace all faults by these.

        Raises:
            ValueError: An impossible fault.
            TypeError: An impossible fault.
        """
        found = [fault if isinstance(fault, Fault) else Fault(**fault) for fault in faults]
        with self._lock:
            self._faults = found

    def take(self, sender: str, path: str) -> Fault | None:
        """The first fault for this request that has responses left; it is counted as used."""
        with self._lock:
            for fault in self._faults:
                left = fault.times is None or fault.spoilt < fault.times
                if left and fault.sender in ("*", sender) and re.search(fault.path, path):
                    fault.spoilt += 1
                    return fault
        return None

    def as_list(self) -> list[dict[str, Any]]:
        """The faults, each as a dictionary of its fields."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]
