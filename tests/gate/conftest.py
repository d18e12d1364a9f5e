"""A warehouse that the tests of one module share, and the gate of each feed on it."""

from collections.abc import Callable, Iterator

import pytest
from staged import Gate


@pytest.fixture(scope="module")
def module_warehouse(clone) -> Iterator[str]:
    """A fresh warehouse for all tests of a module."""
    with pytest.MonkeyPatch.context() as patch, clone() as dsn:
        patch.setenv("WAREHOUSE_DSN", dsn)
        yield dsn


@pytest.fixture(scope="module")
def gate_of(module_warehouse) -> Iterator[Callable[[str], Gate]]:
    """Makes the gate of a feed; all are closed when the module is done."""
    made: list[Gate] = []

    def of(feed: str) -> Gate:
        made.append(Gate(feed))
        return made[-1]

    yield of
    for gate in made:
        gate.close()
