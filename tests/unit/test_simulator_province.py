"""A synthetic province is the same for the same seed, keeps its contracts, and is consistent."""

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from labour_market.contracts import load_contracts
from labour_market.normalise import reader
from labour_market.normalise.text import legacy_encoding
from simulator.area import SENDER_CODES, read_districts, share_out
from simulator.deliveries import HandOver
from simulator.employers import check_digit
from simulator.people import citizen_numbers, old_numbers
from simulator.province import SEED, build_province, latest, night

CONTRACTS = load_contracts()
JSON_TYPES = {
    **{"text": str, "code": str, "date": str, "int": int, "vnd": int, "bool": bool, "list": list, "items": list},
}


@pytest.fixture(scope="module")
def clean() -> list[HandOver]:
    return night(SEED, 0.2, "clean", SENDER_CODES, {})[0]


def records_of(hand_overs: list[HandOver], feed: str) -> list[tuple[str, dict[str, Any]]]:
    return [(h.district.code, record) for h in hand_overs if h.feed == feed for record in h.records]


def everything(folder: Path, **options: Any) -> dict[str, tuple[Any, bytes]]:
    province = build_province(folder, scale=0.02, **options)
    return {d.announcement["delivery_id"]: (d.announcement, d.payload.read_bytes()) for d in province.deliveries}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_gives_others(tmp_path):
    first, second = everything(tmp_path / "a"), everything(tmp_path / "b")
    assert first == second
    other = everything(tmp_path / "c", seed=7)
    assert other.keys() == first.keys()
    same = [d for d in first if "fair_sessions" not in d and first[d][1] == other[d][1] != b""]
    assert same == []


def test_a_night_is_generated_once_and_then_read_from_the_cache(tmp_path, monkeypatch):
    first = everything(tmp_path)
    monkeypatch.setattr("simulator.province.night", lambda *_: pytest.fail("made up again"))
    assert everything(tmp_path) == first
    monkeypatch.setattr("simulator.province._code_version", lambda: "another")
    with pytest.raises(pytest.fail.Exception, match="made up again"):
        everything(tmp_path)


def test_the_default_night_has_the_size_of_a_province():
    districts = read_districts()
    people = share_out(60_000, {code: d.people for code, d in districts.items()})
    assert len(districts) == 15
    assert sum(len(d.communes) for d in districts.values()) == 188
    assert sum(people.values()) == 60_000
    assert max(people, key=people.__getitem__) == "802"


def test_communes_are_those_in_force_on_the_day():
    counts = {day: sum(len(d.communes) for d in read_districts(day=day).values()) for day in (date(2024, 11, 30), date(2024, 12, 1))}
    assert list(counts.values()) == [188, 186]
    with pytest.raises(ValueError, match="no commune for 794"):
        read_districts(day=date(2025, 7, 1))


def test_a_sender_can_be_given_an_exact_number_of_records(tmp_path):
    province = build_province(tmp_path, senders=["803", "795"], scale=0.01, rows={("labour_survey", "803"): 1234})
    assert latest(province, "labour_survey", "803").announcement["record_count"] == 1234
    assert set(province.senders) == {"795", "803"}
    with pytest.raises(KeyError):
        latest(province, "labour_survey", "808")


@pytest.mark.parametrize("wrong", ({"scenario": "chaos"}, {"senders": ["999"]}))
def test_an_unknown_sender_or_scenario_is_refused(tmp_path, wrong):
    with pytest.raises(ValueError, match="unknown"):
        build_province(tmp_path, **wrong)


@pytest.mark.parametrize("feed", sorted(CONTRACTS))
def test_every_record_of_a_clean_night_keeps_its_contract(clean, feed):
    contract = CONTRACTS[feed]
    records = records_of(clean, feed)
    assert records
    for _, record in records:
        assert set(record) == {f.name for f in contract.sent_fields}
        for of in contract.sent_fields:
            value = record[of.name]
            assert value is not None or not of.required, of.name
            assert value is None or type(value) is JSON_TYPES[of.type], (of.name, value)
            if of.codes and value is not None:
                assert set(value if isinstance(value, list) else [value]) <= set(of.codes)


