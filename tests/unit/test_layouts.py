from pathlib import Path

import pytest
from labour_market.contracts import contract_feeds, load_contract
from labour_market.reading.layouts import LayoutError, header_key, layout_path, read_layout
from labour_market.settings import LAYOUTS_DIR

SESSIONS = load_contract("fair_sessions")
LAYOUTS = sorted(path.relative_to(LAYOUTS_DIR) for path in LAYOUTS_DIR.glob("*/*.csv"))
REQUIRED = ",Mã,session_no,,\n,Tên,name,,\n,Loại,kind,,\n,Ngày,held_on,,\n"


def layout(tmp_path: Path, rows: str, feed: str = "fair_sessions") -> object:
    path = tmp_path / "TT99__x.csv"
    path.write_text("sheet,header,field,value_map,note\n" + rows, encoding="utf-8")
    return read_layout(path, load_contract(feed))


def test_every_feed_has_layouts_of_two_spreadsheets_and_two_text_files() -> None:
    for feed in contract_feeds():
        names = {path.stem for path in LAYOUTS if path.parts[0] == feed}
        assert {f"TT01-2022__{form}" for form in ("xlsx-a", "xlsx-b", "csv-a", "csv-b")} <= names


@pytest.mark.parametrize("path", LAYOUTS, ids=str)
def test_every_layout_fits_its_contract_and_is_found_by_its_form_version(path: Path) -> None:
    contract = load_contract(path.parts[0])
    found = layout_path(contract.feed, path.stem.replace("__", "/"))
    assert found == LAYOUTS_DIR / path
    columns = read_layout(found, contract).columns
    assert {f.name for f in contract.sent_fields if f.required} <= {c.field for c in columns}


def test_a_header_is_compared_without_case_spaces_and_composition() -> None:
    assert header_key(" Nhóm  >CỘT\n1 ") == header_key("nhóm > cột 1") == "nhóm > cột 1"


def test_a_cell_is_mapped_by_its_clean_text(tmp_path: Path) -> None:
    read = layout(tmp_path, REQUIRED.replace("kind,,", "kind,1=fixed; Lưu  động =mobile;=online,"))
    assert read.columns[2].value_map == {"1": "fixed", "lưu động": "mobile", "": "online"}  # type: ignore[attr-defined]  # a Layout


@pytest.mark.parametrize(
    "name", ["", "..", "../fair_sessions/TT01-2022__csv-a", "TT01-2022/csv-a/x", "TT01-2022\\csv-a", "a\x00b", "TT01-2022/.."]
)
def test_a_form_version_is_a_name_and_not_a_path(name: str) -> None:
    assert layout_path("fair_sessions", name) is None


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (REQUIRED + ",Gì đó,mood,,\n", "'mood' is not a field"),
        (REQUIRED + ",mã,commune_code,,\n", "header 'mã' twice"),
        (REQUIRED + ",Mã khác,session_no,,\n", "session_no"),
        (REQUIRED.replace(",Ngày,held_on,,\n", ""), "no column for held_on"),
        (REQUIRED.replace("kind,,", "kind,fixed,"), "1=male;2=female"),
        (REQUIRED + "Biểu 2,Xã,commune_code,,\n", "more than one sheet"),
        (REQUIRED + ",Xã,commune_code[1],,\n", "type code"),
        (REQUIRED + ",Xã,fund[1].part,,\n", "type code"),
    ],
)
def test_a_layout_that_contradicts_itself_or_its_contract_is_refused(tmp_path: Path, rows: str, problem: str) -> None:
    with pytest.raises(LayoutError, match=r"TT99__x\.csv") as caught:
        layout(tmp_path, rows)
    assert problem in str(caught.value)


def test_a_layout_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("header,field\nMã,session_no\n", encoding="utf-8")
    with pytest.raises(LayoutError, match="columns must be"):
        read_layout(tmp_path / "x.csv", SESSIONS)
