"""Measured process: the audit and the hand-written pass over the same staged rows, in turn; the fastest of three runs each."""

import great_expectations  # noqa: F401  # imports are not what is measured
from labour_market.batches import ledger
from labour_market.batches.landing import LandingStore
from labour_market.contracts import load_contract
from labour_market.database import connect
from labour_market.ingestion.pseudonyms import load_pseudonym_key
from labour_market.ingestion.staging import csv_chunks, make_stage_table, read_batch, stage_rows
from labour_market.quality.gate import audit
from labour_market.settings import load_settings

from tests.bench.handwritten_audit import handwritten_audit
from tests.bench.throwaway import report, seconds

if __name__ == "__main__":
    settings, contract = load_settings(), load_contract("labour_survey")
    times: dict[str, list[float]] = {"audit": [], "handwritten": []}
    with connect("loader", settings, autocommit=True) as loader, connect("auditor", settings, autocommit=True) as auditor:
        batches = ledger.find_batches(loader, feed=contract.feed, states=["landed"])
        table = make_stage_table(loader, contract, "bench")
        for batch in batches:
            rows, _ = read_batch(contract, batch, LandingStore(settings.landing_url), load_pseudonym_key(settings))
            stage_rows(loader, contract, batch, table, csv_chunks(contract, batch, rows))
        loader.execute(f"analyze stage.{table}".encode())
        for attempt in range(3):
            numbers = {batch.batch_id: attempt for batch in batches}
            times["audit"].append(seconds(lambda numbers=numbers: audit(auditor, contract, batches, numbers, table)))
            times["handwritten"].append(seconds(lambda: handwritten_audit(auditor, table)))
    report(**{name: min(found) for name, found in times.items()})
