import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.contracts import Field, contract_feeds, load_contract
from labour_market.normalise import BY_KIND, BY_TYPE, NOT_NORMAL, UnreadableValueError, codes, normalise_columns, reader, text
from labour_market.normalise.records import ParsedDelivery
from odd_values import TEXTS


def columns_of(feed: str, **given_columns: list[object]) -> ParsedDelivery:
    rows = len(next(iter(given_columns.values())))
    contract = load_contract(feed)
    return ParsedDelivery({f.name: given_columns.get(f.name, [None] * rows) for f in contract.sent_fields}, list(range(5, 5 + rows)))


def test_an_unreadable_value_is_null_and_its_row_has_the_reason() -> None:
    parsed = columns_of(
        "labour_survey",
        form_no=["1", "2", None],
        surveyed_on=["14/06/2023", "31/02/2023", "#N/A"],
        national_id=["80190012345", "080190012346", "x"],
        sex=["male", "MALE", "man"],
    )
    read = normalise_columns(parsed, load_contract("labour_survey"))
    assert read.columns["surveyed_on"] == [date(2023, 6, 14), None, None]
    assert read.columns["national_id"] == ["080190012345", "080190012346", None]
    assert read.columns["sex"] == ["male", "male", None]
    assert [sorted(i) for i in read.issues] == [
        [],
        ["surveyed_on:impossible"],
        ["national_id:not_a_code", "sex:not_in_list", "surveyed_on:formula_error"],
    ]
    assert [sorted(n) for n in read.notes] == [["national_id:leading_zero"], ["sex:spelling"], []]
    assert read.row_numbers == [5, 6, 7]


def test_decomposed_text_is_composed_and_its_row_has_a_note() -> None:
    names = ["Nguyễn Thị Đào", unicodedata.normalize("NFD", "Lê Văn Bảy"), None, "Đỗ Văn Tám"]
    read = normalise_columns(columns_of("labour_survey", full_name=names), load_contract("labour_survey"))
    assert read.columns["full_name"] == ["Nguyễn Thị Đào", "Lê Văn Bảy", None, "Đỗ Văn Tám"]
    assert read.notes == [[], ["full_name:nfc"], [], []]


def test_a_year_is_a_birth_date_and_no_survey_date() -> None:
    read = normalise_columns(columns_of("labour_survey", birth_date=["1985"], surveyed_on=["2022"]), load_contract("labour_survey"))
    assert read.columns["birth_date"] == [date(1985, 1, 1)] and read.columns["surveyed_on"] == [None]
    assert read.issues == [["surveyed_on:year_only"]] and read.notes == [["birth_date:year_only"]]


def test_values_that_are_equal_in_python_but_not_in_kind_are_kept_apart() -> None:
    read = normalise_columns(columns_of("employers", headcount=[1, True, 1.0, "1", 0, False]), load_contract("employers"))
    assert read.columns["headcount"] == [1, None, 1, 1, 0, None]
    assert [bool(i) for i in read.issues] == [False, True, False, False, False, True]


def test_numbers_among_texts_are_read_as_a_spreadsheet_mixes_them() -> None:
    read = normalise_columns(columns_of("labour_survey", national_id=["080190012345", 80190012346.0, None]), load_contract("labour_survey"))
    assert read.columns["national_id"] == ["080190012345", "080190012346", None]
    assert read.notes == [[], ["national_id:leading_zero"], []]


def test_lists_and_objects_in_place_of_a_value_are_unreadable_and_stop_nothing() -> None:
    parsed = columns_of(
        "labour_survey",
        form_no=[["1"], {"a": 1}, "3"],
        job_text=[["x"], None, {"y": 2}],
        priority_groups=[["poor"], "poor;disabled", {}],
    )
    read = normalise_columns(parsed, load_contract("labour_survey"))
    assert read.columns["form_no"] == [None, None, "3"]
    assert read.columns["priority_groups"] == [["poor"], ["poor", "disabled"], None]
    assert read.issues[0] == ["form_no:not_a_code", "job_text:not_text"]


POISON = [
    "\x00",
    "a\x00b",
    "x" * 1_000_000,
    "10^308",
    1e308,
    float("nan"),
    "01/01/0001",
    "31/12/9999",
    '=cmd|"/c calc"!A1',
    "😀",
    2**70,
    "NaN",
]


@pytest.mark.parametrize("feed", ["employers", "job_orders", "labour_survey", "fair_sessions", "fair_attendance"])
def test_poison_in_every_column_is_read_or_unreadable_and_fits_the_database(feed: str) -> None:
    contract = load_contract(feed)
    parsed = ParsedDelivery({f.name: list(POISON) for f in contract.sent_fields}, list(range(len(POISON))))
    read = normalise_columns(parsed, contract)
    for field in contract.sent_fields:
        assert len(read.columns[field.name]) == len(POISON)
        for value in read.columns[field.name]:
            if isinstance(value, str):
                assert "\x00" not in value and len(value) <= 4_000
            if isinstance(value, int) and not isinstance(value, bool):
                assert abs(value) < 2**63


