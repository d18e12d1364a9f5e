"""The province of one night: the records of all offices, generated from one seed, and kept on disk as the bytes that are served."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from simulator import area
from simulator.area import District, read_districts, read_senders, share_out
from simulator.chance import stream
from simulator.deliveries import Delivery, HandOver, announce, render, typed_totals
from simulator.employers import employer_records, order_records
from simulator.fairs import GOLDEN_SESSIONS, POSTPONED, SESSIONS, attendance_records, session_records, visits
from simulator.files import LAYOUTS
from simulator.people import Office, citizen_numbers, old_numbers
from simulator.programme import VINTAGES, placement_hand_overs, programme_hand_overs, register_hand_overs
from simulator.scenario import DAILY, PERIODS, day_before, form_of, handed_over_at, spoil_night
from simulator.survey import Record, survey_records

SEED = 20230614
NIGHT = {"labour_survey": 60_000, "employers": 2_000, "job_orders": 4_000, "fair_attendance": 3_000, "placements": 600}
SCENARIOS = ("default", "clean", "golden")


@dataclass(frozen=True)
class Province:
    """A night that is ready to be served. senders: code -> name; expected: see scenario.spoil_night."""

    senders: dict[str, str]
    deliveries: tuple[Delivery, ...]
    expected: tuple[dict[str, Any], ...]


def build_province(
    cache: Path,
    *,
    seed: int = SEED,
    scale: float = 1.0,
    scenario: str = "default",
    senders: Sequence[str] = area.SENDER_CODES,
    rows: Mapping[tuple[str, str], int] | None = None,
) -> Province:
    """Generate a night, or read it from the cache, whose key is a hash of all inputs, this code included.

    scale: factor on the default night of 60,000 survey forms, 2,000 employers, 4,000 orders and 3,000 attendance rows in 15 offices;
    scenario: default, clean (no bad deliveries) or golden (the published figures);
    rows: (feed, sender) -> the exact number of survey forms, employers or orders.

    Raises:
        ValueError: An unknown scenario or sender.
    """
    if scenario not in SCENARIOS:
        raise ValueError(f"unknown scenario {scenario!r}; known: {', '.join(SCENARIOS)}")
    if unknown := set(senders) - set(area.SENDER_CODES):
        raise ValueError(f"unknown senders: {', '.join(sorted(unknown))}")
    exact = {f"{feed}:{sender}": count for (feed, sender), count in sorted((rows or {}).items())}
    made_from = json.dumps([seed, scale, scenario, sorted(senders), exact, _code_version()])
    folder = cache / hashlib.sha256(made_from.encode()).hexdigest()[:16]
    if not (folder / "province.json").exists():
        _write(folder, *night(seed, scale, scenario, sorted(senders), exact))
    return _read(folder)


def _code_version() -> str:
    """A hash of the inputs of records: this package and its data, the layouts, the area list."""
    here = Path(__file__).parent
    files = [*here.glob("*.py"), *here.glob("data/*"), *LAYOUTS.glob("*/*.csv"), area.AREA_UNITS]
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in sorted(files))).hexdigest()


def _write(folder: Path, hand_overs: Iterable[HandOver], expected: list[dict[str, Any]], senders: dict[str, str]) -> None:
    partial_folder = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(partial_folder, ignore_errors=True)
    (partial_folder / "payloads").mkdir(parents=True)
    announcements = []
    for hand_over in hand_overs:
        hand_over.declared.setdefault("declared_totals", typed_totals(hand_over.feed, hand_over.records))
        payload = render(hand_over)
        (partial_folder / "payloads" / hand_over.delivery_id).write_bytes(payload)
        announcements.append(announce(hand_over, payload))
    manifest = {"senders": senders, "announcements": announcements, "expected": expected}
    (partial_folder / "province.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    try:
        partial_folder.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(partial_folder)


def _read(folder: Path) -> Province:
    manifest = json.loads((folder / "province.json").read_text(encoding="utf-8"))
    deliveries = (Delivery(a, folder / "payloads" / a["delivery_id"]) for a in manifest["announcements"])
    return Province(manifest["senders"], tuple(deliveries), tuple(manifest["expected"]))


def night(
    seed: int, scale: float, scenario: str, senders: Sequence[str], exact: Mapping[str, int]
) -> tuple[list[HandOver], list[dict[str, Any]], dict[str, str]]:
    """The hand-overs of a night, the expected effects of the bad ones, and the senders' names; see build_province."""
    if scenario == "golden":  # its sessions need as many employers with an open order as the press reported
        scale = max(scale, 0.3)
    districts = read_districts()
    offices = {code: _office(districts, code) for code in senders if code in districts}
    counts = _counts(districts, scale, exact)
    hand_overs: list[HandOver] = []
    surveys: dict[str, list[Record]] = {}
    orders: dict[str, list[Record]] = {}
    next_door: list[Record] = []
    for place, (code, office) in enumerate(offices.items()):
        index = area.DISTRICT_CODES.index(code)
        draw = partial(stream, seed, code)
        employers = employer_records(office, index, counts["employers", code], draw("employers"))
        orders[code] = order_records(office, employers, counts["job_orders", code], draw("job_orders"))
        surveys[code] = next_door = survey_records(office, counts["labour_survey", code], draw("labour_survey"), next_door)
        records = {"employers": employers, "job_orders": orders[code], "labour_survey": surveys[code]}
        hand_overs += [_hand_over(feed, office.district, place, found) for feed, found in records.items()]
        if code in DAILY:
            hand_overs.insert(-2, day_before(hand_overs[-2]))
    fairs = _golden_fairs if scenario == "golden" else _fairs
    hand_overs += fairs(seed, offices, surveys, orders, round(NIGHT["fair_attendance"] * scale), scenario)
    hand_overs += _province(seed, scale, scenario, senders, hand_overs, surveys, orders)
    expected = spoil_night(hand_overs, seed) if scenario == "default" else []
    return hand_overs, expected, {code: read_senders()[code].name for code in senders}


