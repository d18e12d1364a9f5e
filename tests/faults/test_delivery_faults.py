"""Faults of deliveries: their form, their records, their order, their size, and the lists that they are checked against."""

import csv
import gzip
import io
import json
import random
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
from labour_market.database import connect
from labour_market.database.kept_settings import SEED_HASH, keep_setting
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.replay import replay
from psycopg import sql
from simulator.files import JSON, XLSX, as_tcvn3, encode

from tests.faults import fault
from tests.faults.offices import DAY, DISTRICTS, MONTH, Announced, Offices, Record, communes, employers, form, night, orders
from tests.faults.oracle import (
    Key,
    check_nothing_is_lost,
    check_nothing_is_silent,
    check_others,
    check_second_night,
    current,
    expected,
    snapshot,
    states,
)
from tests.fixtures.hostile_workbooks import HOSTILE, workbook
from tests.unit.test_gateway import body


def clean(offices: Offices, rng: random.Random, *codes: str, feed: str = "job_orders") -> None:
    """A delivery without a fault of each of some districts."""
    for code in codes:
        count = rng.randrange(2, 6)
        records = orders(rng, count) if feed == "job_orders" else employers(rng, code, count)
        offices.announce(code, feed, DAY if feed == "job_orders" else MONTH, records)


def reason(loader: psycopg.Connection, sent: Announced) -> tuple[str, str]:
    """Of a blocked delivery: the rule without its feed, and the Vietnamese sentence."""
    rule, sentence = loader.execute(
        "select reason_rule, reason_vi from ops.batch where delivery_id = %s", [sent.announcement["delivery_id"]]
    ).fetchone() or ("", "")
    return str(rule).partition(".")[2], str(sentence)


def of_sender(loader: psycopg.Connection, sender: str, feed: str = "job_orders") -> dict[Key, tuple[str, ...]]:
    """The current records of one sender."""
    return {key: value for key, value in current(loader, feed).items() if key[0] == sender}


def quarantined(loader: psycopg.Connection, sent: Announced, action: str = "quarantine") -> set[int]:
    """The rows of a delivery in quarantine."""
    rows = loader.execute(
        "select row_no from quarantine.rejected_row join ops.batch using (batch_id) where delivery_id = %s and action = %s"
        " and status <> 'superseded'",
        [sent.announcement["delivery_id"], action],
    )
    return {row for (row,) in rows}


def check_night(loader: psycopg.Connection, offices: Offices, *touched: str, feed: str = "job_orders") -> None:
    """What every fault of a delivery ends with: P1, P2, P4 and P6."""
    check_others(loader, offices, *touched, feed=feed)
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_second_night(loader, offices.senders(sorted({s.sender for s in offices.sent.values()}), feed), feed)


def all_senders(offices: Offices, rng: random.Random, feed: str = "job_orders") -> Any:
    """The senders of everything that was announced, in random order."""
    found = offices.senders(sorted({s.sender for s in offices.sent.values()}), feed)
    rng.shuffle(found)
    return found


# ---- another schema


def _changed_csv(content: bytes, change: Callable[[list[list[str]]], None]) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    change(rows)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _drop(rows: list[list[str]], place: int) -> None:
    for row in rows:
        del row[place]


def _add(rows: list[list[str]], place: int, header: str) -> None:
    for number, row in enumerate(rows):
        row.insert(place, header if number == 0 else "x")


