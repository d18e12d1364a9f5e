"""Records as a province has them, written on each of its forms and read back."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from labour_market.contracts import contract_feeds, load_contract
from labour_market.normalise import normalise_columns
from labour_market.reading.deliveries import parse_delivery
from simulator.area import read_districts
from simulator.files import CSV, XLSX, fill_in, json_lines, write_csv, write_xlsx
from simulator.province import Province, build_province


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Province:
    return build_province(tmp_path_factory.mktemp("province"), scale=0.03, scenario="clean")


def test_every_record_of_a_clean_province_is_read(province: Province) -> None:
    assert len(province.deliveries) > 40
    for delivery in province.deliveries:
        announced = delivery.announcement
        contract = load_contract(announced["feed"])
        parsed = parse_delivery(delivery.payload, announced["media_type"], announced["encoding"], announced["form_version"], contract)
        assert len(parsed.row_numbers) == announced["record_count"], announced["delivery_id"]
        assert not any(normalise_columns(parsed, contract).issues), announced["delivery_id"]


@pytest.fixture(scope="module")
def records_of(province: Province) -> dict[str, list[dict[str, Any]]]:
    """All records of a feed as they would travel as JSON, read back from whatever they travelled as."""
    records: dict[str, list[dict[str, Any]]] = {feed: [] for feed in contract_feeds()}
    for delivery in province.deliveries:
        announced = delivery.announcement
        contract = load_contract(announced["feed"])
        parsed = parse_delivery(delivery.payload, announced["media_type"], announced["encoding"], announced["form_version"], contract)
        columns = normalise_columns(parsed, contract).columns
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        records[contract.feed] += json.loads(json.dumps(rows, default=date.isoformat))
    return records


@pytest.mark.parametrize("form", ("xlsx-a", "xlsx-b", "csv-a", "csv-b"))
@pytest.mark.parametrize("feed", contract_feeds())
def test_a_form_gives_back_the_records_that_were_written_on_it(
    records_of: dict[str, list[dict[str, Any]]], tmp_path: Path, feed: str, form: str
) -> None:
    records, district, contract = records_of[feed], read_districts()["803"], load_contract(feed)
    table = fill_in(feed, f"TT01-2022/{form}", records, district)
    if form.startswith("xlsx"):
        media_type, content = XLSX, write_xlsx(table, feed, district, groups_first=form.endswith("-a"))
    else:
        media_type, content = CSV, write_csv(table, feed, district, "utf-8", bare=form.endswith("-a"))
    (tmp_path / "form").write_bytes(content)
    (tmp_path / "lines").write_bytes(json_lines(records))
    on_paper = parse_delivery(tmp_path / "form", media_type, None, f"TT01-2022/{form}", contract)
    on_the_wire = parse_delivery(tmp_path / "lines", "application/json", None, None, contract)
    assert len(on_paper.row_numbers) == len(records) > 0
    read, expected = normalise_columns(on_paper, contract).columns, normalise_columns(on_the_wire, contract).columns
    for name in {column.field for column in table.columns if column.field}:
        assert list(map(nothing_is_null, read[name])) == list(map(nothing_is_null, expected[name])), name


def nothing_is_null(value: Any) -> Any:
    """An empty cell cannot say whether there is no list or nothing in it."""
    return None if value == [] else value
