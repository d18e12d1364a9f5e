"""Measured process: one build of published data."""

from labour_market.transform import build

from tests.bench.throwaway import report, seconds

if __name__ == "__main__":
    report(seconds=seconds(build))