@fault("columns are added, dropped, renamed, doubled or put in another order, or change their type", promises="P1 P2 P4 P6")
def test_another_schema(seed: int, offices: Offices, loader) -> None:
    """The same values in another order are published; everything else is refused with the name of the column, or its row quarantined."""
    rng = random.Random(seed)
    codes = rng.sample(DISTRICTS, 10)
    files = {code: orders(rng, rng.randrange(10, 14)) for code in codes[:9]}
    headers = next(csv.reader(io.StringIO(form("job_orders", codes[0], files[codes[0]]).decode())))
    place = rng.randrange(len(headers))
    order = rng.sample(range(len(headers)), len(headers))
    changes: dict[str, Callable[[list[list[str]]], Any]] = {
        "added": lambda rows: _add(rows, place, "Ghi chú"),
        "dropped": lambda rows: _drop(rows, place),
        "renamed": lambda rows: rows[0].__setitem__(place, "Cột mới"),
        "doubled": lambda rows: _add(rows, place, headers[(place + 1) % len(headers)]),
        "reordered": lambda rows: rows.__setitem__(slice(None), [[row[n] for n in order] for row in rows]),
    }
    sent = {}
    for kind, code in zip(changes, codes, strict=False):
        content = _changed_csv(form("job_orders", code, files[code]), changes[kind])
        sent[kind] = offices.announce(code, "job_orders", DAY, files[code], content)
    required, optional = rng.choice(["title", "openings", "posted_on"]), rng.choice(["openings_female", "wage_max_vnd", "wage_text"])
    json_kinds: dict[str, Callable[[Record], Record]] = {
        "json added": lambda record: {**record, "employers": "x"},
        "json dropped": lambda record: {k: v for k, v in record.items() if k != required},
        "json renamed": lambda record: {f"{k}_new" if k in (optional,) else k: v for k, v in record.items()},
    }
    for kind, code in zip(json_kinds, codes[5:], strict=False):
        changed = list(map(json_kinds[kind], files[code]))
        lines = "".join(json.dumps(r, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for r in changed).encode()
        sent[kind] = offices.announce(code, "job_orders", DAY, files[code], lines, media_type=JSON, form_version=None)
    wrong = rng.randrange(len(files[codes[8]]))
    words = [{**r, "openings": "mười người"} if n == wrong else r for n, r in enumerate(files[codes[8]])]
    sent["type"] = offices.announce(codes[8], "job_orders", DAY, words)
    clean(offices, rng, codes[9])
    night(all_senders(offices, rng))

    for kind in ("reordered", "json added"):
        assert of_sender(loader, sent[kind].sender) == expected(sent[kind]), kind
    refused = {
        "added": "Ghi chú",
        "dropped": headers[place],
        "renamed": headers[place],
        "doubled": headers[(place + 1) % len(headers)],
        "json dropped": required,
        "json renamed": optional,
    }
    for kind, name in refused.items():
        rule, sentence = reason(loader, sent[kind])
        assert rule == "file.header_recognised" and name.casefold() in sentence.casefold(), (kind, rule, sentence)
        assert of_sender(loader, sent[kind].sender) == {}, "a column that is missing is not an empty column"
    (noted,) = loader.execute(
        "select detail from ops.batch_event join ops.batch using (batch_id) where delivery_id = %s and to_state = 'staged'",
        [sent["json added"].announcement["delivery_id"]],
    ).fetchone()
    assert noted == {"unknown_columns": ["employers"]}
    assert quarantined(loader, sent["type"]) == {wrong + 1}
    assert len(of_sender(loader, codes[8])) == len(words) - 1
    check_night(loader, offices, *codes[:9])


@fault(
    "text comes with a mark, other line ends, UTF-16, windows-1258, letters apart, an old font, or in another encoding",
    promises="P1 P2 P4 P6",
)
def test_another_encoding(seed: int, offices: Offices, loader) -> None:
    """What can be read for certain is published letter by letter; what cannot is refused; no text is broken in silence."""
    rng = random.Random(seed)
    bare = bool(seed % 2)
    readable: dict[str, tuple[Callable[[str], bytes], str | None]] = {
        "a mark": (lambda text: b"\xef\xbb\xbf" + text.encode(), rng.choice([None, "utf-8"])),
        "line ends": (lambda text: text.replace("\r\n", rng.choice(["\n", "\r"])).encode(), None),
        "utf-16": (lambda text: encode(text, "utf-16"), rng.choice(["utf-16", None])),
        "utf-16 without a mark": (lambda text: text.encode("utf-16-le"), "UTF-16LE"),
        "windows-1258": (lambda text: encode(text, "windows-1258"), rng.choice(["windows-1258", "CP1258"])),
        "letters apart": (lambda text: unicodedata.normalize("NFD", text).encode(), None),
    }
    broken: dict[str, tuple[Callable[[str], bytes], str | None]] = {
        "an old font": (lambda text: as_tcvn3(text).encode(), None),
        "bytes of an old font": (lambda text: as_tcvn3(text).encode("latin-1"), rng.choice([None, "windows-1252"])),
        "windows-1258 as UTF-8": (lambda text: encode(text, "windows-1258"), None),
        "UTF-8 as windows-1252": (lambda text: text.encode(), "windows-1252"),
        "an encoding that nobody has": (lambda text: text.encode(), "koi8-x"),
    }
    codes = rng.sample(DISTRICTS, 12)
    sent = {}
    for (kind, (write, encoding)), code in zip({**readable, **broken}.items(), codes, strict=False):
        records = orders(rng, rng.randrange(3, 8))
        text = form("job_orders", code, records, bare=bare).decode()
        version = f"TT01-2022/csv-{'a' if bare else 'b'}"
        sent[kind] = offices.announce(code, "job_orders", DAY, records, write(text), encoding=encoding, form_version=version)
    clean(offices, rng, codes[11])
    night(all_senders(offices, rng))
    for kind in readable:
        assert states(loader)[sent[kind].announcement["delivery_id"]] == "published", (kind, reason(loader, sent[kind]))
        assert of_sender(loader, sent[kind].sender) == expected(sent[kind]), kind
    for kind in broken:
        rule, _ = reason(loader, sent[kind])
        assert rule in ("file.encoding_readable", "file.text_readable", "file.header_recognised"), (kind, rule)
        assert of_sender(loader, sent[kind].sender) == {}
    check_night(loader, offices, *(s.sender for s in sent.values()))


# ---- the same delivery more than once


@fault("a delivery comes again: listed twice, under a new id, with its rows in another order, or with other bytes", promises="P1 P2 P4 P5")
def test_a_delivery_that_comes_again(seed: int, offices: Offices, loader) -> None:
    """However often it comes, it has one effect; other bytes under the same id are a finding, and change nothing."""
    rng = random.Random(seed)
    codes = rng.sample(DISTRICTS, 5)
    firsts = [offices.announce(code, "employers", MONTH, employers(rng, code, 6)) for code in codes]
    clean(offices, rng, codes[4], feed="employers")
    senders = all_senders(offices, rng, "employers")
    if rng.random() < 0.5:  # else both come in one night
        night(senders, "employers")
    relisted, bytes_twice, rows, other = firsts[:4]
    sequence = rng.choice([1, 2])
    offices.announce(bytes_twice.sender, "employers", MONTH, bytes_twice.records, sequence=sequence)
    offices.announce(rows.sender, "employers", MONTH, rng.sample(rows.records, 6), sequence=sequence)
    night(senders, "employers")
    before, expected_now = current(loader, "employers"), expected(*firsts)
    assert {key: value for key, value in before.items() if key[0] != codes[4]} == {
        key: value for key, value in expected_now.items() if key[0] != codes[4]
    }
    second = offices.announce(other.sender, "employers", MONTH, employers(rng, other.sender, 3), delivery_id="other-bytes")
    offices.sent.pop("other-bytes")
    kept = offices.sent[other.announcement["delivery_id"]]
    changed = Announced({**second.announcement, "delivery_id": other.announcement["delivery_id"]}, second.content, second.records)
    offices.sent[other.announcement["delivery_id"]] = changed
    night(senders, "employers")
    assert [(f.kind, f.sender_code) for f in reconcile().findings] == [("announcement_changed", other.sender)]
    offices.sent[other.announcement["delivery_id"]] = kept
    for _ in range(2):
        night(rng.sample(senders, len(senders)), "employers")
    assert current(loader, "employers") == before
    assert reconcile().findings == []
    assert relisted.announcement["delivery_id"] in states(loader)
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)


