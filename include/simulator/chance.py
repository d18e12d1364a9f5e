"""Reproducible random draws by weight."""

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from random import Random
from typing import TypeVar

Value = TypeVar("Value")
Draw = Callable[[Random], Value]


def by_weight(weights: Mapping[Value, float] | Iterable[tuple[Value, float]]) -> Draw[Value]:
    """A function that draws one of the values, with a probability in proportion to its weight."""
    pairs: list[tuple[Value, float]] = list(weights.items() if isinstance(weights, Mapping) else weights)
    values = [value for value, _ in pairs]
    bounds = list(accumulate(weight for _, weight in pairs))
    last = len(values) - 1

    def draw(rng: Random) -> Value:
        return values[bisect(bounds, rng.random() * bounds[-1], 0, last)]

    return draw


def stream(seed: int, *purpose: str) -> Random:
    """The random numbers for one purpose, so that a new draw for one purpose does not change the others."""
    return Random(":".join([str(seed), *purpose]))
