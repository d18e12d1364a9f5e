"""Faults, each with a name, against the promises of docs/promises.md. `make faults` runs them with many seeds and writes that page.

A fault is a test function with a parameter `seed`:

    @fault("a body of an answer is cut short", promises="P1 P6")
    def test_a_cut_body_is_asked_again(seed, warehouse): ...

The seed varies where the fault is injected and what is sent. A test that fails is a violation.
"""

from collections.abc import Callable
from typing import Any

import pytest

# the meaning of each promise, as docs/promises.md prints it
PROMISES = {
    "P1": "No loss: each acknowledged record is published, quarantined, superseded or in an unpublished batch, and its bytes are kept.",
    "P2": "One effect: however often a batch is delivered, retried, replayed or loaded at the same time, core and marts are the same.",
    "P3": "Atomic: a reader sees one version of each partition at any time, never a mixture and never an empty partition in between.",
    "P4": "Not silent: each batch reaches a final state or is reported, and what is missing is reported as missing, not as zero.",
    "P5": "Latest: the order of versions decides, not the order of arrival, and history keeps what was published when.",
    "P6": "Isolation: one bad delivery or sender changes and delays no other.",
    "P7": "Reproducible: a replay of all kept bytes into an empty database gives the same core, marts and vault.",
    "P8": "No leak: no direct identifier is in logs, findings, alerts or views.",
}


def fault(name: str, *, promises: str, most: int | None = None, in_short_round: bool = True) -> Callable[[Any], Any]:
    """Mark a test as a fault.

    Args:
        name: a short sentence: what goes wrong.
        promises: the promises that are checked, as "P1 P2".
        most: the largest number of seeds, for a fault that takes minutes.
        in_short_round: whether it is run where each fault has one seed, as on every commit.
    """
    unknown = set(promises.split()) - PROMISES.keys()
    assert not unknown, unknown
    return pytest.mark.fault(name=name, promises=promises.split(), most=most, in_short_round=in_short_round)
