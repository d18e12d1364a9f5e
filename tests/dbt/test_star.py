"""The star, built from a few rows written into core by hand; every expected figure is computed by hand in the test."""

import csv
import hashlib
import json
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_market import transform
from labour_market.database import connect, provision
from labour_market.settings import DBT_DIR, load_settings
from psycopg import sql

from tests.dbt.rows import Core, employer, one, person, session, visit

FACTS = (
    "fct_labour_supply", "fct_labour_demand", "fct_job_order", "fct_fair_session", "bridge_session_fund", "fct_fair_attendance",
    "fct_fair_interview", "fct_placement", "fct_counselling",
)  # fmt: skip
BRIDGES = ("bridge_occupation_map", "bridge_area_mode", "bridge_area_succession", "bridge_area_analysis")
DIMENSIONS = (
    "dim_date",
    "dim_area",
    "dim_occupation",
    "dim_industry",
    "dim_employer",
    "dim_employer_version",
    "dim_person",
    "dim_batch",
    "dim_session",
    "dim_job_order",
    "dim_analysis_area",
)


def province(core: Core) -> None:
    """Two districts whose registers both have a number 1; a session that two funds pay; a person at two sessions; two walk-ins."""
    core.publish("employers", "794", "2023-06", [employer("1")])
    core.publish("employers", "803", "2023-06", [employer("1", name="Hợp tác xã 1", commune_code="28003")])
    core.publish("job_orders", "794", "2023-06-14", [
        {"order_no": "1", "employer_no": "1", "title": "công nhân may", "occupation_code": "8153", "openings": 20,
         "posted_on": "2023-06-14"},
        {"order_no": "2", "employer_no": "77", "title": "bảo vệ", "openings": 2, "posted_on": "2023-06-14"},
        {"order_no": "3", "employer_no": "1", "title": "bảo vệ", "occupation_code": "00000", "openings": 1, "posted_on": "2023-06-14"},
        {"order_no": "4", "employer_no": "1", "title": "bảo vệ", "occupation_code": "9211", "openings": 1, "posted_on": "2023-06-14"},
    ])  # fmt: skip
    core.publish("labour_survey", "794", "2022", [
        *(person(str(n), wants_job=True, wanted_job_text="công nhân may") for n in range(1, 7)),
        person("7", activity_status="inactive", job_text=None),
        person("8", person_key=None, person_method="none", priority_groups=["poor", "disabled"]),
    ])  # fmt: skip
    core.publish("fair_sessions", "794", "2023-06", [
        session("A", share=60), session("A", fund="unemployment_insurance", share=40), session("B", held_on="2023-06-20"),
    ])  # fmt: skip
    passed = {"interviewed": True, "interview_result": "passed", "offered": True, "accepted": True}
    core.publish("fair_attendance", "794", "2023-06", [
        visit("1", "A", "k:1", employer_no="1", order_no="1", start_date="2023-06-20", **passed),
        visit("2", "A", "k:1", employer_no="77", order_no="2", interviewed=True, interview_result="failed"),
        visit("3", "B", "k:1"),
        visit("4", "A", None),
        visit("5", "A", None, interviewed=True, interview_result="passed"),
        visit("6", "B", "k:99", counselled=False),
        visit("7", "B", "k:98", employer_no="1", offered=True, start_date="2023-06-25", interviewed=True, interview_result="passed"),
    ])  # fmt: skip


def hashes(connection) -> dict[str, str]:
    """The content of every mart, whatever the order of its rows."""
    found = {}
    for table in (*FACTS, *DIMENSIONS, *BRIDGES):
        rows = connection.execute(sql.SQL("select to_jsonb(t)::text from marts.{} as t order by 1").format(sql.Identifier(table)))
        found[table] = hashlib.sha256("\n".join(row for (row,) in rows).encode()).hexdigest()
    return found


def test_two_senders_with_the_same_employer_number_stay_two(admin):
    rows = admin.execute("select sender_code, name from marts.dim_employer where employer_no = '1' order by 1").fetchall()
    assert rows == [("794", "Công ty 1"), ("803", "Hợp tác xã 1")]
    assert one(admin, "select count(distinct employer_sk), sum(openings) from marts.fct_labour_demand") == (2, 30)


def test_an_employer_that_only_an_order_names_is_an_inferred_member(admin):
    assert one(admin, "select is_inferred, name is null from marts.dim_employer where employer_no = '77'") == (True, True)