@fault("a key is twice in a delivery, with the same record or with another one", promises="P1 P2 P4 P6")
def test_a_key_that_is_there_twice(seed: int, offices: Offices, loader) -> None:
    """The same record twice is one, and counted; two that contradict each other are both quarantined: neither is known to be right."""
    rng = random.Random(seed)
    feed = rng.choice(["job_orders", "employers"])
    codes = rng.sample(DISTRICTS, 3)
    number, value = ("order_no", "openings") if feed == "job_orders" else ("employer_no", "headcount")
    rows: dict[str, dict[str, set[int]]] = {}
    for code, as_file in ((codes[0], False), (codes[1], feed == "job_orders")):
        records = orders(rng, 16) if feed == "job_orders" else employers(rng, code, 16)
        same, other = rng.sample(records, 2)
        twice = [*records, dict(same), {**other, value: other[value] + 1}]
        rng.shuffle(twice)
        sent = offices.announce(code, feed, DAY if feed == "job_orders" else MONTH, twice, form(feed, code, twice) if as_file else None)
        first = 2 if as_file else 1  # the number of the first record's row
        places = {r[number]: [n for n, record in enumerate(twice, first) if record[number] == r[number]] for r in (same, other)}
        rows[code] = {"quarantine": set(places[other[number]]), "normalise": set(places[same[number]][1:])}
        offices.sent[sent.announcement["delivery_id"]] = replace(sent, records=[record for record in records if record is not other])
    clean(offices, rng, codes[2], feed=feed)
    night(all_senders(offices, rng, feed), feed)
    for sent in list(offices.sent.values())[:2]:
        assert of_sender(loader, sent.sender, feed) == expected(sent)
        for action in ("quarantine", "normalise"):
            assert quarantined(loader, sent, action) == rows[sent.sender][action]
    check_night(loader, offices, *codes[:2], feed=feed)


