"""The seeds of each fault, and the page of promises: what came of each of them. The hooks are those of pytest."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.faults import PROMISES

HEAD = """# Promises

What the warehouse promises, and the faults that try to break it. `make faults` runs every fault with many seeds and writes this page.
A violation is a seed after which a promise did not hold. A seed that could not be run on the machine is not counted; the reason is given.

It is not "exactly-once delivery", which no system can promise: a delivery may arrive any number of times, and has one effect.
"""
LONGEST_REASON = 300
SHORT_ROUND = 1


@dataclass
class Outcome:
    """What came of the seeds of one fault. violations, not_run: the reason of each such seed."""

    name: str
    promises: Sequence[str]
    file: str
    passed: set[int] = field(default_factory=set)
    violations: dict[int, str] = field(default_factory=dict)
    not_run: dict[int, str] = field(default_factory=dict)

    @property
    def seeds(self) -> int:
        """How many seeds were run. One whose test passed, and whose end then failed, is one."""
        return len(self.passed | self.violations.keys())

    def count(self, seed: int, outcome: str, reason: str = "") -> None:
        """Count one seed: passed, failed (a violation) or skipped, and keep why."""
        reason = " ".join(reason.split())
        if outcome == "passed":
            self.passed.add(seed)
        else:
            reasons = self.violations if outcome == "failed" else self.not_run
            reasons.setdefault(seed, reason[:LONGEST_REASON] or "no reason was given")


def outcome_of(report: pytest.TestReport) -> tuple[str, str]:
    """Passed, failed or skipped, and why. A known violation, which pytest expects to fail, is a violation with its reason."""
    if report.outcome == "skipped" and hasattr(report, "wasxfail"):
        return "failed", f"known: {str(report.wasxfail).removeprefix('reason: ')}"
    if isinstance(report.longrepr, tuple):  # of a skipped test: file, line and reason
        return report.outcome, str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    return report.outcome, crash.message.partition("\n")[0] if crash else report.longreprtext


def page(outcomes: Sequence[Outcome]) -> str:
    """The page as Markdown."""
    seeds, violations = sum(outcome.seeds for outcome in outcomes), sum(len(outcome.violations) for outcome in outcomes)
    promises = [f"| {code} | {text} |" for code, text in PROMISES.items()]
    rows = [
        f"| {outcome.name} | {' '.join(outcome.promises)} | {outcome.seeds} | {len(outcome.violations)} | `{outcome.file}` |"
        for outcome in outcomes
    ]
    return "\n".join([
        HEAD,
        "| Promise | Meaning |\n|---|---|",
        *promises,
        f"\n{_number(len(outcomes), 'fault')}, {_number(seeds, 'seed')}, {_number(violations, 'violation')}.\n",
        "| Fault | Promises | Seeds | Violations | File below `tests/faults` |\n|---|---|---|---|---|",
        *rows,
        *_reasons("Violations", {outcome.name: outcome.violations for outcome in outcomes}),
        *_reasons("Not run", {outcome.name: outcome.not_run for outcome in outcomes}),
        "",
    ])  # fmt: skip


def _reasons(title: str, found: dict[str, dict[int, str]]) -> list[str]:
    """A section with the reason of each seed, or nothing when there is none."""
    lines = [f"- {name}, seed {seed}: `{text.replace('`', ' ')}`" for name, seeds in found.items() for seed, text in sorted(seeds.items())]
    return [f"\n## {title}\n", *lines] if lines else []


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


# ---- hooks

outcomes: dict[str, Outcome] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each seed; LMW_FAULT_SEEDS says how many, one otherwise."""
    mark = metafunc.definition.get_closest_marker("fault")
    if mark is not None and "seed" in metafunc.fixturenames:
        seeds = int(os.environ.get("LMW_FAULT_SEEDS", SHORT_ROUND))
        if seeds == SHORT_ROUND and not mark.kwargs["in_short_round"]:
            seeds = 0
        metafunc.parametrize("seed", range(1, min(seeds, mark.kwargs["most"] or seeds) + 1))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Send the name and the seed of the fault with the report of its test, from the worker that runs it."""
    mark = item.get_closest_marker("fault")
    if mark is not None and isinstance(item, pytest.Function):
        item.user_properties.append(("fault", {**mark.kwargs, "file": item.path.stem, "seed": item.callspec.params["seed"]}))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the outcome of each seed of a fault."""
    mark = dict(report.user_properties).get("fault")
    if isinstance(mark, dict) and (report.when == "call" or report.outcome != "passed"):
        outcome = outcomes.setdefault(mark["name"], Outcome(mark["name"], mark["promises"], mark["file"]))
        outcome.count(mark["seed"], *outcome_of(report))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page of promises where LMW_FAULT_PAGE says."""
    path = os.environ.get("LMW_FAULT_PAGE")
    if path and outcomes and not hasattr(session.config, "workerinput"):
        Path(path).write_text(page(sorted(outcomes.values(), key=lambda outcome: (outcome.file, outcome.name))), encoding="utf-8")
