"""Deliveries of an office: from records to the bytes that are sent and to their announcement."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from simulator.area import District
from simulator.fairs import visits
from simulator.files import CSV, JSON, NDJSON, XLSX, Table, fill_in, json_lines, write_csv, write_xlsx
from simulator.survey import Record

VIETNAM = timezone(timedelta(hours=7))
FORM = "TT01-2022"


@dataclass
class HandOver:
    """A delivery before it is rendered. form: xlsx-a, xlsx-b, csv-a or csv-b, None for JSON; encoding: of a CSV.

    Bad deliveries use: edit_table, which changes the filled-in form before it is written; written_in, the real encoding where the
    declared one is wrong; declared, which replaces parts of the announcement; spoilt, the positions of spoilt records.
    """

    feed: str
    district: District
    period: str
    records: list[Record]
    media_type: str
    created_at: datetime
    form: str | None = None
    encoding: str | None = None
    sequence: int = 1
    supersedes: str | None = None
    status: str = "final"
    edit_table: Callable[[Table], None] | None = None
    written_in: str | None = None
    declared: dict[str, Any] = field(default_factory=dict)
    spoilt: set[int] = field(default_factory=set)

    @property
    def delivery_id(self) -> str:
        """The number under which the gateway announces it."""
        return f"{self.district.code}-{self.feed}-{self.period}-{self.sequence}"


@dataclass(frozen=True)
class Delivery:
    """A finished delivery: its announcement as the gateway lists it, and the file with its bytes (JSON: one record a line)."""

    announcement: dict[str, Any]
    payload: Path


def render(hand_over: HandOver) -> bytes:
    """The bytes of a delivery, for JSON its canonical lines; the same records always give the same bytes."""
    if hand_over.media_type in (JSON, NDJSON):
        return json_lines(hand_over.records)
    form = f"{FORM}/{hand_over.form}"
    table = fill_in(hand_over.feed, form, hand_over.records, hand_over.district)
    if hand_over.edit_table:
        hand_over.edit_table(table)
    first_layout = hand_over.form in ("xlsx-a", "csv-a")
    if hand_over.media_type == XLSX:
        return write_xlsx(table, hand_over.feed, hand_over.district, groups_first=first_layout)
    encoding = hand_over.written_in or hand_over.encoding or "utf-8"
    return write_csv(table, hand_over.feed, hand_over.district, encoding, bare=first_layout)


def typed_totals(feed: str, records: list[Record]) -> dict[str, int]:
    """The totals that an office types in addition to its records: openings, planned hires, attendees of each session."""
    if feed == "employers":
        return {"planned_hires_6m": sum(record["planned_hires_6m"] for record in records)}
    if feed == "job_orders":
        return {"openings": sum(record["openings"] for record in records)}
    if feed == "fair_attendance":
        sessions = {record["session_no"] for record in records}
        return {"attendees": sum(visits([r for r in records if r["session_no"] == session]) for session in sessions)}
    return {}


def announce(hand_over: HandOver, payload: bytes) -> dict[str, Any]:
    """The announcement: correct, except for the parts that the hand-over declares otherwise."""
    return {
        "delivery_id": hand_over.delivery_id,
        "feed": hand_over.feed,
        "sender_code": hand_over.district.code,
        "period": hand_over.period,
        "sequence": hand_over.sequence,
        "supersedes": hand_over.supersedes,
        "status": hand_over.status,
        "form_version": f"{FORM}/{hand_over.form}" if hand_over.form else FORM,
        "media_type": hand_over.media_type,
        "encoding": hand_over.encoding if hand_over.media_type == CSV else None,
        "record_count": len(hand_over.records),
        "size_bytes": len(payload),
        "sha256": hashlib.sha256(payload).hexdigest(),
        "declared_totals": {},
        "created_at": hand_over.created_at.isoformat(),
        **hand_over.declared,
    }