@pytest.mark.parametrize("feed", sorted(CONTRACTS))
def test_no_value_of_a_clean_night_is_unreadable_or_changed_in_meaning(clean, feed):
    harmless = {"year_only", "masked", "spaces"}
    for of in CONTRACTS[feed].sent_fields:
        read = reader(of)
        for value in {repr(r[of.name]): r[of.name] for _, r in records_of(clean, feed)}.values():
            if value is not None:
                assert read(value)[1] in harmless | {None}, (of.name, value)


def test_no_text_of_a_clean_night_looks_like_an_old_encoding(clean):
    texts = {v for h in clean for r in h.records for v in r.values() if type(v) is str}
    assert len(texts) > 1000
    assert {text for text in texts if legacy_encoding(text)} == set()


def test_keys_are_unique_within_a_hand_over(clean):
    for hand_over in clean:
        key = CONTRACTS[hand_over.feed].record_key
        counts = Counter(tuple(record[name] for name in key) for record in hand_over.records)
        assert not counts or max(counts.values()) == 1, hand_over.delivery_id


def test_the_same_employer_number_is_another_employer_in_another_office(clean):
    names: dict[str, dict[str, str]] = {}
    for sender, record in records_of(clean, "employers"):
        names.setdefault(record["employer_no"], {})[sender] = record["name"]
    assert len(names["00001"]) == 15
    assert len(set(names["00001"].values())) > 10


def test_employers_add_up(clean):
    bands = {"1-9": (1, 9), "10-49": (10, 49), "50-99": (50, 99), "100-199": (100, 199), "200-299": (200, 299)}
    communes = {code: {c.code for c in d.communes} for code, d in read_districts().items()}
    hiring = 0
    for sender, record in records_of(clean, "employers"):
        grid = record["demand_grid"]
        hiring += bool(grid)
        assert record["planned_hires_6m"] == sum(item["quantity"] for item in grid)
        assert all(0 <= item["quantity_female"] <= item["quantity"] > 0 for item in grid)
        assert len({item["vsco2"] for item in grid}) == len(grid)
        assert 0 <= record["headcount_female"] <= record["headcount"]
        assert record["commune_code"] in communes[sender]
        if record["size_band"] in bands:
            low, high = bands[record["size_band"]]
            assert low <= record["headcount"] <= high
        code = record["tax_code"]
        assert code is None or len(code) == 12 or (code.startswith("99") and check_digit(code[:9]) == int(code[9]))
    assert hiring > 100


def test_job_orders_are_of_employers_of_their_office_and_their_dates_and_wages_are_in_order(clean):
    employers = {(sender, record["employer_no"]) for sender, record in records_of(clean, "employers")}
    spans = Counter()
    for sender, order in records_of(clean, "job_orders"):
        assert (sender, order["employer_no"]) in employers
        assert order["posted_on"] <= min(order["deadline"] or "9999", order["closed_on"] or "9999")
        assert (order["closed_on"] or "2023-06-14") <= "2023-06-14"
        assert (order["closed_on"] is None) == (order["close_reason"] is None)
        assert (order["openings_female"] or 0) <= order["openings"]
        if order["wage_min_vnd"] is not None:
            assert 4_000_000 <= order["wage_min_vnd"] <= order["wage_max_vnd"] <= 50_000_000
            spans[order["wage_min_vnd"] < order["wage_max_vnd"]] += 1
    assert spans[True] > spans[False] > 0


def test_an_office_that_sends_daily_sends_only_new_and_closed_orders(clean):
    daily = [h for h in clean if (h.feed, h.district.code) == ("job_orders", "803")]
    before, today = sorted(daily, key=lambda h: h.period)
    assert (before.period, today.period) == ("2023-06-13", "2023-06-14")
    known = {order["order_no"]: order for order in before.records}
    assert all(order["posted_on"] < "2023-06-14" and order["closed_on"] != "2023-06-14" for order in known.values())
    for order in today.records:
        assert order != known.get(order["order_no"])
    assert before.created_at < today.created_at


