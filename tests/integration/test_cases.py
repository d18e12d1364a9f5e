"""Small files of offices (tests/fixtures/cases), delivered as they were announced: what is loaded, kept out and said of each."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from labour_market.batches import ledger
from labour_market.batches.landing import LandingStore
from labour_market.batches.states import BatchState
from labour_market.contracts import load_contract
from labour_market.database import connect
from labour_market.ingestion.loading import load
from labour_market.quality.messages import rejected_rows
from labour_market.settings import load_settings
from psycopg import sql
from psycopg.rows import dict_row

CASES = Path(__file__).parents[1] / "fixtures" / "cases"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SURVEY, ORDERS, SESSIONS = "labour_survey", "job_orders", "fair_sessions"
# file: feed, sender, period, number of records, as announced
ANNOUNCED = {
    "mac-1904-general-serials.xlsx": (SURVEY, "795", "2023-01", 6),
    "merged-household-number.xlsx": (SURVEY, "796", "2023-01", 6),
    "filtered-rows-hidden.xlsx": (SURVEY, "797", "2023-01", 6),
    "very-hidden-copy-sheet.xlsx": (SURVEY, "798", "2023-01", 6),
    "excel-pads-extra-commas.csv": (ORDERS, "796", "2023-06-12", 20),
    "ndjson-blank-lines.ndjson": (SURVEY, "800", "2023-01", 6),
    "ndjson-bom.ndjson": (SURVEY, "801", "2023-01", 6),
    "ndjson-duplicate-keys.ndjson": (SURVEY, "802", "2023-01", 6),
    "percent-cells.xlsx": (SESSIONS, "797", "2023-03", 3),
    "libreoffice-row-styled-to-AMJ.xlsx": (SURVEY, "805", "2023-01", 6),
    "one-formatted-row-1048576.xlsx": (SURVEY, "806", "2023-01", 6),
    "note-sheet-with-far-row.xlsx": (SURVEY, "807", "2023-01", 6),
    "header-repeated-mid-file.csv": (SURVEY, "808", "2023-01", 8),
    "excel-text-guards.csv": (SURVEY, "795", "2023-02", 6),
    "same-citizen-two-forms-conflict.ndjson": (SURVEY, "800", "2023-02", 8),
    "minority-names.ndjson": (SURVEY, "801", "2023-02", 10),
    "section-rows-A-and-1.xlsx": (SURVEY, "803", "2023-02", 6),
    "footer-other-signers.xlsx": (SURVEY, "804", "2023-02", 6),
    "excel-table-Total-row.xlsx": (SURVEY, "805", "2023-02", 6),
    "wages-as-typed.csv": (ORDERS, "798", "2023-06-12", 12),
    "birth-dates-as-typed.csv": (SURVEY, "807", "2023-02", 12),
    "short-commune-code.csv": (SURVEY, "808", "2023-02", 6),
    "tax-code-as-citizen-number.ndjson": (SURVEY, "794", "2023-03", 6),
    "one-row-tcvn3.csv": (SURVEY, "795", "2023-03", 30),
    "wingdings-ticks.xlsx": (SURVEY, "799", "2023-03", 8),
    "errors-quoted-otherwise.xlsx": (SURVEY, "801", "2023-03", 6),
    "no-references-uncomputed.xlsx": (SURVEY, "803", "2023-03", 6),
    "codes-that-look-scientific.csv": (SURVEY, "805", "2023-03", 8),
    "order-without-number-titled-accountant.xlsx": (ORDERS, "803", "2023-06-12", 12),
    "backslash-part-names.xlsx": (SURVEY, "804", "2023-12", 6),
    "excel-vn-clock-and-months.csv": (SURVEY, "806", "2023-12", 6),
    "list-in-a-text-field.ndjson": (SURVEY, "807", "2023-12", 6),
}
# file: rows that are published, and of each row that is not, words of its sentence
PUBLISHED: dict[str, tuple[int, dict[int, list[str]]]] = {
    "mac-1904-general-serials.xlsx": (6, {}),
    "merged-household-number.xlsx": (6, {}),
    "excel-pads-extra-commas.csv": (20, {}),
    "ndjson-blank-lines.ndjson": (6, {}),
    "ndjson-bom.ndjson": (6, {}),
    "ndjson-duplicate-keys.ndjson": (5, {3: ["“Tình trạng tham gia hoạt động kinh tế”", "ghi hai lần"]}),
    "percent-cells.xlsx": (3, {}),
    "libreoffice-row-styled-to-AMJ.xlsx": (6, {}),
    "one-formatted-row-1048576.xlsx": (6, {}),
    "note-sheet-with-far-row.xlsx": (6, {}),
    "header-repeated-mid-file.csv": (8, {}),
    "excel-text-guards.csv": (6, {}),
    "same-citizen-two-forms-conflict.ndjson": (8, {}),
    "minority-names.ndjson": (10, {}),
    "section-rows-A-and-1.xlsx": (6, {}),
    "footer-other-signers.xlsx": (6, {}),
    "excel-table-Total-row.xlsx": (6, {}),
    "wages-as-typed.csv": (12, {}),
    "birth-dates-as-typed.csv": (9, {2: ["năm chỉ có hai chữ số"], 3: ["ngày không có thật"], 13: ["ngày không có thật"]}),
    "short-commune-code.csv": (4, {2: ["mã xã 8210 "], 3: ["mã xã 788 "]}),
    "tax-code-as-citizen-number.ndjson": (
        2,
        {1: ["thiếu hai chữ số", "mã số thuế"], 2: ["thiếu hai chữ số", "mã số thuế"], 4: ["mất chữ số"], 5: ["số giả"]},
    ),
    "one-row-tcvn3.csv": (30, {}),
    "wingdings-ticks.xlsx": (6, {6: ["“Đối tượng ưu tiên”", "danh mục"], 7: ["“Đối tượng ưu tiên”", "danh mục"]}),
    "errors-quoted-otherwise.xlsx": (4, {5: ["“Số hộ”", "ô công thức bị lỗi"], 6: ["“Số hộ”", "ô công thức bị lỗi"]}),
    "no-references-uncomputed.xlsx": (5, {6: ["“Số hộ”", "ô công thức"]}),
    "codes-that-look-scientific.csv": (8, {}),
    "order-without-number-titled-accountant.xlsx": (11, {8: ["bỏ trống"]}),
    "backslash-part-names.xlsx": (6, {}),
    "excel-vn-clock-and-months.csv": (6, {}),
    "list-in-a-text-field.ndjson": (5, {3: ["“Công việc cụ thể đang làm”", "không phải chữ"]}),
}
# file: words of the sentence on a delivery of which nothing can be published
REFUSED = {
    "filtered-rows-hidden.xlsx": ["báo là 6 nhưng nhận được 8", "dòng đang ẩn: 6-7"],
    "very-hidden-copy-sheet.xlsx": ["“Tháng trước” (đang ẩn)", "xóa trang thừa"],
}


@dataclass
class Outcome:
    """What became of a delivery.

    Attributes:
        state: Of its batch.
        reason: The rule that blocked it.
        sentence: Why, in Vietnamese, with the remedy.
        core: Published rows by row number.
        kept_out: (rule, column) of the values for which a row was not published, by row.
        warned: rule -> rows that were published with a warning.
        failed: rule -> rows that break it.
        row_sentences: The sentences on each row that was not published.
    """

    state: str
    reason: str | None
    sentence: str
    core: dict[int, dict[str, Any]]
    kept_out: dict[int, set[tuple[str | None, str]]]
    warned: dict[str | None, list[int]]
    failed: dict[str | None, list[int]]
    row_sentences: dict[int, str]


@pytest.fixture(scope="module")
def outcomes(clone, tmp_path_factory) -> Iterator[dict[str, Outcome]]:
    with pytest.MonkeyPatch.context() as patch, clone() as dsn:
        patch.setenv("WAREHOUSE_DSN", dsn)
        patch.setenv("LMW_LANDING", str(tmp_path_factory.mktemp("landing")))
        with connect("loader", autocommit=True) as connection:
            batches = {name: deliver(connection, name) for name in ANNOUNCED}
            for feed in (SESSIONS, ORDERS, SURVEY):
                assert load(feed).errors == {}
            yield {name: outcome(connection, batch_id, ANNOUNCED[name][0]) for name, batch_id in batches.items()}


def described(name: str) -> tuple[str, None, str | None]:
    """The media type, the encoding and the form version of a file, as announced."""
    return {
        ".csv": ("text/csv", None, "TT01-2022/csv-a"),
        ".xlsx": (XLSX, None, "TT01-2022/xlsx-a"),
        ".ndjson": ("application/x-ndjson", None, None),
    }[Path(name).suffix]


def deliver(connection, name: str) -> int:
    """Announce a file as its sender did, and land its bytes."""
    feed, sender, period, records = ANNOUNCED[name]
    content = (CASES / name).read_bytes()
    media_type, encoding, form_version = described(name)
    batch_id = ledger.announce(
        connection,
        {
            "feed": feed,
            "sender_code": sender,
            "delivery_id": f"{sender}-{feed}-{period}-1",
            "period": period,
            "sequence": 1,
            "form_version": form_version,
            "media_type": media_type,
            "encoding": encoding,
            "declared_records": records,
            "declared_bytes": len(content),
            "declared_sha256": hashlib.sha256(content).hexdigest(),
            "declared_totals": {},
            "delivery_created_at": datetime(2023, 12, 20, tzinfo=UTC),
        },
        "test",
    )
    landed = LandingStore(load_settings().landing_url).put(content)
    attempt = ledger.take(connection, batch_id, [BatchState.DISCOVERED])
    ledger.move(connection, batch_id, attempt, BatchState.LANDED, "test", sha256=landed.sha256, bytes=landed.size, landing_path=landed.path)
    return batch_id


def outcome(connection, batch_id: int, feed: str) -> Outcome:
    columns = sql.SQL(", ").join(map(sql.Identifier, ["row_no", *(f.name for f in load_contract(feed).core_fields)]))
    current = sql.SQL("select {} from core.{} where batch_id = %s and recorded_to = 'infinity'").format(columns, sql.Identifier(feed))
    with connection.cursor(row_factory=dict_row) as cursor:
        batch = cursor.execute("select state, reason_rule, reason_vi, remedy_vi from ops.batch where batch_id = %s", [batch_id]).fetchone()
        core = cursor.execute(current, [batch_id]).fetchall()
        audited = cursor.execute(
            "select rule_id, verdict, first_rows from ops.audit_result where batch_id = %s and failed > 0", [batch_id]
        ).fetchall()

    def short(rule: str | None) -> str | None:
        return rule and rule.removeprefix(f"{feed}.")

    kept_out: dict[int, set[tuple[str | None, str]]] = {}
    row_sentences: dict[int, str] = {}
    for row in rejected_rows(connection, batch_id):
        kept_out.setdefault(row["row_no"], set()).add((short(row["rule_id"]), row["column_name"]))
        row_sentences[row["row_no"]] = f"{row_sentences.get(row['row_no'], '')} {row['sentence_vi']}"

    return Outcome(
        batch["state"],
        short(batch["reason_rule"]),
        f"{batch['reason_vi']} {batch['remedy_vi']}",
        {row["row_no"]: row for row in core},
        kept_out,
        {short(row["rule_id"]): row["first_rows"] for row in audited if row["verdict"] == "warn"},
        {short(row["rule_id"]): row["first_rows"] for row in audited},
        row_sentences,
    )


def values(found: Outcome, column: str) -> list[Any]:
    return [row[column] for _, row in sorted(found.core.items())]


def published_clean(found: Outcome) -> bool:
    """Whether every record was published and no rule found anything."""
    return found.state == "published" and not found.kept_out and not found.failed


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_good_rows_are_published_and_each_other_row_has_its_sentence(outcomes, name):
    found, (published, sentences) = outcomes[name], PUBLISHED[name]
    assert found.state == "published"
    assert len(found.core) == published
    assert found.row_sentences.keys() == sentences.keys()
    for row, words in sentences.items():
        assert f"Dòng {row}: " in found.row_sentences[row]
        assert [word for word in words if word not in found.row_sentences[row]] == []


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_delivery_has_a_sentence_that_names_what_is_wrong(outcomes, name):
    found = outcomes[name]
    assert found.state == "rejected" and not found.core
    assert [words for words in REFUSED[name] if words not in found.sentence] == []


def test_birth_dates_of_a_workbook_that_counts_from_1904_are_those_that_were_typed(outcomes):
    found = outcomes["mac-1904-general-serials.xlsx"]
    assert published_clean(found)
    assert values(found, "birth_date") == [
        date(1991, 5, 12),
        date(1966, 3, 14),
        date(1989, 5, 8),
        date(1995, 3, 15),
        date(1982, 2, 12),
        date(1972, 2, 2),
    ]


def test_every_row_of_a_merged_household_number_has_it(outcomes):
    found = outcomes["merged-household-number.xlsx"]
    assert published_clean(found)
    assert values(found, "household_no") == ["H0", "H0", "H0", "H1", "H1", "H1"]


def test_the_sentence_on_too_many_records_names_the_hidden_rows(outcomes):
    found = outcomes["filtered-rows-hidden.xlsx"]
    assert (found.state, found.reason) == ("rejected", "file.record_count")
    assert "đã báo là 6 nhưng nhận được 8; dòng đang ẩn: 6-7." in found.sentence


def test_a_second_table_on_a_hidden_sheet_is_named_with_its_remedy(outcomes):
    found = outcomes["very-hidden-copy-sheet.xlsx"]
    assert (found.state, found.reason) == ("rejected", "file.one_table")
    assert "“Tháng trước” (đang ẩn)" in found.sentence
    assert "xóa trang thừa" in found.sentence


def test_surplus_commas_hold_nothing(outcomes):
    found = outcomes["excel-pads-extra-commas.csv"]
    assert found.state == "published" and not found.kept_out
    assert values(found, "order_no") == [f"09-{n:03}" for n in range(1, 21)]


def test_blank_lines_between_records_are_skipped_and_the_rows_keep_their_numbers(outcomes):
    found = outcomes["ndjson-blank-lines.ndjson"]
    assert published_clean(found)
    assert {row: record["form_no"] for row, record in found.core.items()} == {
        1: "0001",
        2: "0002",
        3: "0003",
        5: "0004",
        6: "0005",
        7: "0006",
    }


def test_a_byte_order_mark_before_records_is_skipped(outcomes):
    found = outcomes["ndjson-bom.ndjson"]
    assert published_clean(found)
    assert values(found, "form_no") == ["0001", "0002", "0003", "0004", "0005", "0006"]


def test_a_record_with_a_member_twice_is_quarantined(outcomes):
    found = outcomes["ndjson-duplicate-keys.ndjson"]
    assert found.kept_out == {3: {("row.value_readable", "activity_status"), ("row.value_readable", "employment_status")}}
    assert sorted(found.core) == [1, 2, 4, 5, 6]


def test_a_cell_in_a_percent_format_is_what_it_shows(outcomes):
    found = outcomes["percent-cells.xlsx"]
    assert published_clean(found)
    assert values(found, "fund_share_pct") == [100, 70, 30]


@pytest.mark.parametrize("name", ["libreoffice-row-styled-to-AMJ.xlsx", "one-formatted-row-1048576.xlsx", "note-sheet-with-far-row.xlsx"])
def test_cells_without_a_value_and_notes_on_another_sheet_are_no_reason_to_refuse_a_table(outcomes, name):
    found = outcomes[name]
    assert published_clean(found)
    assert values(found, "form_no") == ["0001", "0002", "0003", "0004", "0005", "0006"]


def test_a_header_between_records_is_no_record(outcomes):
    found = outcomes["header-repeated-mid-file.csv"]
    assert published_clean(found)
    assert sorted(found.core) == [2, 3, 4, 5, 7, 8, 9, 10]


def test_the_marks_of_a_spreadsheet_for_text_are_no_part_of_a_value(outcomes):
    found = outcomes["excel-text-guards.csv"]
    assert published_clean(found)
    assert values(found, "form_no") == ["0001", "0002", "0003", "0004", "0005", "0006"]
    assert values(found, "birth_date")[2:5] == [date(1992, 7, 16), date(1999, 12, 28), date(1984, 12, 8)]
    assert values(found, "person_method") == ["national_id"] * 6


def test_one_citizen_on_two_forms_that_disagree_is_one_person_and_a_warning(outcomes):
    found = outcomes["same-citizen-two-forms-conflict.ndjson"]
    assert found.state == "published" and not found.kept_out
    assert found.warned["cross_row.citizen_agrees"] == [2, 6]
    assert found.core[2]["person_key"] == found.core[6]["person_key"]
    assert len(set(values(found, "person_key"))) == 7


def test_short_names_of_minorities_are_loaded_and_at_most_warned_of(outcomes):
    found = outcomes["minority-names.ndjson"]
    assert found.state == "published" and not found.kept_out
    assert found.failed == {"row.short_name": [9, 10]}


@pytest.mark.parametrize("feed", [SURVEY, "fair_attendance"])
def test_no_remedy_for_a_name_is_to_delete_the_row(feed):
    contract = load_contract(feed)
    for name in ("row.short_name", "row.placeholder_name"):
        assert "xóa" not in contract.rule(name).remedy_vi.lower()


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("section-rows-A-and-1.xlsx", [5, 6, 8, 9, 10, 11]),
        ("footer-other-signers.xlsx", [4, 5, 6, 7, 8, 9]),
        ("excel-table-Total-row.xlsx", [4, 5, 6, 7, 8, 9]),
    ],
)
def test_headings_totals_and_signers_in_any_words_are_no_records(outcomes, name, rows):
    found = outcomes[name]
    assert published_clean(found)
    assert sorted(found.core) == rows
    assert values(found, "form_no") == ["0001", "0002", "0003", "0004", "0005", "0006"]


def test_words_in_a_column_of_wages_cost_the_wage_and_not_the_order(outcomes):
    found = outcomes["wages-as-typed.csv"]
    assert found.state == "published" and not found.kept_out
    assert found.warned == {"row.wage_readable": [2, 3, 5, 9, 10, 11]}
    assert [(row["wage_min_vnd"], row["wage_max_vnd"]) for _, row in sorted(found.core.items())] == [
        (None, None),  # Thỏa thuận
        (None, None),
        (5_000_000, 7_000_000),
        (None, None),  # 7-9 triệu
        (7_500_000, 9_000_000),
        (7_500_000, 9_000_000),
        (7_500_000, 9_000_000),
        (None, None),  # 6000 and 9000, in thousands
        (None, None),  # 300 nghìn/ngày
        (None, None),  # trên 7 triệu
        (6_000_000, 9_000_000),
        (6_000_000, 9_000_000),
    ]


def test_birth_dates_are_read_in_the_spellings_that_occur_and_others_are_named(outcomes):
    found = outcomes["birth-dates-as-typed.csv"]
    unreadable = {("row.value_readable", "birth_date")}
    assert found.kept_out == {2: unreadable, 3: unreadable, 13: unreadable}  # 05/03/85, 29/02/1985 and 13/13/1985
    assert values(found, "birth_date") == [
        date(1985, 5, 3),
        date(1985, 1, 1),
        date(1985, 3, 1),
        date(1984, 12, 31),
        *[date(1985, 3, 5)] * 4,
        date(1985, 1, 1),
    ]


def test_the_sentence_on_a_short_commune_code_has_what_was_typed(outcomes):
    found = outcomes["short-commune-code.csv"]
    unknown = {("row.commune_known", "commune_code")}
    assert found.kept_out == {2: unknown, 3: unknown}
    assert "08210" not in found.row_sentences[2] and "00788" not in found.row_sentences[3]


def test_ten_digits_are_no_citizen_number(outcomes):
    found = outcomes["tax-code-as-citizen-number.ndjson"]
    unreadable = {("row.value_readable", "national_id")}
    assert found.kept_out == {1: unreadable, 2: unreadable, 4: unreadable, 5: {("row.placeholder_number", "national_id")}}
    assert values(found, "person_method") == ["national_id", "national_id"]


def test_a_row_in_an_old_font_is_warned_of_where_the_others_are_readable(outcomes):
    found = outcomes["one-row-tcvn3.csv"]
    assert found.state == "published" and len(found.core) == 30
    assert found.failed == {"row.text_encoding": [9]}
    assert found.core[9]["job_text"] == "c«ng nh©n may"


def test_ticks_are_read_and_signs_of_a_symbol_font_are_named(outcomes):
    found = outcomes["wingdings-ticks.xlsx"]
    unknown = {("row.code_known", "priority_groups")}
    assert found.kept_out == {6: unknown, 7: unknown}
    assert values(found, "priority_groups") == [["poor"]] * 6


def test_an_error_of_a_formula_is_found_in_xml_of_any_spelling(outcomes):
    found = outcomes["errors-quoted-otherwise.xlsx"]
    unreadable = {("row.value_readable", "household_no")}
    assert found.kept_out == {5: unreadable, 6: unreadable}
    assert values(found, "household_no") == ["H0", None, "H1", "H2"]  # row 7: a text of no letters


def test_a_formula_without_a_value_is_found_in_a_cell_without_a_reference(outcomes):
    found = outcomes["no-references-uncomputed.xlsx"]
    assert found.kept_out == {6: {("row.value_readable", "household_no")}}
    assert sorted(found.core) == [4, 5, 7, 8, 9]


def test_codes_that_look_like_numbers_are_as_they_were_typed(outcomes):
    found = outcomes["codes-that-look-scientific.csv"]
    assert published_clean(found)
    assert values(found, "household_no") == ["1E2", "5E0", "12.0", "2E01", "0012", "H2", "H2", "H2"]


def test_an_order_without_a_number_is_quarantined_although_its_title_is_that_of_a_signer(outcomes):
    found = outcomes["order-without-number-titled-accountant.xlsx"]
    assert found.state == "published" and len(found.core) == 11
    assert found.kept_out == {8: {("row.required_present", "order_no")}}


def test_an_archive_with_backslashes_is_a_workbook(outcomes):
    found = outcomes["backslash-part-names.xlsx"]
    assert published_clean(found)
    assert values(found, "form_no") == [f"58000{n}" for n in range(1, 7)]


def test_dates_with_a_vietnamese_clock_or_the_name_of_a_month_are_read(outcomes):
    found = outcomes["excel-vn-clock-and-months.csv"]
    assert found.state == "published" and not found.kept_out
    assert values(found, "birth_date") == [
        date(1990, 12, 12),
        date(1978, 9, 28),
        date(1986, 12, 16),
        date(1990, 5, 3),
        date(1990, 5, 3),
        date(1972, 3, 8),
    ]


def test_a_list_in_place_of_a_text_quarantines_its_row(outcomes):
    found = outcomes["list-in-a-text-field.ndjson"]
    assert found.kept_out == {3: {("row.value_readable", "job_text")}}
    assert sorted(found.core) == [1, 2, 4, 5, 6]


def test_every_file_of_the_folder_is_delivered():
    assert set(ANNOUNCED) == {path.name for path in CASES.iterdir()} - {"README.md"} == {*PUBLISHED, *REFUSED}
