"""Random deliveries of a feed: clean ones in which values, structures and announcements were changed at random."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.area import read_districts
from simulator.files import CSV, JSON, XLSX, fill_in, write_csv, write_xlsx

from tests.fixtures.hostile_workbooks import HOSTILE, workbook

ENCODINGS = [None, "utf-8", "utf-16", "windows-1258", "windows-1252", "koi8-r", "none", "x" * 40]
MEDIA_TYPES = [JSON, CSV, XLSX, "application/x-ndjson", "text/html", "application/pdf"]
PERIODS = ["2023", "2023-05", "2023-06", "2023-06-14", "2030-01", "1900", "9998-12", "2023-13", "[/]x", "infinity", "0000"]
TEXTS = [
    "", " ", "-", "x", "không rõ", "[bold]", "{stage}", "%s", "%(x)s", "'; drop table ops.batch; --", "\\", '"', "\\.",
    "a,b;c\td", "\n\r\n", "\x00", "a\x00b", "\x1b[31m", "\u202e\u200b\ufeff", "e\u0301" * 50, "😀" * 30, "9" * 400,
    "x" * 200_000,
    "2023-02-30", "0000-00-00", "9999-12-31", "31/12/0001", "1/1/10000", "infinity", "-infinity", "now", "epoch", "2023-06-14T25:00:00",
    "2023-06-14T00:00:00+99:00", "1E400", "1e9999999", "NaN", "-0", "٣٤", "²", "1.000.000.000.000.000.000.000", "0,0000000001", "1/0",
    "7-9 triệu", "thỏa thuận", "true", "null", "{}", "{a,b}", "[1]", "080190000001", "0901000123", "=1+1", "#REF!", "1900-01-00", "45000.5",
]  # fmt: skip
NUMBERS = [
    0,
    -1,
    1,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63) - 1,
    10**18,
    10**40,
    0.1,
    1.5,
    -0.0,
    1e308,
    5e-324,
    1e18,
    45000.5,
    2958466,
]


@dataclass(frozen=True)
class Clean:
    """A clean delivery: what was announced of it, and its records."""

    announcement: dict[str, Any]
    records: list[dict[str, Any]]


def value(rng: random.Random, depth: int = 0) -> Any:
    """A random value of JSON."""
    kind = rng.randrange(10 if depth < 4 else 8)
    if kind == 0:
        return "a\ud800" if rng.random() < 0.01 else None  # half of a pair, which no JSON may hold
    if kind == 1:
        return rng.random() < 0.5
    if kind in (2, 3):
        return rng.choice(NUMBERS)
    if kind == 8:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 9:
        return {rng.choice(TEXTS)[:30]: value(rng, depth + 1) for _ in range(rng.randrange(4))}
    return rng.choice(TEXTS) if rng.random() < 0.8 else "".join(chr(rng.randrange(0x3000)) for _ in range(rng.randrange(40)))


def announcement(rng: random.Random, clean: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """A clean announcement with other facts, in which some members were changed."""
    changed = {**clean, **facts, "supersedes": None, "declared_totals": {}}
    if rng.random() < 0.5:
        return changed
    name = rng.choice([*changed, "declared_totals", "period", "created_at"])
    likely = {"period": PERIODS, "encoding": ENCODINGS, "media_type": MEDIA_TYPES, "sequence": [1, 2, 2**31 - 1], "form_version": TEXTS}
    if name == "declared_totals":
        names = ["records", "attendees", "households", "orders", "placements", "planned_hires", *TEXTS[:6]]
        changed[name] = {rng.choice(names): value(rng, 9) for _ in range(rng.randrange(4))}
    elif name == "record_count":
        changed[name] = rng.choice([0, changed[name] + 1, 2**31 - 1, 2**53, -1, "1"])
    elif name == "created_at":
        changed[name] = rng.choice(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2023-06-30T15:00:00+07:00", *TEXTS])
    elif name not in ("feed", "sender_code", "delivery_id", "sha256", "size_bytes", "status"):
        changed[name] = rng.choice(likely[name]) if name in likely else value(rng)
    return changed


def _changed(rng: random.Random, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some records with other values, members and repetitions."""
    chosen = [dict(record) for record in rng.sample(records, min(len(records), rng.randrange(1, 25)))]
    share = rng.choice([0.02, 0.1, 0.5])
    for record in chosen:
        for name in list(record):
            if rng.random() < share:
                record[name] = value(rng)
        if rng.random() < share / 4:
            record.pop(rng.choice(list(record)))
        if rng.random() < share / 4:
            record[rng.choice(TEXTS)[:60]] = value(rng)
    return chosen + [dict(record) for record in chosen if rng.random() < 0.05]