def test_a_session_that_two_funds_pay_is_one_session(admin):
    assert one(admin, "select count(*) from marts.fct_fair_session") == 2
    row = one(admin, "select funds, subproject_4_3_share_pct, cost_planned_vnd from marts.fct_fair_session where session_no = 'A'")
    assert row == (2, 60, 100_000)
    assert one(admin, "select sum(fund_share_pct) from marts.bridge_session_fund where session_sk = (select session_sk"
                      " from marts.fct_fair_session where session_no = 'A')") == 100  # fmt: skip


def test_visits_and_persons_are_different_measures_and_walk_ins_are_not_merged(admin):
    """k:1 at A and B; two walk-ins at A; k:99 and k:98 at B: six visits, five persons; too few at each step to be shown."""
    assert one(admin, "select count(*) from marts.fct_fair_attendance") == 6
    cells = dict(admin.execute("select metric, numerator from indicators.indicator_cell"
                               " where period = '2023' and breakdown = 'all' and metric like 'attended%'").fetchall())  # fmt: skip
    assert cells == {"attended_visits": 6, "attended_persons": 5}
    funnel = admin.execute("select measure, attended, started from bi.fair_funnel").fetchall()
    assert {measure for measure, *_ in funnel} == {"visits", "persons"}
    assert {count for _, *counts in map(tuple, funnel) for count in counts} == {None}


def test_passed_is_not_started_and_a_start_needs_an_acceptance(admin):
    assert one(admin, "select count(*) filter (where is_passed), count(*) filter (where is_started) from marts.fct_fair_attendance") == (
        3,
        2,
    )
    placed = one(admin, "select attendance_no, occupation_official, days_to_start from marts.fct_placement")
    assert placed == ("1", "8153", 10), "number 7 has a date but accepted nothing"


def test_the_occupation_of_free_text_is_conformed_at_level_two(admin):
    rows = admin.execute(
        "select o.code, count(*) from marts.fct_labour_supply as s join marts.dim_occupation as o using (occupation_sk)"
        " group by o.code order by o.code"
    ).fetchall()
    assert rows == [("81", 7), ("not_applicable", 1)]


def test_a_code_that_only_isco_has_is_read_as_its_vsco_group_and_no_code_is_never_armed_forces(admin):
    rows = admin.execute("select order_no, occupation_official, coding_method = 'given' from marts.fct_job_order where sender_code = '794'")
    found = {number: (code, given) for number, code, given in rows}
    assert found["1"] == ("8153", True)
    assert found["3"] == (found["2"][0], False), "00000 is no code: the title is coded"
    assert found["4"] == ("9201", True), "9211 of ISCO-08 is 9201 of VSCO 2020"


def test_small_counts_of_persons_are_hidden_and_openings_are_not(admin):
    row = one(
        admin,
        "select seekers_compared, openings_planned, tension_planned from bi.supply_demand_by_occupation"
        " where period = '2023' and area_mode = 'as_reported' and area_code = '794' and occupation_code = '81'",
    )
    assert (row[0], row[1]) == (6, 10)
    disabled = (
        "select working.denominator_a_working_age from bi.counselling_coverage as working"
        " where area_mode = 'as_reported' and area_code = 'all' and priority_group = 'disabled'"
    )
    assert one(admin, disabled) is None


def test_codes_keep_their_leading_zeros(admin):
    assert one(admin, "select vsic_code from marts.dim_employer where sender_code = '794' and employer_no = '1'") == "0111"
    assert one(admin, "select count(*) from marts.dim_occupation where code = '01' and scheme = 'VSCO2020'") == 1
    assert one(admin, "select count(*) from marts.dim_area where level = 'commune' and length(code) <> 5") == 0


def test_a_surrogate_key_is_positive_so_special_members_have_keys_of_their_own(admin):
    for table, key in (
        ("dim_employer", "employer_sk"),
        ("dim_person", "person_sk"),
        ("dim_area", "area_sk"),
        ("dim_occupation", "occupation_sk"),
    ):
        query = sql.SQL("select min({0}), count(*) filter (where {0} between 0 and 1000) from marts.{1}")
        assert admin.execute(query.format(sql.Identifier(key), sql.Identifier(table))).fetchone() == (-2, 0)