# ---- corrections


@fault("corrections of a snapshot come late, early, with rows removed, or empty", promises="P1 P2 P4 P5 P6")
def test_corrections_of_a_snapshot_in_any_order(seed: int, offices: Offices, loader) -> None:
    """After each night the delivery of the highest sequence that has come is the truth, also when it is empty."""
    rng = random.Random(seed)
    code, other = rng.sample(DISTRICTS, 2)
    records = employers(rng, code, 8)
    clean(offices, rng, other, feed="employers")
    senders = all_senders(offices, rng, "employers") + offices.senders([code], "employers")
    arrivals = rng.sample(range(1, 6), 5)
    empty = rng.choice([2, 3, 4, 5])
    truth: dict[tuple[str, str], tuple[int, list[Record]]] = {}
    for number, sequence in enumerate(arrivals):
        period = rng.choice([MONTH, MONTH, "2022-12"])
        kept = (
            []
            if sequence == empty
            else [
                {**r, "headcount": r["headcount"] + sequence, "surveyed_on": "2022-12-01"} for r in rng.sample(records, rng.randrange(1, 9))
            ]
        )
        offices.announce(code, "employers", period, kept, sequence=sequence, created_at=f"2023-06-{10 + number}T16:00:00+07:00")
        if sequence >= truth.get((code, period), (0, []))[0]:
            truth[code, period] = (sequence, kept)
        if rng.random() < 0.7 or number == 4:
            night(senders, "employers")
            rows = loader.execute(
                "select period, employer_no, headcount from core.employers where recorded_to = 'infinity' and sender_code = %s", [code]
            ).fetchall()
            assert sorted(rows) == sorted((p, r["employer_no"], r["headcount"]) for (_, p), (_, held) in truth.items() for r in held)
    history = loader.execute(
        "select count(*) from core.employers as a join core.employers as b using (sender_code, period, employer_no)"
        " where a.ctid <> b.ctid and a.recorded_from < b.recorded_to and b.recorded_from < a.recorded_to"
    ).fetchone()
    assert history == (0,), "at each moment one version of a record was current"
    check_others(loader, offices, code, feed="employers")
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_second_night(loader, senders, "employers")


@fault("changes of older periods come late, and correct what newer ones hold already", promises="P1 P2 P4 P5")
def test_changes_in_any_order(seed: int, offices: Offices, loader) -> None:
    """Of each order the record of the latest period and sequence is current, whatever came last; a late one is kept in the history."""
    rng = random.Random(seed)
    code = rng.choice(DISTRICTS)
    sent = []
    for number, (day, sequence) in enumerate(rng.sample([(day, sequence) for day in range(11, 15) for sequence in (1, 2)], 6)):
        records = rng.sample(orders(rng, 5, day="2023-06-01"), rng.randrange(1, 6))
        period, at = f"2023-06-{day}", f"2023-06-{15 + number}T16:00:00+07:00"
        sent.append(offices.announce(code, "job_orders", period, records, sequence=sequence, created_at=at))
        if rng.random() < 0.5 or number == 5:
            night(offices.senders([code]))
            in_order = sorted(sent, key=lambda s: (s.announcement["period"], s.announcement["sequence"]))
            assert current(loader) == expected(*in_order)
    kept = loader.execute("select count(*) from core.job_orders").fetchone()
    assert kept == (sum(len(s.records) for s in sent),), "what came too late is kept"
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_second_night(loader, offices.senders([code]))


# ---- poison

