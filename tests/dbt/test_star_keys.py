"""Every key of the star has its row, special members included, and every fact the version of its employer on its day.

The database is asked for its keys, and not the project: a column that nobody declared is found too.
"""

import calendar
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from labour_market import transform
from labour_market.database import connect
from labour_market.settings import load_settings
from labour_market.transform.dbt import run_dbt
from psycopg import sql

from tests.dbt import test_keys
from tests.dbt.rows import Core, employer, one, visit

KEYS = """
select conrelid::regclass::text, key.attname, confrelid::regclass::text, target.attname
from pg_constraint
join pg_attribute as key on key.attrelid = conrelid and key.attnum = conkey[1]
join pg_attribute as target on target.attrelid = confrelid and target.attnum = confkey[1]
where contype = 'f' and connamespace = 'marts'::regnamespace order by 1, 2
"""
KEY_COLUMNS = """
select table_schema || '.' || table_name, column_name from information_schema.columns
where table_schema = 'marts' and (column_name like '%\\_sk' or column_name = 'batch_id')
"""
# keys that describe no other row: the row's own key, and the number of a plan, of which each row is a step
OWN_KEYS = {"marts.fct_programme_plan": {"plan_sk"}}
WITHOUT_SPECIAL_MEMBERS = {"marts.dim_analysis_area", "marts.fct_fair_attendance"}  # a key that always has its row
UNKNOWN_ONLY = {"marts.dim_fund", "marts.dim_household"}
HIRED = test_keys.HIRED


def province(core: Core) -> None:
    """Records of every feed; an order and a session before the first register, an interview at an employer that no register has."""
    test_keys.province(core)
    order = {"employer_no": "2", "title": "công nhân may", "occupation_code": "8153", "openings": 5, "posted_on": "2022-01-05"}
    core.publish("job_orders", "794", "2022-01", [{"order_no": "3", **order}, {"order_no": "4", **order, "employer_no": "88"}])
    core.publish("fair_attendance", "794", "2023-06-14", [visit("9", "none", "k:9", interviewed=True, employer_no="88")])


def keys(admin: psycopg.Connection) -> list[tuple[str, str, str, str]]:
    """Every foreign key of the star: table, column, the table that it names, and the key of that."""
    return admin.execute(KEYS).fetchall()


def name(relation: str) -> sql.Identifier:
    return sql.Identifier(*relation.split("."))


def test_every_key_column_is_declared_as_a_key(admin):
    declared = {(table, column) for table, column, *_ in keys(admin)}
    primary = {
        (table, column)
        for table, column in admin.execute(
            "select conrelid::regclass::text, attname from pg_constraint join pg_attribute on attrelid = conrelid and attnum = any(conkey)"
            " where contype = 'p' and connamespace = 'marts'::regnamespace"
        )
    }
    columns = {(table, column) for table, column in admin.execute(KEY_COLUMNS)}
    own = {(table, column) for table, names in OWN_KEYS.items() for column in names}
    assert columns - declared - primary == own


def test_every_key_has_its_row(admin):
    found = {}
    for table, column, target, key in keys(admin):
        query = sql.SQL(
            "select count(*) filter (where target.{key} is null), count(*)"
            " from {table} as t left join {target} as target on t.{column} = target.{key}"
        ).format(key=sql.Identifier(key), column=sql.Identifier(column), table=name(table), target=name(target))
        orphans, rows = admin.execute(query).fetchone()
        assert rows > 0 or table == "marts.bridge_area_succession", f"{table} has no row to look at"
        if orphans:
            found[table, column] = orphans
    assert found == {}


def test_every_dimension_that_a_key_names_has_its_special_members(admin):
    for target, key in sorted({(target, key) for *_, target, key in keys(admin)}):
        if target in WITHOUT_SPECIAL_MEMBERS:
            continue
        query = sql.SQL("select {key}::int from {target} where {key} < 0 order by 1").format(key=sql.Identifier(key), target=name(target))
        assert [member for (member,) in admin.execute(query)] == ([-1] if target in UNKNOWN_ONLY else [-2, -1]), target