def test_no_column_of_marts_or_bi_holds_a_direct_identifier(admin):
    names = admin.execute(
        "select column_name from information_schema.columns where table_schema in ('marts', 'bi')"
        " and column_name ~ '(full_name|national_id|phone|email|birth_date|contact|person_key|cccd|cmnd)'"
    ).fetchall()
    assert names == []


def test_the_reader_of_bi_reads_only_bi(built, admin):
    views = [view for (view,) in admin.execute("select table_name from information_schema.views where table_schema = 'bi'")]
    assert len(views) >= 9
    with connect("bi_reader", autocommit=True) as reader:
        for view in views:
            reader.execute(sql.SQL("select * from bi.{} limit 1").format(sql.Identifier(view)))
        for table in (
            "marts.dim_person",
            "core.labour_survey",
            "vault.person",
            "ops.batch",
            "quarantine.rejected_row",
            "reference.area_unit",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(sql.SQL("select * from {}").format(sql.Identifier(*table.split("."))))
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            reader.execute("create table bi.mine (a int)")


def test_a_second_build_changes_no_table_drops_none_and_keeps_the_foreign_keys(built, admin, core):
    before = hashes(admin)
    oids = admin.execute("select oid, relname from pg_class where relnamespace = 'marts'::regnamespace order by 1").fetchall()
    foreign = "select count(*) from pg_constraint where contype = 'f' and not conenforced"
    keys = one(admin, foreign)
    assert keys >= 20
    core.connection.execute("update ops.outbox set built_at = null")
    with psycopg.connect(built) as bi_session:
        bi_session.execute("select count(*) from marts.fct_labour_supply")  # an open transaction of a reader
        transform.build()
    assert hashes(admin) == before
    assert admin.execute("select oid, relname from pg_class where relnamespace = 'marts'::regnamespace order by 1").fetchall() == oids
    assert one(admin, foreign) == keys
    assert transform.build().build_id is None, "nothing is left to build"


def test_marts_that_are_dropped_and_built_again_from_core_are_the_same(built, admin, core):
    before = hashes(admin)
    admin.execute("drop schema marts cascade; drop schema bi cascade")
    provision()
    core.connection.execute("update ops.outbox set built_at = null")
    transform.build()
    assert hashes(admin) == before


def test_a_project_that_has_changed_writes_every_row_again_and_keeps_the_vintages(built, admin):
    """As after an upgrade: a new column is empty in the rows that were written before."""
    before = hashes(admin)
    vintages = one(admin, "select count(*) from vintages.fct_report_indicator")
    admin.execute("update marts.fct_labour_supply set is_border = null")
    admin.execute(
        "update ops.setting set value = jsonb_set(value::jsonb, '{digest}', '\"an older project\"')::text where name = 'deployed_project'"
    )
    transform.build()
    assert hashes(admin) == before
    assert one(admin, "select count(*) from vintages.fct_report_indicator") == vintages
    assert transform.build().build_id is None


def test_a_late_correction_changes_the_marts_and_an_empty_one_deletes_only_its_partition(built, admin, core):
    others = one(admin, "select count(*) from marts.fct_labour_demand where sender_code = '803'")
    core.publish("labour_survey", "794", "2022", [person("1", sex="male")], sequence=2)
    core.publish("employers", "794", "2023-06", [], sequence=2)
    core.publish("fair_sessions", "794", "2023-06", [session("A", held_on="2023-06-11"), session("B", held_on="2023-06-20")], sequence=2)
    transform.build()
    assert one(admin, "select count(*), max(sex) from marts.fct_labour_supply where sender_code = '794'") == (1, "male")
    assert one(admin, "select count(*) from marts.fct_labour_demand where sender_code = '794'") == 0
    assert one(admin, "select count(*) from marts.fct_labour_demand where sender_code = '803'") == others
    assert one(admin, "select max(held_date_sk) from marts.fct_fair_attendance where session_no = 'A'") == 20230611, (
        "a visit has the day of its session"
    )


def test_a_build_that_fails_names_its_model_and_the_next_build_has_its_scope(built, admin, core):
    admin.execute("alter table marts.fct_job_order add constraint broken check (openings <> 3)")
    core.publish("job_orders", "803", "2023-06-14", [
        {"order_no": "9", "employer_no": "1", "title": "bảo vệ", "openings": 3, "posted_on": "2023-06-14"},
    ])  # fmt: skip
    with pytest.raises(transform.BuildError, match="fct_job_order"):
        transform.build()
    assert one(admin, "select count(*) from ops.outbox where built_at is null") > 0
    admin.execute("alter table marts.fct_job_order drop constraint broken")
    transform.build()
    assert one(admin, "select openings from marts.fct_job_order where sender_code = '803'") == 3


@pytest.mark.parametrize(
    ("day", "name"),
    [("2024-11-30", "1900-01-01"), ("2024-12-01", "2024-12-01"), ("2025-06-30", "2024-12-01"), ("2025-07-01", "2025-07-01")],
)
def test_an_event_takes_the_version_of_the_commune_that_is_valid_on_its_day(admin, day, name):
    """27694: Phường 1 until it was enlarged on 01/12/2024, and another unit under the same code from 01/07/2025."""
    rows = admin.execute(
        "select valid_from::text from marts.dim_area where level = 'commune' and code = '27694'"
        " and valid_from <= %(day)s and %(day)s < valid_to",
        {"day": day},
    ).fetchall()
    assert rows == [(name,)]


PARTS = st.lists(
    st.one_of(st.none(), st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=6)),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="module")
