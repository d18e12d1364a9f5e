"""Tables of every feed as offices send them: what is a record, which value it has, and what is said of the rest."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_market.batches.delivery_errors import InvalidDeliveryError
from labour_market.contracts import Contract, contract_feeds, load_contract
from labour_market.normalise import normalise_columns
from labour_market.normalise.dates import birth_day
from labour_market.normalise.dates import day as read_day
from labour_market.normalise.records import ParsedDelivery, Unreadable
from labour_market.reading.deliveries import parse_delivery
from labour_market.reading.layouts import Column, Layout, read_layout
from labour_market.reading.sheet_tables import find_header, read_table
from labour_market.reading.workbooks import read_workbook
from labour_market.settings import LAYOUTS_DIR
from workbook_files import DAY_STYLE, PERCENT_STYLES, QUOTED_SIGN, Raw, letters, sheet, workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FEEDS = contract_feeds()
ROWS = 6
TOP = 2  # rows above the records: a title, and the header


def fields_of(feed: str) -> list[str]:
    """The target of each column of the text form of a feed, in its order; "" for one that is not loaded."""
    with (LAYOUTS_DIR / feed / "TT01-2022__csv-a.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["field"] for row in csv.DictReader(file)]


def header_of(feed: str) -> list[str]:
    with (LAYOUTS_DIR / feed / "TT01-2022__csv-a.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["header"] for row in csv.DictReader(file)]


def records_of(feed: str, count: int = ROWS) -> list[list[str | None]]:
    """Rows of which every value names its column and row, so that a value in another place is seen; dates are dates."""
    dates = {f.name for f in load_contract(feed).sent_fields if f.type in ("date", "timestamp")}
    return [
        [f"{n + 1:02}/{place % 12 + 1:02}/2023" if field in dates else f"{field or 'x'}-{n}" for place, field in enumerate(fields_of(feed))]
        for n in range(count)
    ]


def read(content: bytes, feed: str, media_type: str = XLSX) -> ParsedDelivery:
    path = Path(read.folder) / "delivery"  # type: ignore[attr-defined]  # set by the fixture below
    path.write_bytes(content)
    return parse_delivery(path, media_type, None, "TT01-2022/csv-a", load_contract(feed))


@pytest.fixture(autouse=True, scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    read.folder = tmp_path_factory.mktemp("deliveries")  # type: ignore[attr-defined]


def as_sheet(feed: str, rows: Sequence[Sequence[object]], **about: object) -> str:
    return sheet([["DANH SÁCH"], header_of(feed), *rows], **about)  # type: ignore[arg-type]


def as_csv(feed: str, rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header_of(feed), *rows])
    return text.getvalue().encode()


def plain_columns(contract: Contract, *types: str) -> list[tuple[int, str]]:
    """The columns of the form that have one field each, of these types, without a value map in the way."""
    kinds = {f.name: f.type for f in contract.sent_fields if not f.codes}
    return [(place, field) for place, field in enumerate(fields_of(contract.feed)) if kinds.get(field) in types]


# ---- dates of workbooks that count from 1904


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=10)
@given(st.dates(date(1930, 1, 1), date(2026, 12, 31)))
def test_a_serial_of_a_workbook_that_counts_from_1904_is_its_day_in_every_column_of_dates(feed: str, day: date) -> None:
    contract = load_contract(feed)
    serial = (day - date(1904, 1, 1)).days
    for place, field in plain_columns(contract, "date"):
        for value in (serial, Raw(f's="{DAY_STYLE}"', f"<v>{serial}</v>"), Raw('t="d"', f"<v>{day}T00:00:00</v>"), f"{day:%d/%m/%Y}"):
            rows = records_of(feed)
            rows[1][place] = value  # type: ignore[call-overload]
            columns = normalise_columns(read(workbook(as_sheet(feed, rows), from_1904=True), feed), contract).columns
            assert columns[field][1] == day
            assert columns[field][0] == date(2023, place % 12 + 1, 1)


def test_a_serial_that_was_typed_as_text_into_a_workbook_from_1904_is_not_read() -> None:
    rows = records_of("labour_survey")
    place = fields_of("labour_survey").index("birth_date")
    rows[0][place] = "31908"
    contract = load_contract("labour_survey")
    for from_1904, found in ((True, "birth_date:epoch_unknown"), (False, None)):
        issues = normalise_columns(read(workbook(as_sheet("labour_survey", rows), from_1904=from_1904), "labour_survey"), contract).issues
        assert (found in issues[0]) is from_1904


# ---- merged cells


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 4), (0, 5)])
def test_a_value_that_is_merged_over_records_is_that_of_each(feed: str, first: int, last: int) -> None:
    contract = load_contract(feed)
    for place, field in plain_columns(contract, "text", "code", "date", "bool"):
        rows = records_of(feed)
        for n in range(first + 1, last + 1):
            rows[n][place] = None
        merge = f"{letters(place)}{TOP + first + 1}:{letters(place)}{TOP + last + 1}"
        parsed = read(workbook(as_sheet(feed, rows, merges=[merge])), feed)
        assert len(parsed.row_numbers) == ROWS, field
        assert parsed.columns[field][first : last + 1] == [records_of(feed)[first][place]] * (last - first + 1)
        assert [v for n, v in enumerate(parsed.columns[field]) if not first <= n <= last] == [
            row[place] for n, row in enumerate(records_of(feed)) if not first <= n <= last
        ]


@pytest.mark.parametrize("feed", FEEDS)
def test_a_number_that_is_merged_over_records_is_unreadable_and_never_counted_twice(feed: str) -> None:
    contract = load_contract(feed)
    for place, field in plain_columns(contract, "int", "vnd"):
        rows = records_of(feed)
        rows[1][place], rows[2][place] = 7_000_000, None  # type: ignore[call-overload]
        parsed = read(workbook(as_sheet(feed, rows, merges=[f"{letters(place)}{TOP + 2}:{letters(place)}{TOP + 3}"])), feed)
        assert parsed.columns[field][1:3] == [Unreadable("merged")] * 2
        issues = normalise_columns(parsed, contract).issues
        assert [n for n, found in enumerate(issues) if f"{field}:merged" in found] == [1, 2]


def test_a_cell_that_is_merged_over_columns_is_unreadable_in_the_others() -> None:
    feed = "labour_survey"
    place, other = (fields_of(feed).index(name) for name in ("commune_code", "registered_commune_code"))
    assert other == place + 1
    rows = records_of(feed)
    rows[3][other] = None
    parsed = read(workbook(as_sheet(feed, rows, merges=[f"{letters(place)}{TOP + 4}:{letters(other)}{TOP + 4}"])), feed)
    assert parsed.columns["commune_code"][3] == "commune_code-3"
    assert parsed.columns["registered_commune_code"][3] == Unreadable("merged")


def test_merged_cells_around_the_table_change_nothing() -> None:
    feed = "labour_survey"
    plain = read(workbook(as_sheet(feed, records_of(feed))), feed)
    assert read(workbook(as_sheet(feed, records_of(feed), merges=["A1:Z1", "A2:A2", "C20:D30", "A900:B1048576"])), feed) == plain


def test_merged_cells_that_overlap_without_end_are_refused() -> None:
    feed = "labour_survey"
    with pytest.raises(InvalidDeliveryError) as caught:
        read(workbook(as_sheet(feed, records_of(feed), merges=["A3:A8"] * 10_000)), feed)
    assert caught.value.rule_name == "too_large"


# ---- errors, percentages, hidden rows, formats without a value

ERRORS = [
    Raw("t='e'", "<v>#N/A</v>"),
    Raw('s="1" t = "e"', "<v>#REF!</v>"),
    Raw("", "<f>A1</f>"),
    Raw("", "<f>A1</f><v></v>"),
    Raw("", "<f>IF(A1&gt;1,2)</f><v/>"),
    Raw("", '<f t="shared" si="0"/>'),
    Raw("", "<f><![CDATA[A1]]></f><!-- <v>1</v> --><v>\n</v>"),
]


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("referred", [True, False])
@settings(max_examples=15)
@given(st.data())
def test_an_error_or_a_formula_without_a_value_is_found_anywhere(feed: str, referred: bool, data: st.DataObject) -> None:
    place, field = data.draw(st.sampled_from(plain_columns(load_contract(feed), "text", "code", "date", "int", "vnd")))
    rows, n = records_of(feed), data.draw(st.integers(0, ROWS - 1))
    rows[n][place] = data.draw(st.sampled_from(ERRORS))  # type: ignore[call-overload]
    parsed = read(workbook(as_sheet(feed, rows, referred=referred)), feed)
    assert parsed.columns[field][n] == "#ERROR!"
    assert sum(column.count("#ERROR!") for column in parsed.columns.values()) == 1


def test_an_error_in_the_last_column_is_found_where_no_other_cell_of_it_has_a_value() -> None:
    feed = "labour_survey"
    place = len(fields_of(feed)) - 1
    rows = records_of(feed)
    for row in rows:
        row[place] = None
    rows[2][place] = ERRORS[0]  # type: ignore[call-overload]
    assert read(workbook(as_sheet(feed, rows)), feed).columns[fields_of(feed)[place]] == [None, None, "#ERROR!", None, None, None]


@settings(max_examples=30)
@given(st.integers(0, 100), st.sampled_from(PERCENT_STYLES))
def test_a_number_in_a_percent_format_is_what_the_sheet_shows(share: int, style: int) -> None:
    contract, feed = load_contract("fair_sessions"), "fair_sessions"
    place = fields_of(feed).index("fund_share_pct")
    rows = records_of(feed)
    rows[0][place] = Raw(f's="{style}"', f"<v>{share / 100!r}</v>")  # type: ignore[call-overload]
    rows[1][place] = Raw(f's="{style}"', f"<f>1*1</f><v>{share / 100!r}</v>")  # type: ignore[call-overload]
    rows[2][place] = Raw(f's="{QUOTED_SIGN}"', f"<v>{share}</v>")  # type: ignore[call-overload]
    normalised = normalise_columns(read(workbook(as_sheet(feed, rows)), feed), contract)
    assert normalised.columns["fund_share_pct"][:3] == [share] * 3


def test_a_number_in_a_percent_format_is_no_count() -> None:
    contract, feed = load_contract("job_orders"), "job_orders"
    rows = records_of(feed)
    rows[0][fields_of(feed).index("openings")] = Raw(f's="{PERCENT_STYLES[0]}"', "<v>5</v>")  # type: ignore[call-overload]
    assert "openings:not_a_number" in normalise_columns(read(workbook(as_sheet(feed, rows)), feed), contract).issues[0]


@settings(max_examples=20)
@given(st.integers(20, 1_048_576), st.integers(0, 16_383))
def test_a_cell_that_only_has_a_format_changes_nothing_wherever_it_is(row: int, column: int) -> None:
    feed = "labour_survey"
    more = f'<row r="{row}" s="1" customFormat="1"><c r="{letters(column)}{row}" s="1"/></row>'
    assert read(workbook(as_sheet(feed, records_of(feed), more=more)), feed) == read(workbook(as_sheet(feed, records_of(feed))), feed)


def test_a_value_that_is_too_far_away_is_refused_unless_it_is_on_another_sheet() -> None:
    feed = "labour_survey"
    table = as_sheet(feed, records_of(feed))
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    note = sheet([["Ghi chú"]], more=far)
    assert read(workbook(table, note), feed) == read(workbook(table), feed)
    with pytest.raises(InvalidDeliveryError) as caught:
        read(workbook(as_sheet(feed, records_of(feed), more=far)), feed)
    assert caught.value.rule_name == "too_large"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("worksheets/sheet1.xml", "worksheets/none.xml"),
        ('Target="worksheets/sheet1.xml"', ""),
        ('name="S1"', ""),
        ("<workbookPr/>", "<workbookPr>"),
        ("<workbook ", "<!DOCTYPE x [<!ENTITY e 'e'>]><workbook "),
    ],
)
def test_a_workbook_whose_parts_do_not_fit_is_damaged_and_never_reaches_the_reader(old: str, new: str) -> None:
    content = workbook(as_sheet("labour_survey", records_of("labour_survey")))
    changed, times = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            xml = source.read(name).decode()
            times += xml.count(old)
            target.writestr(name, xml.replace(old, new) if name.startswith("xl/") else xml)
    assert times == 1
    with pytest.raises(InvalidDeliveryError) as caught:
        read(changed.getvalue(), "labour_survey")
    assert caught.value.details["found"] == "damaged"


def test_two_parts_of_one_name_are_refused() -> None:
    content = io.BytesIO(workbook(as_sheet("labour_survey", records_of("labour_survey"))))
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl\\worksheets\\sheet1.xml", sheet([["x"]]))
    with pytest.raises(InvalidDeliveryError) as caught:
        read(content.getvalue(), "labour_survey")
    assert caught.value.details["found"] == "damaged"


@pytest.mark.parametrize(
    "far",
    [
        "<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
        "<row><c r='XFD1048576' t='e'><v>#N/A</v></c></row>",
        "<row r='1048576'><c r='XFD1048576'><f>A1</f></c></row>",
        "<row r='1048575'/><row><c r='XFC5'/><c><v>1</v></c></row><row r='1048576'><c r='A1048576'><v>1</v></c></row>",
    ],
)
def test_a_far_cell_is_counted_in_any_spelling(far: str) -> None:
    with pytest.raises(InvalidDeliveryError) as caught:
        read(workbook(as_sheet("labour_survey", records_of("labour_survey"), more=far)), "labour_survey")
    assert caught.value.rule_name == "too_large"


def test_cells_are_counted_over_all_sheets() -> None:
    half = sheet([["x"]], more="<row r='1048576'><c r='J1048576'><v>1</v></c></row>")
    found = read_workbook(workbook(sheet([["a"]]), half, half)).sheets
    assert [found[name].oversized for name in ("S1", "S2", "S3")] == [False, False, True]


@settings(max_examples=20)
@given(st.sets(st.integers(0, ROWS - 1)))
def test_records_in_hidden_rows_are_loaded_and_known(hidden: set[int]) -> None:
    feed = "labour_survey"
    parsed = read(workbook(as_sheet(feed, records_of(feed), hidden=[TOP + n + 1 for n in hidden])), feed)
    assert len(parsed.row_numbers) == ROWS
    assert parsed.hidden == sorted(TOP + n + 1 for n in hidden)


def test_records_on_a_hidden_sheet_are_hidden() -> None:
    table = as_sheet("labour_survey", records_of("labour_survey"))
    parsed = read(workbook(table, sheet([["Ghi chú"]]), states=("hidden", "visible")), "labour_survey")
    assert parsed.hidden == parsed.row_numbers == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("states", [("veryHidden", "visible"), ("visible", "hidden")])
def test_two_sheets_with_the_table_are_named_with_what_is_hidden(states: tuple[str, str]) -> None:
    table = as_sheet("labour_survey", records_of("labour_survey"))
    with pytest.raises(InvalidDeliveryError) as caught:
        read(workbook(table, table, states=states), "labour_survey")
    marks = ["" if state == "visible" else " (đang ẩn)" for state in states]
    assert caught.value.details["sheets_vi"] == f"“S1”{marks[0]}, “S2”{marks[1]}"


@pytest.mark.parametrize("feed", FEEDS)
def test_names_of_parts_with_backslashes_are_read(feed: str) -> None:
    table = as_sheet(feed, records_of(feed))
    assert read(workbook(table, mark="\\"), feed) == read(workbook(table), feed)


# ---- what is a record

STRUCTURE = [
    ["A. HỘ NGHÈO"], ["B. Hộ cận nghèo"], ["I", "Xã Tân Thạnh"], ["1. Xã Tân Thạnh"], ["1.2. Ấp 3"], ["2", "Phường 1"], ["Thôn Đông"],
    ["Cộng:", 6], ["Tổng cộng", 6], ["Total", 6], ["Grand Total", None, 12], ["Sum"], ["Tổng số:", None, None, 3], [],
]  # fmt: skip
BELOW = [
    [None, None, "CÁN BỘ TỔNG HỢP", None, None, None, None, "TRƯỞNG PHÒNG"], [None, "(Đã ký)"],
    [None, None, None, "Long An, ngày 5 tháng 2 năm 2023"], ["Người lập biểu", None, None, "KT. GIÁM ĐỐC"], [None, "Đại diện đơn vị"],
    ["Ghi chú: số liệu tạm tính"], ["Chuyên viên"], ["Công chức văn hóa - xã hội"],
]  # fmt: skip


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=25)
@given(st.data())
def test_rows_that_are_no_records_are_left_out_wherever_they_are(feed: str, data: st.DataObject) -> None:
    """In a form whose first column is a number of the row, which is not loaded."""
    contract = load_contract(feed)
    titles, first = header_of(feed), [] if header_of(feed)[0].casefold() == "stt" else ["STT"]
    lines: list[list[object]] = [[None for _ in first] + list(row) for row in records_of(feed)]
    between = st.tuples(st.integers(0, ROWS), st.sampled_from([*STRUCTURE, [*first, *titles]]))
    for place, line in sorted(data.draw(st.lists(between, max_size=4)), key=lambda found: -found[0]):
        lines.insert(place, list(line))
    if below := data.draw(st.lists(st.sampled_from(BELOW), max_size=4)):
        lines += [*below, [], [None, None, "Lê Thị Ký Tên"]]
    known = read_layout(LAYOUTS_DIR / feed / "TT01-2022__csv-a.csv", contract)
    layout = Layout(known.form_version, None, (*(Column("STT", "stt", None) for _ in first), *known.columns))
    found = read_workbook(workbook(sheet([["DANH SÁCH"], [*first, *titles], *lines]))).sheets["S1"]
    parsed = read_table(find_header(found.rows, layout), found.rows, range(1, len(found.rows) + 1), contract, found)
    for place, field in plain_columns(contract, "text", "code"):
        assert parsed.columns[field] == [row[place] for row in records_of(feed)], parsed.skipped


@pytest.mark.parametrize("words", ["Kế toán kho", "Trưởng ca", "Giám đốc kinh doanh", "Tổng đài viên", "Cán bộ kỹ thuật"])
def test_an_order_without_a_number_is_a_record_whatever_its_title(words: str) -> None:
    rows = records_of("job_orders")
    fields = fields_of("job_orders")
    kept = {fields.index(name) for name in ("employer_no", "openings", "posted_on", "commune_code")}
    rows[2] = [value if place in kept else None for place, value in enumerate(rows[2])]
    rows[2][fields.index("title")] = words
    parsed = read(workbook(as_sheet("job_orders", rows)), "job_orders")
    assert len(parsed.row_numbers) == ROWS
    assert parsed.columns["title"][2] == words
    assert parsed.without_key == [TOP + 3]


# ---- rows of a CSV that are longer or shorter


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=20)
@given(st.lists(st.integers(0, 5), min_size=ROWS, max_size=ROWS), st.sampled_from(["", " ", "'", '=""']))
def test_blank_cells_after_a_row_hold_nothing(feed: str, surplus: list[int], blank: str) -> None:
    rows = [[*row, *[blank] * more] for row, more in zip(records_of(feed), surplus, strict=True)]
    assert read(as_csv(feed, rows), feed, "text/csv") == read(as_csv(feed, records_of(feed)), feed, "text/csv")


@pytest.mark.parametrize("feed", FEEDS)
def test_a_value_after_a_row_is_refused(feed: str) -> None:
    rows = records_of(feed)
    rows[3].append("x")
    with pytest.raises(InvalidDeliveryError) as caught:
        read(as_csv(feed, rows), feed, "text/csv")
    assert (caught.value.rule_name, caught.value.details["row"]) == ("shape", 5)


@pytest.mark.parametrize("feed", FEEDS)
@settings(max_examples=60)
@given(st.data())
def test_a_row_that_lacks_a_cell_is_read_only_where_no_value_is_moved(feed: str, data: st.DataObject) -> None:
    """Any cells may be blank, and any one may be missing: the row is refused, read as if the cell were there, or named as no record."""
    rows = records_of(feed)
    for place in data.draw(st.sets(st.integers(0, len(rows[2]) - 1))):
        rows[2][place] = ""
    missing = data.draw(st.integers(0, len(rows[2]) - 1))
    rows[2][missing] = ""
    expected = read(as_csv(feed, rows), feed, "text/csv")
    rows[2].pop(missing)
    try:
        parsed = read(as_csv(feed, rows), feed, "text/csv")
    except InvalidDeliveryError as error:
        assert error.rule_name == "shape"
    else:
        lost = set(expected.row_numbers) - set(parsed.row_numbers)
        assert lost <= set(chain.from_iterable(parsed.skipped.values()))
        kept = [place for place, row in enumerate(expected.row_numbers) if row not in lost]
        assert parsed.columns == {name: [column[place] for place in kept] for name, column in expected.columns.items()}


def test_trailing_cells_that_a_spreadsheet_leaves_out_are_blank() -> None:
    feed = "labour_survey"
    fields = fields_of(feed)
    assert fields[-2:] == ["surveyed_on", "enumerator"]
    rows = records_of(feed)
    rows[2][-1] = ""
    expected = read(as_csv(feed, rows), feed, "text/csv")
    rows[2].pop()
    assert read(as_csv(feed, rows), feed, "text/csv") == expected


# ---- days


@given(st.dates(date(1950, 1, 1), date(2026, 12, 31)))
def test_a_moment_is_the_day_of_the_province_and_midnight_the_day_that_is_written(day: date) -> None:
    before = day - timedelta(days=1)
    for read_ in (read_day, birth_day):
        assert read_(f"{before}T17:00:00Z") == read_(f"{before}T17:00:00.000+00:00") == (day, "other_zone")
        assert read_(f"{day}T00:00:00Z") == read_(f"{day}T00:00:00+07:00") == read_(f"{day} 00:00:00") == (day, None)
        assert read_(f"{day}T00:00:00+14:00") == (day, None)
        assert read_(f"{day:%d/%m/%Y} 11:59:59 CH") == read_(f"{day:%d/%m/%Y} 12:00:00 SA") == (day, None)