def _json_delivery(rng: random.Random, clean: Clean) -> tuple[bytes, dict[str, Any]]:
    records = _changed(rng, clean.records)
    lines = [json.dumps(record, ensure_ascii=True).encode() for record in records]
    odd = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"1",
        b"{",
        b'{"a":1}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"[" * 5000,
        b'{"a":' * 60 + b"1" + b"}" * 60,
        b"NaN",
    ]
    if rng.random() < 0.15:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(odd))
    return rng.choice([b"\n", b"\n", b"\n", b"\r\n"]).join(lines) + b"\n", {"media_type": JSON, "record_count": len(lines)}


def _form_delivery(rng: random.Random, clean: Clean) -> tuple[bytes, dict[str, Any]]:
    """A form as workbook or CSV, filled in with clean records; then its cells, rows and columns are changed."""
    form = rng.choice(["xlsx-a", "xlsx-b", "csv-a", "csv-b"])
    feed, district = clean.announcement["feed"], read_districts()["803"]
    records = [dict(record) for record in rng.sample(clean.records, min(len(clean.records), rng.randrange(1, 25)))]
    table = fill_in(feed, f"TT01-2022/{form}", records, district)
    share = rng.choice([0.02, 0.1, 0.5])
    for row in table.rows:
        for place in range(len(row)):
            if rng.random() < share:
                drawn = value(rng, 9)
                row[place] = (
                    drawn
                    if not isinstance(drawn, str)
                    else "".join(c for c in drawn[:30_000] if c >= " " and not "\ud800" <= c <= "\udfff")
                )
    if form.startswith("xlsx"):
        content, media_type = write_xlsx(table, feed, district, groups_first=form.endswith("-a")), XLSX
    else:
        content, media_type = write_csv(table, feed, district, "utf-8", bare=form.endswith("-a")), CSV
    return content, {"media_type": media_type, "form_version": f"TT01-2022/{form}", "record_count": len(records)}


def _structure(rng: random.Random, clean: Clean) -> tuple[bytes, dict[str, Any]]:
    """A workbook of random XML, or one that crashes its reader."""
    if rng.random() < 0.05:
        content = HOSTILE[rng.choice(["far_cell", "far_reference", "missing_part", "missing_relationship"])]()
    else:
        quote = rng.choice("\"'")

        def cell() -> str:
            place = rng.choice(["A1", "B2", "Z9", "AA100", "XFD1", "A1048576", "a1", "1A", "", f"C{rng.randrange(1, 50)}"])
            kind = rng.choice(["n", "s", "str", "b", "e", "d", "inlineStr", "?"])
            inner = rng.choice(
                ["<v>1</v>", "<v>x</v>", "<v/>", "<v>99999</v>", "<f>1+1</f>", "<is><t>chữ</t></is>", "<v>#N/A</v>", "<f><v>"]
            )
            return f"<c r={quote}{place}{quote} t={quote}{kind}{quote}>{inner}</c>"

        rows = (
            f"<row r={quote}{rng.randrange(60)}{quote}>{''.join(cell() for _ in range(rng.randrange(6)))}</row>"
            for _ in range(rng.randrange(12))
        )
        content = workbook("".join(rows))
    form = rng.choice(["TT01-2022/xlsx-a", "TT01-2022/xlsx-b"])
    return content, {"media_type": XLSX, "form_version": form, "record_count": rng.randrange(4)}


def _damaged(rng: random.Random, clean: Clean) -> tuple[bytes, dict[str, Any]]:
    """Another delivery of which some bytes were changed or cut off."""
    content, facts = rng.choice([_json_delivery, _form_delivery])(rng, clean)
    data = bytearray(content[: rng.randrange(len(content) + 1)] if rng.random() < 0.4 else content)
    for _ in range(rng.randrange(6) if data else 0):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data), facts


KINDS: list[Callable[[random.Random, Clean], tuple[bytes, dict[str, Any]]]] = [
    _json_delivery,
    _json_delivery,
    _form_delivery,
    _structure,
    _damaged,
]


def delivery(rng: random.Random, clean: Clean) -> tuple[bytes, dict[str, Any]]:
    """The bytes and the announcement of a random delivery."""
    content, facts = rng.choice(KINDS)(rng, clean)
    return content, announcement(rng, clean.announcement, **facts)
