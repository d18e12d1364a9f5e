"""What a fault test is given; the hooks give each fault its seeds, and write what came of them."""

from collections.abc import Iterator
from functools import partial

import pytest
from labour_market.gateway import GatewayClient
from labour_market.ingestion import pulling

from tests.faults.offices import Offices, built, office, served
from tests.faults.page import pytest_generate_tests, pytest_runtest_logreport, pytest_runtest_setup, pytest_sessionfinish
from tests.integration.conftest import database, loader

__all__ = [
    "built", "database", "loader", "office",
    "pytest_generate_tests", "pytest_runtest_logreport", "pytest_runtest_setup", "pytest_sessionfinish",
]  # fmt: skip


@pytest.fixture
def offices(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offices]:
    """Scripted gateways of offices, and an impatient client for them."""
    monkeypatch.setattr(pulling, "GatewayClient", partial(GatewayClient, pause=0.01, tries=3, timeout=5.0))
    with served() as found:
        yield found