POISON: list[tuple[str, Any, str | None]] = [  # a field, a value, and the text that core has; None: the row is in quarantine
    ("title", "x" * 1_000_000, None),
    ("title", "Thợ\x00 hàn", "Thợ hàn"),
    ("title", "=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ("title", "+1+cmd|x", "+1+cmd|x"),
    ("title", "-2+3+cmd", "-2+3+cmd"),
    ("title", "Thợ hàn 😀🔥", "Thợ hàn 😀🔥"),
    ("title", unicodedata.normalize("NFD", "Thợ điện lạnh"), "Thợ điện lạnh"),
    ("title", "\u202eThợ\u200b xây", "Thợ xây"),
    ("title", "Ðóng gói", "Đóng gói"),
    ("title", "x'; drop table core.job_orders; --", "x'; drop table core.job_orders; --"),
    ("title", "'0801", "0801"),
    ("title", "{stage} %s %(x)s \\. \\N", "{stage} %s %(x)s \\. \\N"),
    ("title", "#REF!", None),
    ("title", "\u0001\u0002", None),
    ("openings", 1e308, None),
    ("openings", "1E308", None),
    ("openings", "NaN", None),
    ("openings", "Infinity", None),
    ("openings", 2**31, None),
    ("openings", 10**39, None),
    ("openings", -1, None),
    ("openings", "1.5", None),
    ("openings", "٣٤", None),
    ("posted_on", "0001-01-01", None),
    ("posted_on", "9999-12-31", None),
    ("posted_on", "2023-02-30", None),
    ("posted_on", "infinity", None),
    ("posted_on", "0000-00-00", None),
]


@fault("records hold poison: a megabyte, NUL, formulas, emoji, letters apart, 1e308, NaN, the years 1 and 9999", promises="P1 P2 P4 P6 P8")
def test_poison(seed: int, offices: Offices, loader, caplog) -> None:
    """Each value is kept as it was typed, but for invisible signs, or its row is quarantined; the other rows are published."""
    rng = random.Random(seed)
    caplog.set_level("DEBUG")
    codes = rng.sample(DISTRICTS, 12)
    days = rng.sample([p for p in POISON if p[0] == "posted_on"], 5)  # the simulator writes no form with them
    others = rng.sample([p for p in POISON if p[0] != "posted_on"], len(POISON) - 5)
    outcomes: dict[str, tuple[Announced, set[int]]] = {}
    for place, code in enumerate(codes[:10]):
        as_file = place % 2 == 1
        records = orders(rng, 20)
        drawn = [others.pop() for _ in range(3 if as_file else 2) if others] + ([] if as_file else [days.pop()])
        texts: dict[int, str | None] = {}
        for row, (field, value, text) in zip(rng.sample(range(20), len(drawn)), drawn, strict=True):
            records[row] = {**records[row], field: value}
            texts[row] = text
        sent = offices.announce(code, "job_orders", DAY, records, form("job_orders", code, records) if as_file else None)
        readable = [{**r, "title": texts.get(n) or r["title"]} for n, r in enumerate(records) if texts.get(n, "") is not None]
        outcomes[code] = (replace(sent, records=readable), {n + 1 + as_file for n, text in texts.items() if text is None})
    invalid = form("job_orders", codes[10], orders(rng, 4)).replace(b"Th", b"\xff\xfeTh").replace(b"VL00003", b"VL\xc3\x28003")
    spoilt = offices.announce(codes[10], "job_orders", DAY, orders(rng, 4), invalid)
    clean(offices, rng, codes[11])
    night(all_senders(offices, rng))
    for code, (sent, rows) in outcomes.items():
        assert states(loader)[sent.announcement["delivery_id"]] == "published", reason(loader, sent)
        assert of_sender(loader, code) == expected(sent)
        assert quarantined(loader, sent) == rows
    assert reason(loader, spoilt)[0] == "file.encoding_readable"
    assert not [text for text in ("drop table", "cmd|", "xxxxxxxxxx") if text in caplog.text], "no value of a record is in a log"
    check_night(loader, offices, *codes[:11])


@fault("records have lists, objects or booleans in fields of text, numbers or dates", promises="P1 P2 P4 P6")
def test_lists_in_fields_of_text(seed: int, offices: Offices, loader) -> None:
    """The row is quarantined, or the value left out with a warning; no other row and no other sender is touched."""
    _spoil_fields(seed, offices, loader, lambda rng: rng.choice([["x"], [], {}, {"a": 1}, [[["x"]]], [None], {"": []}, True]))


@fault("numbers are beyond what a column can hold", promises="P1 P2 P4 P6")
def test_numbers_beyond_the_column(seed: int, offices: Offices, loader) -> None:
    """As a list in place of a text: the row is quarantined, or the value left out with a warning."""
    beyond = [2**31, 2**63 - 1, 2**63, 10**18, -(2**63), 10**40, 1e308, -1e308, 1e19, "1000000000000000000", "9" * 40, "-" + "9" * 30]
    numbers = {
        "employers": ["headcount", "headcount_female", "planned_hires_6m"],
        "job_orders": ["openings", "openings_female", "wage_min_vnd", "wage_max_vnd"],
    }
    _spoil_fields(seed, offices, loader, lambda rng: rng.choice(beyond), numbers)


# no lists of codes, and no items of a grid
NO_LISTS: list[Any] = [{"a": 1}, [["x"]], [None], [{}], [{"vsco2": []}], [{"vsco2": "81", "quantity": 2**70}], True, 7, "x;y", "[", [1e308]]


def _spoil_fields(
    seed: int,
    offices: Offices,
    loader: psycopg.Connection,
    draw: Callable[[random.Random], Any],
    fields: dict[str, list[str]] | None = None,
) -> None:
    """Put a value into one field of a few rows, for two feeds and several senders."""
    rng = random.Random(seed)
    codes = rng.sample(DISTRICTS, 5)
    spoilt: dict[str, dict[int, str]] = {}
    for feed in ("employers", "job_orders"):
        for code in codes[:4]:
            records = orders(rng, 20) if feed == "job_orders" else employers(rng, code, 20)
            names = (fields or {}).get(feed) or [n for n in records[0] if n != "posted_on"]
            rows = dict(zip(rng.sample(range(20), 3), (rng.choice(names) for _ in range(3)), strict=True))
            for row, name in rows.items():
                records[row] = {**records[row], name: rng.choice(NO_LISTS) if name in ("priority_groups", "demand_grid") else draw(rng)}
            sent = offices.announce(code, feed, DAY if feed == "job_orders" else MONTH, records)
            spoilt[sent.announcement["delivery_id"]] = rows
        clean(offices, rng, codes[4], feed=feed)
    senders = offices.senders(codes, "employers", "job_orders")
    night(senders, "employers", "job_orders")
    for delivery, rows in spoilt.items():
        sent = offices.sent[delivery]
        assert states(loader)[delivery] == "published", reason(loader, sent)
        in_quarantine = quarantined(loader, sent)
        assert in_quarantine <= {row + 1 for row in rows}
        clean_rows = Announced(sent.announcement, b"", [r for n, r in enumerate(sent.records) if n not in rows])
        found = of_sender(loader, sent.sender, sent.feed)
        assert expected(clean_rows).items() <= found.items()
        for row, name in rows.items():
            if row + 1 in in_quarantine:
                continue
            left = (
                loader.execute(
                    sql.SQL("select {} is null from core.{} join ops.batch using (batch_id) where delivery_id = %s and row_no = %s").format(
                        sql.Identifier(name), sql.Identifier(sent.feed)
                    ),
                    [delivery, row + 1],
                ).fetchone()
                if name not in ("contact_name", "contact_phone", "contact_email")
                else (True,)
            )
            warned = loader.execute(
                "select count(*) from ops.audit_result join ops.batch using (batch_id) where delivery_id = %s and verdict = 'warn'"
                " and %s = any(first_rows)",
                [delivery, row + 1],
            ).fetchone()
            assert left == (True,), f"{name} of {sent.feed} holds what cannot be read"
            assert warned != (0,), f"{name} of {sent.feed} was left out in silence"
    for feed in ("employers", "job_orders"):
        check_others(loader, offices, *codes[:4], feed=feed)
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_second_night(loader, senders, "employers", "job_orders")


# ---- too much


def _bombs(offices: Offices, rng: random.Random) -> dict[str, Callable[[str], Announced]]:
    """Deliveries that are small and want much; each is announced by a call with its sender."""

    def workbook_of(content: bytes) -> Callable[[str], Announced]:
        def announce(code: str) -> Announced:
            return offices.announce(code, "job_orders", DAY, orders(rng, 2), content, media_type=XLSX, form_version="TT01-2022/xlsx-a")

        return announce

    def claim(**declared: Any) -> Callable[[str], Announced]:
        return lambda code: offices.announce(code, "job_orders", DAY, orders(rng, 2), **declared)

    def answer(content: bytes, **headers: str) -> Callable[[str], Announced]:
        def announce(code: str) -> Announced:
            sent = offices.announce(code, "job_orders", DAY, orders(rng, 2))
            offices.spoil(code, sent.announcement["delivery_id"], body(content, JSON, **headers), permanent=True)
            return sent

        return announce

    deep = b"[" * rng.choice([60, 5_000, 500_000])
    return {
        "zip": workbook_of(workbook("<row>" + " " * 100 * 2**20 + "</row>")),
        "far cell": workbook_of(HOSTILE["far_cell"]()),
        "quadratic": workbook_of(HOSTILE["quadratic"]()),
        "a billion records": claim(record_count=10**9),
        "a petabyte": claim(size_bytes=2**50),
        "deep": answer(b'{"records": [{"title": ' + deep + (b"]" * 60 if len(deep) == 60 else b"") + b'}], "next_cursor": null}'),
        "gzip": answer(gzip.compress(b'{"records": [' + b" " * 100 * 2**20), Content_Encoding="gzip"),
        "a file without end": lambda code: offices.announce(code, "job_orders", DAY, orders(rng, 2), b"x" * 2**20 * 8),
        "a quote without end": lambda code: offices.announce(
            code, "job_orders", DAY, orders(rng, 2), form("job_orders", code, orders(rng, 2)).replace(b"VL", b'"VL') + b"x," * 2**20
        ),
        "many columns": lambda code: offices.announce(code, "job_orders", DAY, orders(rng, 2), b",".join([b"Ten"] * 200_000) + b"\n1"),
    }


@fault("deliveries are bombs: of zip, gzip and JSON, far cells, and claims of a billion records", promises="P1 P4 P6")
def test_bombs(seed: int, offices: Offices, loader) -> None:
    """Each ends with a sentence about a limit or a form, within seconds; the others are published."""
    rng = random.Random(seed)
    made = _bombs(offices, rng)
    kinds = rng.sample(sorted(made), len(made))
    codes = rng.sample(DISTRICTS, 12)
    sent = {kind: made[kind](code) for kind, code in zip(kinds, codes, strict=False)}
    clean(offices, rng, *codes[10:])
    started = time.monotonic()
    _, unreachable = night(all_senders(offices, rng))
    assert time.monotonic() - started < 200
    found = {kind: states(loader)[s.announcement["delivery_id"]] for kind, s in sent.items()}
    assert found.pop("gzip") == "discovered", "a page that is too long is no fault of the delivery alone"
    assert [sentence.split(":")[0] for sentence in unreachable] == [f"job_orders {sent['gzip'].sender}"]
    assert set(found.values()) == {"rejected"}
    for kind in ("zip", "a billion records", "a petabyte"):
        assert reason(loader, sent[kind])[0] == "file.too_large", kind
    check_others(loader, offices, *(s.sender for s in sent.values()))
    assert {key[0] for key in current(loader)} == set(codes[10:])
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader, waiting=[sent["gzip"].announcement["delivery_id"]])