def test_survey_answers_keep_the_jump_rules_of_the_form(clean):
    statuses = Counter()
    for _, form in records_of(clean, "labour_survey"):
        status = form["activity_status"]
        statuses[status] += 1
        assert (form["inactive_reason"] is not None) == (status == "inactive")
        assert (form["employment_status"] is not None) == (form["job_text"] is not None) == (status == "employed")
        assert (form["unemployed_duration"] is not None) == (form["worked_before"] is not None) == (status == "unemployed")
        assert bool(form["wanted_job_text"]) <= form["wants_job"]
        assert ("ethnic_minority" in form["priority_groups"]) == (form["ethnicity"] != "Kinh")
        trained = form["qualification"] not in ("none", "skilled_no_certificate", "other")
        assert (form["training_field"] is not None) == trained
        if form["qualification"] in ("college", "university", "postgraduate"):
            assert form["education_level"] == "upper_secondary"
    total = sum(statuses.values())
    assert 0.6 < statuses["employed"] / total < 0.85
    assert 0.01 < statuses["unemployed"] / total < 0.05


def test_forms_have_every_priority_group_of_the_contracts(clean):
    for feed in ("labour_survey", "job_orders"):
        groups = {group for _, record in records_of(clean, feed) for group in record["priority_groups"]}
        assert groups == set(CONTRACTS[feed].field("priority_groups").codes)


def test_no_person_is_under_15_on_the_day_of_the_survey(clean):
    for _, form in records_of(clean, "labour_survey"):
        day, month, year = form["birth_date"].split("/") if "/" in form["birth_date"] else ("01", "01", form["birth_date"])
        surveyed = date.fromisoformat(form["surveyed_on"])
        assert date(int(year) + 15, int(month), min(int(day), 28)) <= surveyed
        assert surveyed.year - int(year) < 111


def test_citizen_numbers_have_a_real_structure_reserved_serials_and_agree_with_sex_and_birth(clean):
    forms = records_of(clean, "labour_survey")
    numbers = Counter(form["national_id"] for _, form in forms)
    for _, form in forms:
        number = form["national_id"]
        if number and len(number) == 12:
            assert re.fullmatch(r"0\d{2}[0-3]\d{2}9\d{5}", number)
            assert (number[3] in "13") == (form["sex"] == "female")
            assert number[4:6] == form["birth_date"][-2:]
            assert (number[3] in "23") == (form["birth_date"][-4:] >= "2000")
    kinds = Counter(len(number or "") for number in numbers.elements() if number)
    assert kinds[12] > 10 * kinds[9] > 0
    assert numbers[None] > 0


def test_some_people_have_forms_in_two_districts_and_none_has_two_in_one(clean):
    asked: dict[str, list[str]] = {}
    for sender, form in records_of(clean, "labour_survey"):
        if form["national_id"]:
            asked.setdefault(form["national_id"], []).append(sender)
    twice = [senders for senders in asked.values() if len(senders) > 1]
    assert 10 < len(twice) < 100
    assert all(len(set(senders)) == len(senders) for senders in twice)


def test_reserved_numbers_are_unique_and_their_end_is_an_error():
    from random import Random

    for source in (citizen_numbers(3), citizen_numbers(4)):
        numbers = [source("male", date(1980, 5, 5), Random(n)) for n in range(5000)]
        assert len(set(numbers)) == 5000
    old = old_numbers(2)
    assert len({old() for _ in range(5000)}) == 5000
    source, rng = citizen_numbers(0), Random(1)
    with pytest.raises(ValueError, match="no more reserved"):
        for _ in range(8000):
            source("male", date(1980, 5, 5), rng)


def test_the_steps_of_a_fair_are_never_skipped(clean):
    sessions = {(sender, row["session_no"]): row for sender, row in records_of(clean, "fair_sessions")}
    counts = Counter()
    accepted = Counter()
    for sender, row in records_of(clean, "fair_attendance"):
        held_on = sessions[sender, row["session_no"]]["held_on"]
        assert row["interviewed"] == (row["order_no"] is not None) == (row["interview_result"] is not None)
        assert row["offered"] <= (row["interview_result"] == "passed")
        assert row["accepted"] <= row["offered"]
        assert (row["start_date"] is not None) <= row["accepted"]
        assert row["start_date"] is None or held_on < row["start_date"] <= "2023-06-14"
        for step in ("counselled", "interviewed", "offered", "accepted"):
            counts[step] += row[step]
        counts["passed"] += row["interview_result"] == "passed"
        counts["started"] += row["start_date"] is not None
        accepted[sender, row["session_no"], row["national_id"]] += row["accepted"]
    assert counts["counselled"] > counts["interviewed"] > counts["passed"] > counts["offered"] > counts["accepted"] > counts["started"] > 0
    assert 0.2 < counts["passed"] / counts["interviewed"] < 0.5
    assert 0.4 < counts["started"] / counts["passed"] < 0.7
    assert max(accepted.values()) == 1, "no person accepts two jobs at one session"