def test_an_order_has_the_version_of_its_employer_on_the_day_it_was_posted(admin):
    """Also before the first register, and where no register has the employer."""
    rows = admin.execute(
        "select o.order_no, v.employer_no, v.registered_from::text, v.valid_from <= d.date_day and d.date_day < v.valid_to"
        " from marts.fct_job_order as o join marts.dim_date as d on o.posted_date_sk = d.date_sk"
        " join marts.dim_employer_version as v using (employer_version_sk) where v.employer_sk = o.employer_sk order by 1"
    ).fetchall()
    assert rows == [
        ("1", "1", "2023-05-01", True), ("2", "1", "2023-05-01", True), ("3", "2", "2023-06-01", True), ("4", "88", None, True),
    ]  # fmt: skip


def test_the_versions_of_an_employer_are_without_gaps_for_ever(admin):
    gaps = (
        "select count(*) from (select valid_from, valid_to, lag(valid_to, 1, '1900-01-01') over w as ended, lead(valid_from) over w as next"
        " from marts.dim_employer_version window w as (partition by employer_sk order by valid_from)) as v"
        " where ended <> valid_from or (next is null and valid_to <> 'infinity')"
    )
    assert one(admin, gaps) == 0
    assert one(admin, "select count(distinct employer_sk) from marts.dim_employer") == one(
        admin, "select count(distinct employer_sk) from marts.dim_employer_version"
    )


def test_a_fact_has_the_occupation_at_every_level(admin):
    """The detailed key names the code that the fact has, provisional ones too, and its dimension has the codes above it."""
    for fact in ("fct_job_order", "fct_labour_supply", "fct_labour_demand", "fct_placement"):
        wrong = sql.SQL(
            "select count(*) filter (where f.occupation_detail is not null and f.occupation_detail <> d.code),"
            " count(*) filter (where d.code_l2 is distinct from g.code and f.occupation_sk > 0),"
            " count(*) filter (where d.occupation_sk > 0)"
            " from marts.{} as f join marts.dim_occupation as d on f.occupation_detail_sk = d.occupation_sk"
            " join marts.dim_occupation as g on f.occupation_sk = g.occupation_sk"
        ).format(sql.Identifier(fact))
        other_code, other_group, coded = admin.execute(wrong).fetchone()
        assert (other_code, other_group) == (0, 0) and coded > 0, fact
    levels = (
        "select code_l1, code_l2, code_l3, code_l4, code_l5, label_l4_vi is not null from marts.dim_occupation where code = '61129-L01'"
    )
    assert set(admin.execute(levels)) == {("6", "61", "611", "6112", "61129", True)}


def test_a_start_without_a_residence_has_the_commune_of_its_workplace(admin):
    rows = admin.execute(
        "select count(*), count(*) filter (where w.code = '27694') from marts.fct_placement as p"
        " join marts.dim_area as w on p.workplace_area_sk = w.area_sk where p.employer_sk > 0"
    ).fetchone()
    assert rows[0] > 0 and rows[0] == rows[1]


def test_every_day_has_its_names_and_the_periods_before_it(admin):
    """Compared with Python's calendar, from the first to the last day."""
    rows = {row["date_day"]: row for (row,) in admin.execute("select to_jsonb(d) from marts.dim_date as d where date_sk > 0")}
    vi = ["Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật"]
    day, months = date(2015, 1, 1), []
    while day <= date(2035, 12, 31):
        row = rows.pop(day.isoformat())
        month = f"{day:%Y-%m}"
        if not months or months[-1] != month:
            months.append(month)
        half = 1 if day.month < 7 else 2
        assert row["weekday_name_vi"] == vi[day.weekday()] and row["weekday_name_en"] == calendar.day_name[day.weekday()]
        assert (row["year_month"], row["month_start"]) == (month, f"{month}-01")
        if len(months) > 1:
            assert row["previous_month"] == months[-2]
        assert (row["half_year"], row["year_half"], row["half_year_start"]) == (
            half,
            f"{day.year}-H{half}",
            f"{day.year}-0{half * 6 - 5}-01",
        )
        assert row["previous_half_year"] == (f"{day.year}-H1" if half == 2 else f"{day.year - 1}-H2")
        quarter = (day.month + 2) // 3
        assert row["previous_quarter"] == (f"{day.year}-Q{quarter - 1}" if quarter > 1 else f"{day.year - 1}-Q4")
        assert row["month_name_en"] == f"{calendar.month_name[day.month]} {day.year}"
        day += timedelta(days=1)
    assert rows == {}


