"""From raw support to a score that means what it says: of answers with score 0.9, nine in ten are right."""

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CALIBRATION = Path(__file__).with_name("calibration.csv")
_SMALLEST_BIN = 12


@dataclass(frozen=True)
class Calibration:
    """steps: level -> (raw support from which on, share right, titles in the step), rising. digest: changes with the table."""

    steps: dict[int, list[tuple[float, float, int]]]
    digest: str

    def probability(self, level: int, support: float) -> float:
        """The share of titles with that much support whose code was right at that level."""
        right = 0.0
        for since, share, _ in self.steps[level]:
            if support < since:
                break
            right = share
        return right


@cache
def load_calibration() -> Calibration:
    """The table that was fitted on the calibration part of the labelled titles."""
    text = CALIBRATION.read_bytes()
    steps: dict[int, list[tuple[float, float, int]]] = {}
    for row in csv.DictReader(text.decode().splitlines()):
        steps.setdefault(int(row["level"]), []).append((float(row["support_from"]), float(row["share_right"]), int(row["titles"])))
    return Calibration(steps, hashlib.sha256(text).hexdigest()[:8])


def fit_steps(judged: Iterable[tuple[float, bool]]) -> list[tuple[float, float, int]]:
    """Isotonic steps (pool adjacent violators) of (support, right) pairs, each step of twelve titles or more.

    The share has one right and one wrong title added to it (Laplace), so that no step claims certainty.
    """
    pools: list[list[float]] = []  # first support, right, titles
    for support, right in sorted(judged):
        pools.append([support, float(right), 1.0])
        while len(pools) > 1 and (
            pools[-2][1] / pools[-2][2] >= pools[-1][1] / pools[-1][2] or pools[-2][2] < _SMALLEST_BIN
        ):
            last = pools.pop()
            pools[-1][1] += last[1]
            pools[-1][2] += last[2]
    if len(pools) > 1 and pools[-1][2] < _SMALLEST_BIN:
        last = pools.pop()
        pools[-1][1] += last[1]
        pools[-1][2] += last[2]
    return [(round(since, 4), round((right + 1) / (titles + 2), 3), int(titles)) for since, right, titles in pools]


def write_calibration(steps: dict[int, Sequence[tuple[float, float, int]]]) -> None:
    """Write the table; the next process reads it."""
    with CALIBRATION.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["level", "support_from", "share_right", "titles"])
        for level, of_level in sorted(steps.items()):
            writer.writerows([level, *step] for step in of_level)
    load_calibration.cache_clear()
