"""The page of promises counts the seeds of each fault, and gives the reason of each that failed or was not run."""

from pathlib import Path

import pytest

from tests.faults.page import Outcome, page

pytest_plugins = ["pytester"]
FAULTS = """
import pytest
from tests.faults import fault

@fault("the first fault", promises="P1")
def test_first(seed):
    assert seed != 2, "a row\\nis lost"

@pytest.mark.xfail(strict=True, reason="the late one wins")
@fault("the second fault", promises="P2")
def test_second(seed):
    assert seed < 1

@fault("the third fault", promises="P3", most=1)
def test_third(seed):
    pytest.skip("no disk here")

@pytest.fixture
def broken():
    yield
    raise OSError("the end fails")

@fault("the fourth fault", promises="P4", most=1)
def test_fourth(seed, broken):
    pass
"""


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_the_page_has_the_reason_of_each_violation_and_of_each_seed_that_was_not_run(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    root = Path(__file__).parents[2]
    written = pytester.path / "page.md"
    monkeypatch.setenv("LMW_FAULT_PAGE", str(written))
    monkeypatch.setenv("LMW_FAULT_SEEDS", "2")
    monkeypatch.setenv("PYTHONPATH", str(root))
    pytester.makeini("[pytest]\nmarkers =\n    fault: a fault\n")
    pytester.makeconftest("from tests.faults.page import *")
    pytester.makepyfile(test_some_faults=FAULTS)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", *workers)
    text = written.read_text(encoding="utf-8")
    assert "\n4 faults, 5 seeds, 4 violations.\n" in text
    rows = [line.split(" | ")[-3:] for line in text.splitlines() if "`test_some_faults`" in line]
    assert [row[:2] for row in rows] == [["2", "1"], ["1", "1"], ["2", "2"], ["0", "0"]]
    table, _, rest = text.rpartition("`test_some_faults` |\n")
    assert table
    assert rest.splitlines() == [
        "",
        "## Violations",
        "",
        "- the first fault, seed 2: `AssertionError: a row`",
        "- the fourth fault, seed 1: `OSError: the end fails`",
        "- the second fault, seed 1: `known: the late one wins`",
        "- the second fault, seed 2: `known: the late one wins`",
        "",
        "## Not run",
        "",
        "- the third fault, seed 1: `no disk here`",
    ]


def test_one_is_singular_and_a_page_without_violations_ends_with_its_table() -> None:
    outcome = Outcome("a fault", ["P1"], "test_x")
    outcome.count(1, "passed")
    text = page([outcome])
    assert "\n1 fault, 1 seed, 0 violations.\n" in text
    assert text.endswith("| a fault | P1 | 1 | 0 | `test_x` |\n")
    outcome.count(1, "failed", "the end fails")
    assert "\n1 fault, 1 seed, 1 violation.\n" in page([outcome])
