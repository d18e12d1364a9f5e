"""Records in JSON lines as programs and hands write them: each is read for certain, or its values are unreadable."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_market.contracts import contract_feeds, load_contract
from labour_market.normalise import normalise_columns
from labour_market.normalise.records import ParsedDelivery, Unreadable
from labour_market.reading.deliveries import parse_delivery

FEEDS = contract_feeds()
JSON_LINES = "application/x-ndjson"
BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines")


def read(folder: Path, content: bytes, feed: str) -> ParsedDelivery:
    (folder / "lines").write_bytes(content)
    return parse_delivery(folder / "lines", JSON_LINES, None, None, load_contract(feed))


def record(feed: str, n: int) -> dict[str, Any]:
    return {field.name: f"{field.name} {n}" for field in load_contract(feed).sent_fields}


def line(members: list[tuple[str, Any]], space: str = "") -> bytes:
    """One record; a name may be there twice, which json.dumps cannot write."""
    return ("{" + ",".join(f"{json.dumps(name)}{space}:{space}{json.dumps(value)}" for name, value in members) + "}").encode()


ROWS = 40  # so many that an old font in one of them is below the share that refuses a delivery
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=40)
@given(st.data())
def test_any_value_of_json_in_any_field_spoils_its_row_at_most(folder: Path, feed: str, data: st.DataObject) -> None:
    contract = load_contract(feed)
    changed = data.draw(st.dictionaries(st.sampled_from([f.name for f in contract.sent_fields]), VALUES, min_size=1, max_size=4))
    records = [record(feed, n) for n in range(ROWS)]
    records[1] |= changed
    content = b"\n".join(json.dumps(found).encode() for found in records)
    parsed = read(folder, content, feed)
    normalised = normalise_columns(parsed, contract)
    plain = normalise_columns(read(folder, b"\n".join(json.dumps(record(feed, n)).encode() for n in range(ROWS)), feed), contract)
    for name, column in normalised.columns.items():
        assert [column[n] for n in (0, 2, 3)] == [plain.columns[name][n] for n in (0, 2, 3)]
    for field in contract.sent_fields:
        value = changed.get(field.name)
        if isinstance(value, dict) or (isinstance(value, list) and field.type not in ("list", "items")):
            assert any(issue.startswith(f"{field.name}:") for issue in normalised.issues[1])


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=25)
@given(st.data())
def test_a_member_that_a_record_has_twice_is_unreadable_and_no_other(folder: Path, feed: str, data: st.DataObject) -> None:
    names = [field.name for field in load_contract(feed).sent_fields]
    repeated = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=2))
    spaces = data.draw(st.lists(st.sampled_from(["", " ", "\t"]), min_size=3, max_size=3))
    members = [list(record(feed, n).items()) for n in range(3)]
    for name in repeated:
        members[1].insert(data.draw(st.integers(0, len(members[1]))), (name, data.draw(st.sampled_from([None, 1, '":', "x"]))))
    parsed = read(folder, b"\n".join(line(found, space) for found, space in zip(members, spaces, strict=True)), feed)
    for name in names:
        expected = [f"{name} 0", Unreadable("repeated_member") if name in repeated else f"{name} 1", f"{name} 2"]
        assert parsed.columns[name] == expected


@settings(max_examples=40)
@given(st.text('abc":\\ \t,{}', max_size=12), st.sampled_from(["", " "]))
def test_signs_of_json_in_a_text_are_no_members(folder: Path, text: str, space: str) -> None:
    feed = "labour_survey"
    members = list((record(feed, 0) | {"job_text": text}).items())
    assert read(folder, line(members, space), feed).columns["job_text"] == [text]


def test_a_member_that_an_item_has_twice_spoils_the_list_of_items(folder: Path) -> None:
    found = record("employers", 0) | {"demand_grid": [{"vsco2": "81", "quantity": 10}]}
    content = json.dumps(found).encode()
    assert read(folder, content, "employers").columns["demand_grid"] == [[{"vsco2": "81", "quantity": 10}]]
    twice = content.replace(b'"quantity": 10', b'"quantity": 10, "quantity": 12')
    assert read(folder, twice, "employers").columns["demand_grid"] == [Unreadable("repeated_member")]


@settings(max_examples=40)
@given(st.lists(st.sampled_from([b"", b" ", b"\r", b"\t ", BOM]), max_size=3), st.data())
def test_lines_without_anything_are_skipped_and_the_records_keep_their_line_numbers(
    folder: Path, blanks: list[bytes], data: st.DataObject
) -> None:
    feed = "labour_survey"
    lines: list[tuple[bytes, int | None]] = [(json.dumps(record(feed, n)).encode(), n) for n in range(4)]
    for blank in blanks:
        lines.insert(data.draw(st.integers(0, len(lines))), (blank, None))
    end = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    start = data.draw(st.sampled_from([b"", BOM]))
    parsed = read(folder, start + end.join(text for text, _ in lines) + end, feed)
    assert parsed.row_numbers == [number for number, (_, n) in enumerate(lines, 1) if n is not None]
    assert parsed.columns["form_no"] == ["form_no 0", "form_no 1", "form_no 2", "form_no 3"]
    assert len(parsed.skipped["blank_rows"]) == len(blanks)


def test_files_that_were_joined_have_a_byte_order_mark_in_the_middle(folder: Path) -> None:
    feed = "labour_survey"
    content = b"".join(BOM + json.dumps(record(feed, n)).encode() + b"\n" for n in range(3))
    assert read(folder, content, feed).row_numbers == [1, 2, 3]
    assert read(folder, content.decode().encode("utf-16"), feed).row_numbers == [1, 2, 3]
