"""Shared by the benchmarks: deliveries of the simulator, landed as if they came from a gateway."""

from datetime import UTC, datetime
from pathlib import Path

from labour_market.batches import ledger
from labour_market.batches.landing import LandingStore
from labour_market.batches.states import BatchState
from labour_market.database import connect
from labour_market.settings import load_settings
from simulator.deliveries import Delivery
from simulator.province import build_province, latest

SENDER = "803"  # hands its survey over as JSON


def survey_delivery(home: Path, records: int) -> Delivery:
    """A clean survey delivery of so many records, made once a home."""
    province = build_province(home / "provinces", senders=[SENDER], rows={("labour_survey", SENDER): records}, scale=0.01, scenario="clean")
    return latest(province, "labour_survey", SENDER)


def land(delivery: Delivery, *, period: str | None = None, corrected: bool = False) -> int:
    """Put a delivery into the landing store and the ledger as a landed batch; returns the batch's id.

    corrected: the same again as the next sequence, one record in a hundred left out.
    """
    settings = load_settings()
    announced = delivery.announcement
    records = delivery.payload.read_bytes().splitlines(keepends=True)
    if corrected:
        records = [record for place, record in enumerate(records) if place % 100]
    landed = LandingStore(settings.landing_url).put(b"".join(records))
    with connect("loader", settings) as connection:
        batch_id = ledger.announce(
            connection,
            {
                "feed": announced["feed"],
                "sender_code": announced["sender_code"],
                "delivery_id": f"{announced['delivery_id']}-{period or announced['period']}{'-corrected' * corrected}",
                "period": period or announced["period"],
                "sequence": announced["sequence"] + corrected,
                "form_version": announced["form_version"],
                "media_type": announced["media_type"],
                "declared_records": len(records),
                "declared_bytes": landed.size,
                "declared_sha256": landed.sha256,
                "declared_totals": {},
                "delivery_created_at": datetime.now(UTC),
            },
            "bench",
        )
        assert batch_id is not None
        attempt = ledger.take(connection, batch_id, [BatchState.DISCOVERED])
        ledger.move(
            connection, batch_id, attempt, BatchState.LANDED, "bench",
            sha256=landed.sha256, bytes=landed.size, landing_path=str(landed.path),
        )  # fmt: skip
    return batch_id


def core_as_csv(path: Path) -> None:
    """The rows of core.labour_survey as one CSV file, for a bare COPY of the same rows."""
    everything = "copy core.labour_survey to stdout (format csv)"
    with connect("loader") as connection, connection.cursor().copy(everything) as copy, path.open("wb") as out:
        for piece in copy:
            out.write(piece)