def test_a_formula_that_came_as_text_is_kept_as_text() -> None:
    read = normalise_columns(columns_of("labour_survey", job_text=['=cmd|"/c calc"!A1']), load_contract("labour_survey"))
    assert read.columns["job_text"] == ['=cmd|"/c calc"!A1']


VALUES = (
    TEXTS
    | st.from_regex(r"[0-9]{0,13}", fullmatch=True)
    | st.from_regex(r"[A-Za-z0-9./_\-#' eE+]{0,12}", fullmatch=True)
    | st.text(alphabet="aăàạ đĐÐ#@09.", max_size=14)
)


@given(st.sampled_from(sorted(NOT_NORMAL, key=lambda read: read.__name__)), VALUES)
def test_a_value_in_normal_form_is_not_changed_by_its_reader(read: codes.Reader, value: str) -> None:
    if "\n" not in value and not NOT_NORMAL[read].search(value):
        assert read(value) == (value, None)


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (text.clean_text, "Nguyễn Thị Đào"),
        (text.free_text, "làm 8 giờ ở xã"),
        (codes.code, "803-P/000123"),
        (codes.national_id, "080190012345"),
        (codes.phone, "0901234567"),
    ],
)
def test_the_usual_value_passes_as_plain(read: codes.Reader, value: str) -> None:
    assert not NOT_NORMAL[read].search(value)


@given(st.lists(VALUES | st.none(), max_size=30))
def test_a_column_is_read_like_its_single_values(values: list[str | None]) -> None:
    for name in ("national_id", "full_name", "job_text", "form_no", "phone"):
        contract = load_contract("labour_survey")
        read = normalise_columns(columns_of("labour_survey", **{name: list(values)}), contract)
        one = reader(contract.field(name))
        for raw, found, issues, notes in zip(values, read.columns[name], read.issues, read.notes, strict=True):
            if raw is None:
                assert found is None and not issues and not notes
                continue
            try:
                expected, note = one(raw)
            except UnreadableValueError as error:
                assert found is None and issues == [f"{name}:{error.reason}"]
            else:
                assert found == expected and notes == ([f"{name}:{note}"] if note else [])


def test_every_field_of_every_contract_has_a_reader() -> None:
    for feed in ("employers", "job_orders", "labour_survey", "fair_sessions", "fair_attendance"):
        assert all(map(reader, load_contract(feed).sent_fields))
    assert set(BY_TYPE) | {"list"} == {"text", "code", "int", "vnd", "bool", "date", "timestamp", "items", "list"}
    with pytest.raises(KeyError):
        reader(Field("x", "code", "", "", kind="shoe_size"))
    assert "national_id" in BY_KIND


def usual_value(field: Field) -> str:
    """A value of a field as offices write it."""
    if field.codes:
        return field.codes[-1]
    by_kind = {
        "national_id": "080190012345", "phone": "0901234567", "email": "a@congty.example", "tax_code": "0300588569", "vsic": "1410",
        "vsco": "8153", "commune": "28210", "district": "803", "person_name": "Lê Văn Tám", "percentage": "70", "wage": "7500000",
        "year": "2023",
    }  # fmt: skip
    by_type = {"text": "Công nhân may", "code": "0012", "int": "12", "vnd": "7.500.000", "bool": "x", "date": "05/03/1985"}
    return by_kind.get(field.kind or "") or by_type.get(field.type) or '[{"vsco2": "81", "quantity": 10}]'


@pytest.mark.parametrize("feed", contract_feeds())
def test_the_marks_of_a_spreadsheet_for_text_are_removed_by_the_reader_of_every_field(feed: str) -> None:
    for field in load_contract(feed).sent_fields:
        value, read = usual_value(field), reader(field)
        assert read(value)[0] is not None, field.name
        doubled = value.replace('"', '""')
        for guarded in (f"'{value}", f'="{doubled}"', f" '{value} "):
            assert read(guarded)[0] == read(value)[0], field.name
        assert read("'")[0] is read('=""')[0] is None, field.name
        parsed = ParsedDelivery({f.name: [f"'{value}" if f is field else None] for f in load_contract(feed).sent_fields}, [1])
        assert normalise_columns(parsed, load_contract(feed)).columns[field.name] == [read(value)[0]]


def test_a_cell_in_an_old_font_has_a_note_and_the_others_have_none() -> None:
    parsed = columns_of("labour_survey", job_text=["may", "th\u00b8c", None, 5], workplace=["xã", "xã", "xã", "xã"])
    parsed.old_font = {"job_text": {"th\u00b8c"}}
    read = normalise_columns(parsed, load_contract("labour_survey"))
    assert read.notes == [[], ["job_text:old_font"], [], ["job_text:number"]]


def test_a_column_of_one_kind_of_number_is_read_like_one_of_several() -> None:
    for column in ([1, 2, 1], [1.0, 2.0, 1.0], [1, 2.0, 1], [True, 1, 1.0], [True, False, True]):
        read = normalise_columns(columns_of("employers", headcount=list(column)), load_contract("employers"))
        assert read.columns["headcount"] == [None if isinstance(value, bool) else int(value) for value in column]
