"""The lists that every BI login may read: calendar, areas, occupations, industries and others, with labels in both languages."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from labour_market.database import connect

from tests.dbt import test_keys
from tests.dbt.rows import Core

# of each list its key, and its labels
LISTS = {
    "days": ("date_sk", ["weekday_name_vi", "weekday_name_en", "month_name_vi", "month_name_en"]),
    "areas": ("level, code, valid_from", ["name_vi", "name_plain", "unit_type", "unit_type_en"]),
    "occupations": ("scheme, code", ["label_vi", "label_en"]),
    "industries": ("version, section_code", ["label_vi", "label_en"]),
    "code_labels": ("code_list, code", ["label_vi", "label_en"]),
    "reporting_units": ("unit_code, valid_from", ["label_vi"]),
    "programme_activities": ("activity_code", ["label_vi", "label_en"]),
    "programme_funds": ("fund_type, fund_source", ["fund_type_vi", "fund_type_en", "fund_source_vi", "fund_source_en"]),
    "age_bands": ("age_band", ["label_vi", "label_en"]),
}
VIETNAMESE = re.compile("[àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ]", re.IGNORECASE)
# values of a fact, and the list that must have them
USED = [
    ("select distinct age_band from marts.fct_labour_supply union select age_band from marts.fct_fair_attendance", "age_bands", "age_band"),
    ("select distinct left(occupation_detail, 2) from marts.fct_job_order where occupation_detail is not null", "occupations", "code"),
    ("select distinct district_code from marts.fct_job_order", "areas", "code"),
    ("select distinct fund from marts.bridge_session_fund", "code_labels", "code"),
    ("select distinct unit_code from marts.fct_programme_plan", "reporting_units", "unit_code"),
    ("select distinct posted_date_sk::text from marts.fct_job_order", "days", "date_sk::text"),
]


def province(core: Core) -> None:
    test_keys.province(core)


@pytest.fixture
def reader(built: str) -> Iterator[psycopg.Connection]:
    with connect("bi_reader", autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_rows_with_a_key_and_labels_in_both_languages(name, reader):
    key, labels = LISTS[name]
    rows, keys = reader.execute(f"select count(*), count(distinct ({key})) from bi.{name}".encode()).fetchone()  # noqa: S608
    assert rows == keys > 0
    for label in labels:
        empty, texts = reader.execute(
            f"select count(*) filter (where {label} is null or {label} = ''), array_agg(distinct {label}) from bi.{name}".encode()  # noqa: S608
        ).fetchone()
        assert empty == 0, label
        if label.endswith(("_en", "_plain")):
            assert not [text for text in texts if VIETNAMESE.search(text)], label


@pytest.mark.parametrize(("values", "name", "column"), USED)
def test_a_list_has_every_code_that_facts_have(values, name, column, admin):
    used = {value for (value,) in admin.execute(values.encode())}
    with connect("bi_reader") as reader:
        known = {value for (value,) in reader.execute(f"select {column} from bi.{name}".encode())}  # noqa: S608
    assert used and used <= known


def test_an_area_of_today_and_one_of_before_have_the_same_former_district(reader):
    rows = dict(reader.execute(
        "select is_current, array_agg(distinct former_district_code order by former_district_code) from bi.areas"
        " where level = 'commune' and former_district_code is not null group by 1"
    ))  # fmt: skip
    assert set(rows) == {True, False} and rows[True] == rows[False]


def test_the_bands_of_age_are_in_their_order(reader):
    found = reader.execute("select age_band, is_working_age from bi.age_bands order by sort_order").fetchall()
    fives = [f"{age}-{age + 4}" for age in range(15, 61, 5)]
    assert found == [("0-14", False), *((band, True) for band in fives), ("65+", False), ("unknown", False)]
