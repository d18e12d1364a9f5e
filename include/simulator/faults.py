"""Misbehaviour on request: which answers of which gateway go wrong, how, and how often."""

import re
import threading
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("503", "429", "cut", "slow", "drip", "html", "short_length")


@dataclass
class Fault:
    """One kind of misbehaviour.

    kind: 503 and 429 (with Retry-After: seconds), cut (half of the body, then the connection is closed), slow (seconds before
    the answer begins), drip (the body spread over that many seconds), html (a page instead of data, with status 200),
    short_length (half of the body, and a Content-Length that says that this is all).
    sender: a code, or * for all; path: a regular expression that is searched in path and query; times: how many answers, None
    for every one; seconds: see kind. spoilt: how many answers it has spoilt so far.
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
    """The faults of a running gateway; safe to change while it answers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def replace(self, faults: Iterable[Fault | Mapping[str, Any]]) -> None:
        """Forget what was set and set these. Raises ValueError or TypeError for a fault that cannot be."""
        found = [fault if isinstance(fault, Fault) else Fault(**fault) for fault in faults]
        with self._lock:
            self._faults = found

    def take(self, sender: str, path: str) -> Fault | None:
        """The first fault that has an answer to this request left, counted as used."""
        with self._lock:
            for fault in self._faults:
                left = fault.times is None or fault.spoilt < fault.times
                if left and fault.sender in ("*", sender) and re.search(fault.path, path):
                    fault.spoilt += 1
                    return fault
        return None

    def as_list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]
