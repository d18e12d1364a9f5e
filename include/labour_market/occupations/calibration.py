"""Calibration: turns raw support into a score that is a share of right answers. Of answers with score 0.9, nine in ten are right."""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CALIBRATION = Path(__file__).with_name("calibration.csv")
_SMALLEST_STEP = 20

Step = tuple[float, float, int]
Steps = dict[tuple[str, int], list[Step]]


@dataclass(frozen=True)
class Calibration:
    """steps: (kind of evidence, level) -> (lowest support, share right, number of titles), rising. digest: of the table's file."""

    steps: Mapping[tuple[str, int], Sequence[Step]]
    digest: str

    def probability(self, level: int, method: str, support: float) -> float:
        """The share of titles with such evidence whose code was right at that level; 0 below the first step.

        Args:
            level: Digits of the code: 1, 2 or 4.
            method: The coding method.
            support: The support that the evidence gives to the code.
        """
        share_right = 0.0
        for since, share, _ in self.steps[evidence_kind(method), level]:
            if support < since:
                break
            share_right = share
        return share_right


def evidence_kind(method: str) -> str:
    """The kind of evidence of a method: titles that are the name of a trade are right more often than others with the same support."""
    return "exact" if method == "exact_title" else "other"


@cache
def load_calibration() -> Calibration:
    """Read the table that was fitted on the calibration part of the labelled titles."""
    text = CALIBRATION.read_bytes()
    steps: Steps = {}
    for row in csv.DictReader(text.decode("utf-8").splitlines()):
        step = (float(row["support_from"]), float(row["share_right"]), int(row["titles"]))
        steps.setdefault((row["evidence"], int(row["level"])), []).append(step)
    return Calibration(steps, hashlib.sha256(text).hexdigest()[:8])


def fit_steps(judged: Iterable[tuple[float, bool]]) -> list[Step]:
    """Fit isotonic steps by pooling adjacent violators.

    One right and one wrong title are added to each step (Laplace), so that no step has the share 0 or 1.

    Args:
        judged: Pairs of support and whether the answer was right.

    Returns:
        Steps (lowest support, share right, titles) of twenty titles or more; no share is lower than the one before.
    """
    pools: list[list[float]] = []  # first support, right, titles
    for support, right in sorted(judged):
        pools.append([support, float(right), 1.0])
        while len(pools) > 1 and (pools[-2][2] < _SMALLEST_STEP or pools[-2][1] * pools[-1][2] >= pools[-1][1] * pools[-2][2]):
            _merge_last(pools)
    while len(pools) > 1 and pools[-1][2] < _SMALLEST_STEP:
        _merge_last(pools)
    steps: list[Step] = []
    for since, hits, titles in pools:
        share = max((hits + 1) / (titles + 2), steps[-1][1] if steps else 0.0)
        steps.append((round(since, 4), round(share, 3), int(titles)))
    return steps


def _merge_last(pools: list[list[float]]) -> None:
    _, right, titles = pools.pop()
    pools[-1][1] += right
    pools[-1][2] += titles


def write_calibration(steps: Steps, path: Path = CALIBRATION) -> None:
    """Write the table, instead of the one that is there."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["evidence", "level", "support_from", "share_right", "titles"])
        for (evidence, level), of_level in sorted(steps.items()):
            writer.writerows([evidence, level, *step] for step in of_level)
    load_calibration.cache_clear()