def test_every_row_of_the_calendar_has_a_day_of_its_own(admin):
    assert one(admin, "select count(*) - count(distinct date_day) from marts.dim_date") == 0


def test_the_engineer_sees_each_key_with_its_limit_and_owner(admin):
    listed = admin.execute("select table_name, key_name, owner, share_limit from bi.unknown_keys").fetchall()
    assert sorted((f"marts.{table}", key) for table, key, *_ in listed) == [(table, column) for table, column, *_ in keys(admin)]
    assert {owner for *_, owner, _ in listed} == {"engineer", "sender", "steward"}
    assert ("fct_placement", "area_sk", "sender") in {row[:3] for row in listed}


@pytest.fixture(scope="module")
def manifest(built: str) -> dict[str, Any]:
    return json.loads((Path(load_settings().home) / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))


def test_every_model_with_keys_tests_all_of_them_after_what_they_name_was_written(manifest):
    tests: dict[str, list[dict[str, Any]]] = {}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") == "every_key_has_its_row":
            tests.setdefault(node["attached_node"], []).append(node)
    for model in manifest["nodes"].values():
        if model["resource_type"] != "model" or model["schema"] != "marts":
            continue
        targets = {c["expression"].split(".")[1].split()[0] for c in model["constraints"] if c["type"] == "foreign_key"}
        assert len(tests.get(model["unique_id"], [])) == bool(targets), model["name"]
        assert all(test["config"]["where"] is None and test["config"]["severity"] == "ERROR" for test in tests.get(model["unique_id"], []))
        before = {node.split(".")[-1] for node in model["depends_on"]["nodes"]} | {model["name"]}
        assert targets <= before, f"{model['name']} may be tested before {targets - before}"
        assert set(model["config"]["meta"].get("unknown", {})) <= set(model["columns"]), model["name"]


def test_a_register_that_comes_later_gives_its_version_to_the_interviews_of_before(built, admin):
    """A delivery of employers alone, whose partition no attendance is in."""
    version = (
        "select count(*), count(v.registered_from) from marts.fct_fair_interview"
        " join marts.dim_employer_version as v using (employer_version_sk) where v.employer_no = '88'"
    )
    assert one(admin, version) == (1, 0)
    with connect("loader", autocommit=True) as loader:
        Core(loader).publish("employers", "794", "2025-06", [employer("88")])
    transform.build()
    assert one(admin, version) == (1, 1)
    test_every_key_has_its_row(admin)
    test_the_versions_of_an_employer_are_without_gaps_for_ever(admin)


def test_the_test_of_a_table_fails_for_a_key_without_a_row(admin):
    """Last: it breaks one key of each table."""
    broken = set()
    for table, column, *_ in keys(admin):
        if table not in broken and column != "batch_id" and column.endswith("_sk"):
            of = (name(table), sql.Identifier(column))
            if table == "marts.fct_labour_supply":  # of a large fact, a build reads what it wrote
                admin.execute(
                    "insert into ops.build_scope select distinct 'labour_survey', sender_code, period from marts.fct_labour_supply"
                )
            changed = admin.execute(sql.SQL("update {0} set {1} = 7 where ctid = (select ctid from {0} limit 1)").format(*of)).rowcount
            if changed:
                broken.add(table)
    results = run_dbt(["test", "--select", "test_name:every_key_has_its_row"], load_settings())
    failed = [result["unique_id"].split("every_key_has_its_row_")[1] for result in results if result["status"] == "fail"]
    unseen = {table for table in broken if not any(test.startswith(table.split(".")[1] + "_") for test in failed)}
    assert len(broken) > 15 and unseen == set()
