"""Measured process: the load of landed survey deliveries to core, without the time of imports."""

import great_expectations  # noqa: F401  # imports are not what is measured
from labour_market.ingestion.loading import load

from tests.bench.throwaway import report, seconds

if __name__ == "__main__":
    outcome = {}
    taken = seconds(lambda: outcome.update(load("labour_survey").outcomes))
    assert set(outcome.values()) == {"published"}, outcome
    report(seconds=taken)
