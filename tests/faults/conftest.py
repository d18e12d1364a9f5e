"""Give each fault its seeds, and write what came of them."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from labour_market.gateway import GatewayClient
from labour_market.ingestion import pulling

from tests.faults.nights import built, office
from tests.faults.offices import Offices, served
from tests.faults.page import Outcome, page
from tests.integration.conftest import database, gateway, loader, original, province

__all__ = ["built", "database", "gateway", "loader", "office", "original", "province"]

SHORT_ROUND = 1
outcomes: dict[str, Outcome] = {}


@pytest.fixture
def offices(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offices]:
    """Scripted gateways of offices, and an impatient client for them."""
    monkeypatch.setattr(pulling, "GatewayClient", partial(GatewayClient, pause=0.01, tries=3, timeout=5.0))
    with served() as found:
        yield found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed; LMW_FAULT_SEEDS says how many, one otherwise."""
    mark = metafunc.definition.get_closest_marker("fault")
    if mark is not None and "seed" in metafunc.fixturenames:
        seeds = int(os.environ.get("LMW_FAULT_SEEDS", SHORT_ROUND))
        if seeds == SHORT_ROUND and not mark.kwargs["in_short_round"]:
            seeds = 0
        metafunc.parametrize("seed", range(1, min(seeds, mark.kwargs["most"] or seeds) + 1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Send the name of the fault with the report of its test, from the worker that runs it."""
    mark = item.get_closest_marker("fault")
    if mark is not None:
        item.user_properties.append(("fault", {**mark.kwargs, "file": item.path.stem}))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the outcome of each seed of a fault."""
    mark = dict(report.user_properties).get("fault")
    if isinstance(mark, dict) and (report.when == "call" or report.outcome != "passed"):
        outcome = outcomes.setdefault(mark["name"], Outcome(mark["name"], mark["promises"], mark["file"]))
        outcome.count("failed" if hasattr(report, "wasxfail") else report.outcome, report.longreprtext)  # a known violation is one


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page of promises where LMW_FAULT_PAGE says."""
    path = os.environ.get("LMW_FAULT_PAGE")
    if path and outcomes and not hasattr(session.config, "workerinput"):
        Path(path).write_text(page(sorted(outcomes.values(), key=lambda outcome: (outcome.file, outcome.name))), encoding="utf-8")