def test_fairs_have_survey_people_walk_ins_repeated_visitors_and_second_interviews(clean):
    surveyed = {form["national_id"] for _, form in records_of(clean, "labour_survey")} - {None}
    rows = records_of(clean, "fair_attendance")
    sessions: dict[str, set[tuple[str, str]]] = {}
    interviews = Counter()
    for sender, row in rows:
        if row["national_id"]:
            sessions.setdefault(row["national_id"], set()).add((sender, row["session_no"]))
            interviews[sender, row["session_no"], row["national_id"]] += 1
    assert 0.4 < len(sessions.keys() & surveyed) / len(sessions) < 0.8
    assert sum(len(s) > 1 for s in sessions.values()) > 3
    assert sum(n > 1 for n in interviews.values()) > 10
    assert 0.03 < sum(row["national_id"] is None for _, row in rows) / len(rows) < 0.15


def test_no_person_is_twice_at_one_session(clean):
    rows: dict[Any, list[dict[str, Any]]] = {}
    for sender, row in records_of(clean, "fair_attendance"):
        if row["national_id"]:
            rows.setdefault((sender, row["session_no"], row["national_id"]), []).append(row)
    for visits in rows.values():
        orders = [row["order_no"] for row in visits]
        assert len(visits) == 1 or None not in orders
        assert len(set(orders)) == len(orders) <= 2
        assert len({row["counselled"] for row in visits}) == 1


def test_two_funds_of_one_session_agree_and_their_shares_sum_to_100(clean):
    shares: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for sender, row in records_of(clean, "fair_sessions"):
        shares.setdefault((sender, row["session_no"]), []).append(row)
    assert len(shares) == 6
    assert sorted(len(rows) for rows in shares.values()) == [1, 1, 1, 1, 1, 2]
    for rows in shares.values():
        assert sum(row["fund_share_pct"] for row in rows) == 100
        assert len({(row["name"], row["held_on"], row["attendees_declared"]) for row in rows}) == 1


def test_the_declared_attendees_of_a_session_are_its_rows(clean):
    came: dict[tuple[str, str], list[Any]] = {}
    for sender, row in records_of(clean, "fair_attendance"):
        came.setdefault((sender, row["session_no"]), []).append(row["national_id"])
    for sender, row in records_of(clean, "fair_sessions"):
        ids = came[sender, row["session_no"]]
        assert row["attendees_declared"] == len(set(ids) - {None}) + ids.count(None)


def test_job_texts_are_written_as_people_write(clean):
    texts = Counter(form["job_text"] for _, form in records_of(clean, "labour_survey") if form["job_text"])
    assert len(texts) > 500
    assert {"làm nông", "cn may", "cong nhan may", "cn kcn"} & set(texts)
    for crop in (
        "thanh long",
        "chanh không hạt",
        "khóm",
        "mía",
        "dừa",
        "khoai mỡ",
        "bưởi",
        "tràm",
        "bò sữa",
        "vịt chạy đồng",
        "yến",
    ):
        assert any(crop in text.lower() for text in texts), crop
    assert any(re.search(r"\d{3}", text) for text in texts), "a phone number in a job text"
    assert 0.1 < sum(n for text, n in texts.items() if text.isascii()) / texts.total() < 0.5


def test_poor_households_of_the_register_are_in_the_survey_and_some_have_a_member_placed(clean):
    met: dict[tuple[str, str], set[str]] = {}
    for _, form in records_of(clean, "labour_survey"):
        if "poor" in form["priority_groups"] and form["national_id"]:
            met.setdefault((form["commune_code"], form["household_no"]), set()).add(form["national_id"])
    listed = [record for _, record in records_of(clean, "poverty_register") if record["status"] == "poor"]
    met_of_the_register = {(r["commune_code"], r["household_no"]) for r in listed} & met.keys()
    assert len(met_of_the_register) >= 0.8 * len({(r["commune_code"], r["household_no"]) for r in listed})
    placed = {check["national_id"] for _, check in records_of(clean, "placements")}
    assert any(met[household] & placed for household in met_of_the_register)