def key_of(built):
    """The SQL of the macro surrogate_key, written out for any number of parts."""
    text = (DBT_DIR / "macros" / "surrogate_key.sql").read_text(encoding="utf-8")
    assert "coalesce(length((" in text, "the expression below repeats the macro"

    def key(parts):
        pieces = " || '|' || ".join(["coalesce(length(({0})::text)::text || ':' || ({0})::text, 'null')".format("%s::text")] * len(parts))
        doubled = [part for part in parts for _ in range(2)]
        query = "select ('x' || substr(encode(sha256(convert_to(" + pieces + ", 'UTF8')), 'hex'), 1, 15))::bit(60)::bigint"
        with psycopg.connect(built) as connection:
            return connection.execute(query.encode(), doubled).fetchone()[0]

    return key


@settings(max_examples=60, deadline=None)
@given(first=PARTS, second=PARTS)
def test_two_natural_keys_never_share_a_surrogate_key(key_of, first, second):
    assert (key_of(first) == key_of(second)) == (first == second)
    assert 0 <= key_of(first) < 2**60


def test_a_null_part_and_a_missing_part_are_different_keys(key_of):
    assert len({key_of(parts) for parts in (["a", None, "b"], ["a", "b"], ["ab"], ["a", "", "b"], ["a|1:b"])}) == 5


def test_every_model_is_described_in_two_languages_and_every_mart_has_a_contract(built):
    manifest = json.loads((Path(load_settings().home) / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    kept = {"marts", "vintages", "bi"}
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] in kept]
    assert len(models) > 20
    for model in models:
        assert " | " in model["description"], model["name"]
        assert all(" | " in column["description"] for column in model["columns"].values()), model["name"]
        assert model["columns"], model["name"]
        if model["schema"] != "bi":
            assert model["config"]["contract"]["enforced"], model["name"]
            assert model["config"]["full_refresh"] is False, model["name"]
    hashed = [
        t for t in manifest["nodes"].values() if t["resource_type"] == "test" and t.get("column_name", "") and "not_null" in t["name"]
    ]
    assert not [t["name"] for t in hashed if t["column_name"].endswith("_sk")], "a not-null test on a hash cannot fail"


def test_a_mart_of_persons_has_the_flag_of_every_priority_group(built):
    manifest = json.loads((Path(load_settings().home) / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    with (DBT_DIR / "seeds" / "form" / "code_list.csv").open(encoding="utf-8", newline="") as file:
        flags = {f"is_{row['code']}" for row in csv.DictReader(file) if row["code_list"] == "priority_group"}
    columns = {node["name"]: set(node["columns"]) for node in manifest["nodes"].values() if node["schema"] == "marts"}
    of_persons = {name: named for name, named in columns.items() if "is_disabled" in named}
    assert len(of_persons) == 5
    assert [name for name, named in of_persons.items() if not flags <= named] == []


def test_the_unit_tests_of_the_models_hold(built):
    from labour_market.transform.dbt import run_dbt

    results = run_dbt(["test", "--select", "test_type:unit"], load_settings())
    assert len(results) >= 5
    failed = [f"{result['unique_id']}: {result['message']}" for result in results if result["status"] != "pass"]
    assert not failed, "\n".join(failed)