# ---- lists, volumes, periods


@fault("a code is not in its list yet, and comes with a change of the list", promises="P1 P2 P4 P5 P6")
def test_a_code_that_comes_with_a_change_of_the_list(seed: int, offices: Offices, loader, warehouse: str) -> None:
    """A row with it is quarantined, such a batch blocked; after the change a replay releases the row, a night loads the batch."""
    rng = random.Random(seed)
    few, many, other = rng.sample(DISTRICTS, 3)
    missing = {code: rng.choice(communes(code)) for code in (few, many)}
    with psycopg.connect(warehouse, autocommit=True) as admin:
        for code in missing.values():
            admin.execute("update reference.area_unit set code = 'x' || code where level = 'commune' and code = %s", [code])
    records = employers(rng, few, 12)
    place = rng.randrange(12)
    for number, record in enumerate(records):
        usual = rng.choice([code for code in communes(few) if code != missing[few]])
        record["commune_code"] = missing[few] if number == place else usual
    one = offices.announce(few, "employers", MONTH, records)
    all_of_them = [{**record, "commune_code": missing[many]} for record in employers(rng, many, 10)]
    blocked = offices.announce(many, "employers", MONTH, all_of_them)
    clean(offices, rng, other, feed="employers")
    senders = all_senders(offices, rng, "employers")
    night(senders, "employers")
    assert quarantined(loader, one) == {place + 1}
    assert len(of_sender(loader, few, "employers")) == 11
    assert reason(loader, blocked)[0] == "row.commune_known"
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_second_night(loader, senders, "employers")

    with psycopg.connect(warehouse, autocommit=True) as admin:
        admin.execute("update reference.area_unit set code = substr(code, 2) where level = 'commune' and code like 'x%'")
    keep_setting(loader, SEED_HASH, f"changed-{seed}")
    replay("employers", sender=few, reason="the list has the commune", dry_run=False)
    night(senders, "employers")
    assert current(loader, "employers") == expected(*offices.sent.values())
    assert quarantined(loader, one) == set()
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    check_second_night(loader, senders, "employers")


