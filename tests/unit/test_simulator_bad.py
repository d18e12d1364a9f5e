"""Each bad delivery of the default night has exactly the defect of its name; everything else is as in a clean night."""

import hashlib
import io
import json
import unicodedata
from datetime import UTC, datetime
from random import Random
from typing import Any

import openpyxl
import pytest
from labour_market.contracts import load_contracts
from simulator import build_province
from simulator.area import read_districts
from simulator.deliveries import Delivery, HandOver
from simulator.province import Province
from simulator.scenario import BAD, FEEDS
from simulator.spoiling import spoil_rows

EFFECTS = {"rejected", "blocked", "quarantined", "warned", "normalised", "superseded", "published", "left_alone"}


@pytest.fixture(scope="module")
def nights(tmp_path_factory) -> tuple[Province, Province]:
    cache = tmp_path_factory.mktemp("provinces")
    return build_province(cache, scale=0.1), build_province(cache, scale=0.1, scenario="clean")


def by_id(province: Province) -> dict[str, Delivery]:
    return {d.announcement["delivery_id"]: d for d in province.deliveries}


def one(nights, name: str) -> tuple[dict[str, Any], Delivery, Delivery | None]:
    """What is expected of a bad delivery, the delivery, and the same of the clean night if there is one."""
    default, clean = nights
    expected = next(e for e in default.expected if e["name"] == name)
    return expected, by_id(default)[expected["delivery_id"]], by_id(clean).get(expected["delivery_id"])


def lines(delivery: Delivery) -> list[dict[str, Any]]:
    return [json.loads(line) for line in delivery.payload.read_text(encoding="utf-8").splitlines()]


def cells(delivery: Delivery) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(delivery.payload.read_bytes()))
    return [list(row) for row in book.worksheets[-1].iter_rows(values_only=True)]


def changed(delivery: Delivery, clean: Delivery) -> list[tuple[dict[str, Any], set[str]]]:
    """Records that differ from the clean night's, each with the names of the fields that do."""
    pairs = zip(lines(delivery), lines(clean), strict=True)
    return [(bad, {name for name in bad if bad[name] != good[name]}) for bad, good in pairs if bad != good]