def _office(districts: Mapping[str, District], code: str) -> Office:
    neighbours = [commune.code for other, d in districts.items() if other != code for commune in d.communes]
    index = area.DISTRICT_CODES.index(code)
    return Office(districts[code], neighbours, citizen_numbers(index), old_numbers(index))


def _counts(districts: Mapping[str, District], scale: float, exact: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """The number of records of a feed for each office: divided by people and employers, except for exact numbers of the caller."""
    weights = {code: d.people for code, d in districts.items()}, {code: d.employers for code, d in districts.items()}
    counts = {}
    for feed, weight in (("labour_survey", weights[0]), ("employers", weights[1]), ("job_orders", weights[1])):
        for code, count in share_out(round(NIGHT[feed] * scale), weight).items():
            counts[feed, code] = exact.get(f"{feed}:{code}", max(1, count))
    return counts


def _hand_over(feed: str, district: District, place: int, records: list[Record]) -> HandOver:
    form = form_of(feed, district.code)
    return HandOver(feed, district, PERIODS[feed], records, created_at=handed_over_at(feed, place), **form)


def _fairs(
    seed: int,
    offices: Mapping[str, Office],
    surveys: Mapping[str, list[Record]],
    orders: Mapping[str, list[Record]],
    count: int,
    scenario: str,
) -> list[HandOver]:
    """The sessions of the offices that hold one, and their attendees."""
    rows_of = share_out(count, {session: session.attendance for session in SESSIONS})
    sessions: dict[str, list[Record]] = {}
    attendance: dict[str, list[Record]] = {}
    visitors: list[Record] = []
    for session in (s for s in SESSIONS if s.sender in offices):
        code = session.sender
        rng = stream(seed, code, "fairs", session.session_no)
        rows = attendance_records(session, offices[code], surveys[code], orders[code], visitors, rows_of[session], rng)
        employers = {row["employer_no"] for row in rows} - {None}
        sessions.setdefault(code, []).extend(session_records(session, offices[code], visits(rows), len(employers)))
        attendance.setdefault(code, []).extend(rows)
        visitors = rows
    if scenario == "default" and POSTPONED.sender in offices:
        sessions[POSTPONED.sender] = session_records(POSTPONED, offices[POSTPONED.sender], 0, 0)
    places = list(offices)
    return [
        _hand_over(feed, offices[code].district, places.index(code), records)
        for feed, found in (("fair_sessions", sessions), ("fair_attendance", attendance))
        for code, records in found.items()
    ]


def _province(
    seed: int,
    scale: float,
    scenario: str,
    senders: Sequence[str],
    hand_overs: Sequence[HandOver],
    surveys: Mapping[str, list[Record]],
    orders: Mapping[str, list[Record]],
) -> list[HandOver]:
    """The hand-overs of the service centre and the department."""
    offices, districts = read_senders(), read_districts()
    found: list[HandOver] = []
    if "SC" in senders:
        attendance = {h.district.code: h.records for h in hand_overs if h.feed == "fair_attendance"}
        count = max(20, round(NIGHT["placements"] * scale))
        found += placement_hand_overs(offices["SC"], attendance, surveys, orders, count, stream(seed, "SC"))
    if "DOLISA" in senders:
        is_golden = scenario == "golden"
        share = 1 if is_golden else min(1.0, 0.02 * max(scale, 0.25))
        vintages = VINTAGES[1:] if is_golden else VINTAGES
        found += register_hand_overs(offices["DOLISA"], districts, surveys, share, vintages, stream(seed, "DOLISA", "register"))
        found += programme_hand_overs(offices["DOLISA"], districts, stream(seed, "DOLISA", "programme"))
    return found


def _golden_fairs(
    seed: int,
    offices: Mapping[str, Office],
    surveys: Mapping[str, list[Record]],
    orders: Mapping[str, list[Record]],
    count: int,
    scenario: str,
) -> list[HandOver]:
    """The two sessions of the first half of 2023 as the press reported them: 32 employers, 1,530 counselled, typed "hơn 1.500"."""
    found: list[HandOver] = []
    employers, counselled = 32, 1_530
    left, advised = counselled, set[str]()
    for place, session in enumerate(GOLDEN_SESSIONS):
        code = session.sender
        day = session.held_on.isoformat()
        on_offer = [order for order in orders[code] if order["posted_on"] <= day <= (order["deadline"] or "9999")]
        numbers = list(dict.fromkeys(order["employer_no"] for order in on_offer))[: employers // 2]
        offered = [order for order in on_offer if order["employer_no"] in numbers]
        rng = stream(seed, code, "golden", session.session_no)
        rows = attendance_records(session, offices[code], surveys[code], offered, [], 1_150, rng)
        share = left if place else counselled // 2
        for row in rows:
            person = row["national_id"] or f"{code} {row['attendance_no']}"
            row["counselled"] = person not in advised and share > 0
            if row["counselled"]:
                advised.add(person)
                share, left = share - 1, left - 1
        came = len({row["employer_no"] for row in rows} - {None})
        attendance = _hand_over("fair_attendance", offices[code].district, place, rows)
        attendance.declared["declared_totals"] = {"counselled": "hơn 1.500"}
        found += [_hand_over("fair_sessions", offices[code].district, place, session_records(session, offices[code], visits(rows), came))]
        found += [attendance]
    return found


def latest(province: Province, feed: str, sender: str) -> Delivery:
    """The last final delivery of a feed by a sender.

    Raises:
        KeyError: The sender has none.
    """
    found = [
        d
        for d in province.deliveries
        if (d.announcement["feed"], d.announcement["sender_code"], d.announcement["status"]) == (feed, sender, "final")
    ]
    if not found:
        raise KeyError(f"{sender} has handed over no {feed}")
    return max(found, key=lambda d: (d.announcement["period"], d.announcement["sequence"]))