@fault("a delivery has a tenth or ten times of the usual records, or a sender sends nothing for a period", promises="P1 P4 P5 P6")
def test_another_volume(seed: int, offices: Offices, loader) -> None:
    """A volume beyond the bounds is blocked with its numbers, and what was published stays; at the bounds it is published."""
    rng = random.Random(seed)
    low, high, least, most, silent = rng.sample(DISTRICTS, 5)
    usual = rng.choice([60, 80, 100])
    firsts = {code: offices.announce(code, "employers", MONTH, employers(rng, code, usual)) for code in (low, high, least, most)}
    senders = offices.senders([low, high, least, most, silent], "employers")
    counts = {low: usual // 10, high: usual * 10, least: usual // 2, most: usual * 2}
    sequence, period, same_night = rng.choice([(2, MONTH, False), (2, MONTH, True), (1, "2023-12", False)])
    if not same_night:
        night(senders, "employers")
    seconds = {
        code: offices.announce(
            code, "employers", period, employers(rng, code, count), sequence=sequence, created_at="2023-12-04T16:00:00+07:00"
        )
        for code, count in counts.items()
    }
    night(senders, "employers")
    for code in (low, high):
        rule, sentence = reason(loader, seconds[code])
        assert rule == "cross_batch.volume" and f"{usual} → {counts[code]}" in sentence
        assert of_sender(loader, code, "employers") == expected(firsts[code]), "what was published stays"
    for code in (least, most):
        assert states(loader)[seconds[code].announcement["delivery_id"]] == "published"
        assert of_sender(loader, code, "employers") == (
            expected(seconds[code]) if period == MONTH else expected(firsts[code], seconds[code])
        )
    loader.execute("update ops.gateway_request set listed_at = '2023-01-01'")
    with connect("bi_reader") as reader:
        reader.execute("set lmw.today = '2023-12-20'")
        due = set(reader.execute("select sender_code, period, state from bi.due_deliveries where feed = 'employers'").fetchall())
    assert {(silent, MONTH, "missing"), (silent, "2023-12", "missing")} <= due, "what did not come is missing, not zero"
    assert (low, "2023-12", "blocked" if period == "2023-12" else "missing") in due
    assert of_sender(loader, silent, "employers") == {}
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)