def is_true(delivery: Delivery) -> bool:
    announced, content = delivery.announcement, delivery.payload.read_bytes()
    return (announced["size_bytes"], announced["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())


def test_every_bad_delivery_is_named_once_with_a_known_effect_and_a_reason(nights):
    default, clean = nights
    assert [e["name"] for e in default.expected] == [bad.name for bad in BAD]
    assert len({bad.name for bad in BAD}) == len(BAD)
    assert {bad.effect for bad in BAD} <= EFFECTS
    assert all(bad.reason and bad.feed in FEEDS for bad in BAD)
    assert clean.expected == ()


def test_other_deliveries_are_those_of_the_clean_night(nights):
    default, clean = nights
    touched = {(e["feed"], e["sender"]) for e in default.expected}
    untouched = [d for d in default.deliveries if (d.announcement["feed"], d.announcement["sender_code"]) not in touched]
    assert len(untouched) > 30
    for delivery in untouched:
        twin = by_id(clean)[delivery.announcement["delivery_id"]]
        assert delivery.announcement == twin.announcement
        assert delivery.payload.read_bytes() == twin.payload.read_bytes()


def test_hashes_and_sizes_are_correct_in_all_other_deliveries(nights):
    default, clean = nights
    assert [d.announcement["delivery_id"] for d in default.deliveries if not is_true(d)] == ["800-job_orders-2023-06-14-1"]
    assert all(is_true(d) for d in clean.deliveries)


def test_json_counts_are_correct_in_all_other_deliveries(nights):
    for province, wrong in zip(nights, (["797-labour_survey-2022-1"], []), strict=True):
        counted = [d for d in province.deliveries if "json" in d.announcement["media_type"]]
        assert len(counted) > 20
        assert [d.announcement["delivery_id"] for d in counted if len(lines(d)) != d.announcement["record_count"]] == wrong


def test_payloads_of_json_deliveries_are_canonical_lines(nights):
    for delivery in nights[0].deliveries:
        if delivery.announcement["media_type"] == "application/json":
            canonical = (json.dumps(r, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" for r in lines(delivery))
            assert "".join(canonical).encode() == delivery.payload.read_bytes()


def test_broken_hash_and_wrong_count_touch_nothing_but_the_announcement(nights):
    for name, part in (("broken_hash", "sha256"), ("wrong_count", "record_count")):
        _, delivery, clean = one(nights, name)
        assert delivery.payload.read_bytes() == clean.payload.read_bytes()
        assert {k for k, v in delivery.announcement.items() if v != clean.announcement[k]} == {part}


def test_no_row_is_spoilt_twice_and_other_rows_are_unchanged():
    rows = [{"n": 0} for _ in range(100)]
    hand_over = HandOver("employers", read_districts()["803"], "2023-06", list(rows), "text/csv", datetime(2023, 6, 14, tzinfo=UTC))
    spoil = spoil_rows(0.4, lambda record, rng: record.update(n=record["n"] + 1))
    assert [spoil(hand_over, Random(n)) for n in range(3)] == [40, 40, 20]
    assert [record["n"] for record in hand_over.records] == [1] * 100
    assert [record["n"] for record in rows] == [0] * 100


def test_header_drift_renames_one_column_and_adds_one(nights):
    _, delivery, clean = one(nights, "header_drift")
    found, agreed = (next(row for row in cells(d) if row[0] == "STT") for d in (delivery, clean))
    assert set(found) - set(agreed) == {"Mã số doanh nghiệp", "Ý kiến của xã"}
    assert set(agreed) - set(found) == {"Mã số thuế/ĐKKD/CCCD"}


def test_old_font_text_is_valid_but_unreadable_utf8(nights):
    _, delivery, clean = one(nights, "old_font_text")
    found, agreed = (d.payload.read_text(encoding="utf-8") for d in (delivery, clean))
    assert "C«ng ty" in found
    assert "Công ty" in agreed
    assert found.splitlines()[0] == agreed.splitlines()[0], "the header is as it should be"


def test_old_font_bytes_are_no_utf8_though_it_is_declared(nights):
    _, delivery, _ = one(nights, "old_font_bytes")
    assert delivery.announcement["encoding"] is None
    with pytest.raises(UnicodeDecodeError):
        delivery.payload.read_bytes().decode("utf-8")


def test_unit_mix_puts_two_wages_in_five_in_millions(nights):
    expected, delivery, clean = one(nights, "unit_mix")
    bad = changed(delivery, clean)
    assert len(bad) == expected["rows"] >= 0.3 * len(lines(delivery))
    assert all(fields <= {"wage_min_vnd", "wage_max_vnd"} and 4 <= r["wage_min_vnd"] <= 50 for r, fields in bad)


def test_wrong_district_moves_people_to_communes_of_another(nights):
    expected, delivery, clean = one(nights, "wrong_district")
    bad = changed(delivery, clean)
    assert all(fields == {"commune_code"} for _, fields in bad)
    assert len(bad) == expected["rows"] > 0.6 * len(lines(delivery))


def test_nfd_text_is_the_same_text_in_other_code_points(nights):
    _, delivery, clean = one(nights, "nfd_text")
    assert delivery.payload.read_bytes() != clean.payload.read_bytes()
    assert unicodedata.normalize("NFC", delivery.payload.read_text(encoding="utf-8")) == clean.payload.read_text(encoding="utf-8")


def test_windows_1258_is_the_same_text_in_other_bytes(nights):
    _, delivery, clean = one(nights, "declared_1258")
    assert delivery.announcement["encoding"] == "windows-1258"
    text = unicodedata.normalize("NFC", delivery.payload.read_bytes().decode("cp1258"))
    assert text == clean.payload.read_bytes().decode("utf-8-sig")


def test_numbers_as_numbers_lost_only_their_zeros(nights):
    _, delivery, clean = one(nights, "numbers_as_numbers")
    differing = [(a, b) for x, y in zip(cells(delivery), cells(clean), strict=True) for a, b in zip(x, y, strict=True) if a != b]
    assert differing
    assert all(isinstance(a, int) and str(a) == b.lstrip("0") for a, b in differing)


def test_a_duplicate_has_the_same_content_under_a_new_id(nights):
    _, delivery, clean = one(nights, "duplicate_hand_over")
    first = by_id(nights[0])["806-job_orders-2023-06-14-1"]
    assert clean is None
    assert delivery.announcement["sha256"] == first.announcement["sha256"]
    assert (delivery.announcement["sequence"], delivery.announcement["supersedes"]) == (2, None)
    assert delivery.announcement["created_at"] > first.announcement["created_at"]


def test_a_late_correction_supersedes_an_old_delivery(nights):
    _, delivery, _ = one(nights, "late_correction")
    first = by_id(nights[0])[delivery.announcement["supersedes"]]
    assert (first.announcement["sequence"], delivery.announcement["sequence"]) == (1, 2)
    assert (first.announcement["created_at"][:7], delivery.announcement["created_at"][:7]) == ("2022-12", "2023-06")
    assert delivery.announcement["record_count"] > first.announcement["record_count"]


def test_an_empty_correction_is_announced_correctly_and_empty(nights):
    _, delivery, _ = one(nights, "empty_correction")
    assert delivery.announcement["record_count"] == delivery.announcement["size_bytes"] == 0
    assert delivery.announcement["supersedes"] == "801-fair_sessions-2023-06-1"
    assert is_true(delivery)


def test_there_is_one_draft(nights):
    expected, delivery, _ = one(nights, "draft")
    assert expected["effect"] == "left_alone"
    assert [d for d in nights[0].deliveries if d.announcement["status"] != "final"] == [delivery]


def test_totals_differ_only_in_the_typed_value(nights):
    _, delivery, clean = one(nights, "totals_differ")
    assert delivery.payload.read_bytes() == clean.payload.read_bytes()
    assert delivery.announcement["declared_totals"] == {"attendees": 1530}
    assert clean.announcement["declared_totals"]["attendees"] < 100


def test_bad_rows_of_the_survey_break_one_thing_each(nights):
    names = ("impossible_date", "survey_jump", "placeholder_person")
    (_, delivery, clean), rows = one(nights, names[0]), sum(one(nights, name)[0]["rows"] for name in names)
    bad = changed(delivery, clean)
    assert len(bad) == rows
    for record, fields in bad:
        if fields == {"surveyed_on"}:
            assert record["surveyed_on"] == "2022-11-31"
        elif "full_name" in fields:
            assert record["full_name"] == "Nguyễn Văn A"
        else:
            assert fields in ({"unemployed_duration"}, {"employment_status"})


def test_bad_rows_of_job_orders_break_one_thing_each(nights):
    names = ("deadline_before_posting", "wages_crossed")
    (_, delivery, clean), rows = one(nights, names[0]), sum(one(nights, name)[0]["rows"] for name in names)
    bad = changed(delivery, clean)
    assert len(bad) == rows
    for record, fields in bad:
        late = fields == {"deadline"} and record["deadline"] < record["posted_on"]
        assert late or record["wage_min_vnd"] > record["wage_max_vnd"]


def test_bad_cells_of_spreadsheets_are_as_many_as_announced(nights):
    for names in (
        ("wrong_check_digit", "formula_error", "more_women_than_people"),
        ("ambiguous_industry",),
        ("accepted_unasked", "started_before"),
    ):
        (_, delivery, clean), rows = one(nights, names[0]), sum(one(nights, name)[0]["rows"] for name in names)
        pairs = list(zip(cells(delivery), cells(clean), strict=True))
        # a total line differs too where a summed number does; it has no serial number
        bad = [(x, y) for x, y in pairs if x != y and isinstance(x[0], int | str) and str(x[0]).isdigit()]
        assert len(bad) == rows, names


def test_the_formula_error_is_an_error_cell(nights):
    _, delivery, _ = one(nights, "formula_error")
    book = openpyxl.load_workbook(io.BytesIO(delivery.payload.read_bytes()))
    kinds = {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row if cell.value == "#N/A"}
    assert kinds == {"e"}


def test_most_of_the_province_is_not_blocked(nights):
    stopped = [e for e in nights[0].expected if e["effect"] in ("rejected", "blocked")]
    assert len({(e["feed"], e["sender"]) for e in stopped}) < 0.15 * len(nights[0].deliveries)
    assert {e["feed"] for e in nights[0].expected} == set(load_contracts())
