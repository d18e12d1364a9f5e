"""The page of promises: each fault, the seeds that were run, the violations."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults import PROMISES

HEAD = """# Promises

What the warehouse promises, and the faults that try to break it. `make faults` runs every fault with many seeds and writes this page.
A violation is a seed after which a promise did not hold. A seed that could not be run on the machine is not counted; the reason is given.

It is not "exactly-once delivery", which no system can promise: a delivery may arrive any number of times, and has one effect.
"""


@dataclass
class Outcome:
    """What came of the seeds of one fault."""

    name: str
    promises: Sequence[str]
    file: str
    seeds: int = 0
    violations: int = 0
    not_run: str = ""

    def count(self, outcome: str, reason: str) -> None:
        """Count one seed: passed, failed (a violation) or skipped."""
        if outcome == "skipped":
            self.not_run = reason.rsplit("Skipped: ", 1)[-1].rstrip("')")
            return
        self.seeds += 1
        self.violations += outcome == "failed"


def page(outcomes: Sequence[Outcome]) -> str:
    """The page as Markdown."""
    seeds, violations = sum(outcome.seeds for outcome in outcomes), sum(outcome.violations for outcome in outcomes)
    promises = [f"| {code} | {text} |" for code, text in PROMISES.items()]
    rows = [
        f"| {outcome.name} | {' '.join(outcome.promises)} | {outcome.seeds or outcome.not_run} | {outcome.violations} | `{outcome.file}` |"
        for outcome in outcomes
    ]
    return "\n".join([
        HEAD,
        "| Promise | Meaning |\n|---|---|",
        *promises,
        f"\n{len(outcomes)} faults, {seeds} seeds, {violations} violations.\n",
        "| Fault | Promises | Seeds | Violations | File below `tests/faults` |\n|---|---|---|---|---|",
        *rows,
        "",
    ])  # fmt: skip