NO_PERIODS = [
    "2023-13",
    "2023-00",
    "2023-02-29",
    "[/]x",
    "infinity",
    "yesterday",
    "",
    "2023-6",
    "9999",
    "0000",
    "2023-06-14 ",
    "٢٠٢٣",
    "'; drop table x",
]


@fault("an announcement has a period that is no date, or one of the future", promises="P1 P2 P4 P6")
def test_periods_that_are_none(seed: int, offices: Offices, loader) -> None:
    """No such announcement is a batch; it is a finding with the name of the member, and the other deliveries of the sender come."""
    rng = random.Random(seed)
    bad, other = rng.sample(DISTRICTS, 2)
    wrong = rng.sample(NO_PERIODS, 5)
    for number, period in enumerate(wrong):
        offices.announce(bad, "job_orders", period, orders(rng, 2, first=100 + 2 * number))
    future = offices.announce(bad, "job_orders", "2031-01-01", orders(rng, 2, first=200))
    clean(offices, rng, bad, other)
    good = list(offices.sent.values())[-2:]
    senders = all_senders(offices, rng)
    night(senders)
    assert current(loader) == expected(*good)
    findings = reconcile().findings
    assert [(f.kind, f.sender_code) for f in findings] == [("announcement_unreadable", bad)] * len(wrong)
    assert all("period" in f.detail and "drop" not in f.detail for f in findings)
    assert reason(loader, future)[0] == "file.period_open"
    assert len(states(loader)) == 3
    before = snapshot(loader)
    for delivery, sent in list(offices.sent.items()):
        if sent.announcement["period"] in wrong:
            del offices.sent[delivery]
    check_nothing_is_lost(loader, offices)
    check_nothing_is_silent(loader)
    night(senders)
    assert snapshot(loader) == before
    assert reconcile().findings == [], "a finding ends with its announcement"
