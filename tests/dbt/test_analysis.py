"""The rows that licensed analysts see: all of them or those of one district, under keys of their own, and how many can be recognised."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import psycopg
import pytest
from labour_market import transform
from labour_market.cli import app
from labour_market.database import connect
from labour_market.settings import load_settings
from psycopg import errors, sql
from typer.testing import CliRunner

from tests.dbt import test_keys
from tests.dbt.rows import Core, employer, one, person, session, visit
from tests.dbt.test_programme import check, household

OWN, OTHER = "794", "803"
LISTS = {"reidentification_risk"}  # of no person and no district
CANARIES = ["Canary Nguyễn", "0398765432", "Phiên canary", "canary-order", "canary-form", "canary-start"]
HIRED = test_keys.HIRED


def province(core: Core) -> None:
    """Two districts with persons, employers and sessions; texts and numbers that no analyst may see."""
    test_keys.province(core)
    core.publish("employers", OTHER, "2023-06", [
        employer("1", name="Canary Nguyễn", tax_code="0398765432", tax_code_kind="enterprise", commune_code="28003", size_band="10-49"),
    ])  # fmt: skip
    core.publish("job_orders", OTHER, "2023-06", [
        {"order_no": "canary-order", "employer_no": "1", "title": "Canary Nguyễn", "occupation_code": "8153", "openings": 3,
         "posted_on": "2023-06-02", "wage_min_vnd": 7_000_000, "wage_max_vnd": 9_000_000},
    ])  # fmt: skip
    core.publish("labour_survey", OTHER, "2022", [
        person("canary-form", person_key="k:c1", commune_code="28003", job_text="Canary Nguyễn"),
        *(person(f"b{n}", commune_code="28003", sex="male", birth_date=f"{1960 + n}-01-02") for n in range(6)),
    ])  # fmt: skip
    core.publish("fair_sessions", OTHER, "2023-06", [session("C", name="Phiên canary", commune_code="28003")])
    core.publish("fair_attendance", OTHER, "2023-06", [
        visit("1", "C", "k:c1", commune_code="28003", birth_date="1990-03-04", start_date="2023-06-21",
              **{**HIRED, "order_no": "canary-order"}),
    ])  # fmt: skip
    core.publish("placements", "SC", "2023-06-14", [
        check("canary-start", "start", "k:c1", True, employer_no="1", employer_district=OTHER, wage_vnd=7_654_321),
    ])  # fmt: skip
    core.publish(
        "poverty_register", "DOLISA", "2024", [household("canary-form", "poor", "2024-01-01", district_code=OTHER, commune_code="28003")]
    )


@pytest.fixture(scope="module")
def analyst_of_district(built: str) -> Iterator[str]:
    """The role of an analyst of one district, as the command makes it."""
    added = CliRunner().invoke(app, ["analyst", "add", OWN, "--because", "licence 7, until 2027"])
    assert added.exit_code == 0, added.output
    yield f"analyst_{OWN}"
    removed = CliRunner().invoke(app, ["analyst", "remove", OWN])
    assert removed.exit_code == 0, removed.output
    with psycopg.connect(built) as admin:
        assert admin.execute("select from pg_roles where rolname = %s", [f"analyst_{OWN}"]).fetchone() is None
    assert not (load_settings().secrets_dir / f"role_analyst_{OWN}").exists()


def views(admin: psycopg.Connection) -> dict[str, list[str]]:
    """The relations of analysis, each with its columns."""
    return dict(
        admin.execute(
            "select table_name::text, array_agg(column_name::text order by ordinal_position) from information_schema.columns"
            " where table_schema = 'analysis' group by 1"
        )
    )


def rows(reader: psycopg.Connection, view: str, columns: str = "*") -> list[tuple]:
    return reader.execute(f"select {columns} from analysis.{view}".encode()).fetchall()  # noqa: S608


def district_column(columns: list[str]) -> str:
    return "district_code" if "district_code" in columns else "unit_code"


def test_an_analyst_of_the_province_sees_every_row_of_every_fact(admin):
    facts = {
        "surveyed_persons": "fct_labour_supply", "planned_hires": "fct_labour_demand", "job_orders": "fct_job_order",
        "sessions": "fct_fair_session", "session_funds": "bridge_session_fund", "visits": "fct_fair_attendance",
        "interviews": "fct_fair_interview", "counsellings": "fct_counselling", "job_starts": "fct_placement",
        "registered_households": "fct_poverty_household", "plan_steps": "fct_programme_plan", "money_movements": "fct_budget_movement",
    }  # fmt: skip
    with connect("analyst") as analyst:
        counts = {view: len(rows(analyst, view)) for view in facts}
        assert rows(analyst, "job_orders", "sum(openings)") == [(one(admin, "select sum(openings) from marts.fct_job_order"),)]
    assert counts == {view: one(admin, f"select count(*) from marts.{fact}") for view, fact in facts.items()}  # noqa: S608
    assert all(counts.values())
    assert set(views(admin)) == {*facts, *LISTS, "employers"}


def test_an_analyst_of_a_district_sees_its_rows_and_no_others(admin, analyst_of_district):
    with connect("analyst") as all_rows, connect(analyst_of_district) as some_rows:
        for view, columns in views(admin).items():
            if view in LISTS:
                continue
            column = district_column(columns)
            expected = Counter(district for (district,) in rows(all_rows, view, column) if district == OWN)
            assert Counter(district for (district,) in rows(some_rows, view, column)) == expected, view
        for view in ("surveyed_persons", "visits", "job_orders", "job_starts", "employers", "registered_households"):
            assert {district for (district,) in rows(all_rows, view, "district_code")} >= {OWN, OTHER}, view
            assert rows(some_rows, view)


def test_a_condition_that_fails_reads_no_row_of_another_district(analyst_of_district):
    """A cast or a division is applied after the filter, so that its message names no hidden value."""
    with connect(analyst_of_district) as reader:
        seen = reader.execute(
            "select count(*) from analysis.surveyed_persons where 1 / (case when district_code = %s then 1 else 0 end) = 1", [OWN]
        ).fetchone()
        assert seen and seen[0] > 0


@pytest.mark.parametrize(
    "statement",
    ["set role analyst", "set session authorization analyst", "select * from marts.dim_person", "select * from ops.analysis_secret",
     "select * from core.labour_survey", "create temporary table t (a int)", "set log_statement = 'none'",
     f"alter role analyst_{OWN} set log_statement = 'none'", "create schema own"],
)  # fmt: skip
def test_an_analyst_cannot_get_around_the_filter_or_the_log(statement, analyst_of_district):
    with (
        connect(analyst_of_district, autocommit=True) as reader,
        pytest.raises((errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)),
    ):
        reader.execute("set default_transaction_read_only = off")
        reader.execute("set transaction_read_only = off")
        reader.execute(statement.encode())


@pytest.mark.parametrize("role", ["auditor", "steward", "dpo", "bi_reader", "analyst"])
@pytest.mark.usefixtures("built")
def test_the_secret_of_the_keys_is_read_by_no_reader(role):
    with connect(role) as reader, pytest.raises(errors.InsufficientPrivilege):
        reader.execute("select * from ops.analysis_secret")


def keys_of(role: str, found: dict[str, list[str]]) -> dict[str, set[int]]:
    """The keys that a role sees, by the name of their column."""
    keys: dict[str, set[int]] = defaultdict(set)
    with connect(role) as reader:
        for view, columns in found.items():
            for column in columns:
                if column.endswith("_key"):
                    keys[column] |= {key for (key,) in rows(reader, view, column) if key > 0}
    return keys


def test_no_key_is_one_of_the_star_or_of_another_role(admin, analyst_of_district):
    found = views(admin)
    province_keys, district_keys = (set().union(*keys_of(role, found).values()) for role in ("analyst", analyst_of_district))
    star: set[int] = set()
    for table, column in admin.execute(
        "select table_name::text, column_name::text from information_schema.columns where table_schema = 'marts'"
        " and data_type = 'bigint' and column_name like '%\\_sk'"
    ).fetchall():
        star |= {key for (key,) in admin.execute(sql.SQL("select {} from marts.{}").format(*map(sql.Identifier, (column, table)))) if key}
    assert province_keys and district_keys
    assert not province_keys & star and not district_keys & star and not province_keys & district_keys


def test_a_key_is_the_same_in_every_view_and_in_the_next_session(admin):
    found = views(admin)
    before = keys_of("analyst", found)
    assert keys_of("analyst", found) == before
    for column, key in (("person_key", "person_sk"), ("session_key", "session_sk"), ("employer_key", "employer_sk")):
        tables = admin.execute("select table_name::text from information_schema.columns where table_schema = 'marts' and column_name = %s"
                               " and table_name like 'fct%%'", [key]).fetchall()  # fmt: skip
        query = " union ".join(f"select {key} from marts.{table} where {key} > 0" for (table,) in tables)  # noqa: S608
        registered = one(admin, f"select count(*) from ({query}) as keys") if column != "employer_key" else len(before[column])  # noqa: S608
        assert len(before[column]) == registered, column


@pytest.mark.usefixtures("built")
def test_no_name_number_or_free_text_is_in_a_row():
    with connect("analyst") as analyst:
        for view in views(analyst):
            text = "\n".join(str(row) for row in analyst.execute(f"select to_jsonb(v)::text from analysis.{view} as v"))  # noqa: S608
            assert not [canary for canary in CANARIES if canary in text], view


def test_a_row_of_a_person_has_no_day_no_birth_date_and_no_commune(admin):
    persons = [view for view, columns in views(admin).items() if "person_key" in columns]
    assert len(persons) == 5
    with connect("analyst") as analyst:
        for view in persons:
            assert not {"commune_code", "birth_date"} & set(views(admin)[view])
            for row in analyst.execute(f"select * from analysis.{view}"):  # noqa: S608
                assert all(value.day == 1 for value in row if isinstance(value, date)), view
        assert {row[0] for row in rows(analyst, "surveyed_persons", "age_band")} == {"30-34", "60-64", "55-59"}
        assert rows(analyst, "job_starts where wage_vnd is not null", "distinct wage_vnd") == [(7_500_000,)]


def test_each_statement_of_an_analyst_is_in_the_log_with_its_role(analyst_of_district, server):
    with connect(analyst_of_district) as reader, connect("bi_reader") as other:
        reader.execute("select count(*) as logged_by_test from analysis.visits")
        other.execute("select count(*) as not_logged_by_test from bi.indicator")
    log = (server.home / "logs" / "postgres.log").read_text(encoding="utf-8", errors="replace")
    assert re.search(rf"{analyst_of_district}@\w+ LOG: .*logged_by_test from analysis.visits", log)
    assert "not_logged_by_test" not in log


def test_a_role_that_is_not_named_in_the_filter_sees_no_row(built):
    with psycopg.connect(built) as admin:
        assert one(admin, "select count(*) from analysis.visits") == 0


def test_the_risk_is_that_of_a_recount_of_the_rows(admin):
    """Counted in Python: of each set of attributes, the rows in groups of one person and of fewer than five."""
    measured = admin.execute(
        "select view_name, attributes, all_rows, unique_rows, small_rows, share_unique from analysis.reidentification_risk"
    ).fetchall()
    assert {view for view, *_ in measured} == {view for view, columns in views(admin).items() if "person_key" in columns} - {
        "interviews"  # of a person it has the district alone; the rest is in visits
    } | {"registered_households"}
    with connect("analyst") as analyst:
        for view, attributes, *counted, share in measured:
            columns = views(admin)[view]
            key = next(column for column in columns if column.endswith("_key"))
            known = "person_key" if "person_key" in columns and view != "surveyed_persons" else "-1"
            groups: dict[tuple, list] = defaultdict(list)
            for own, named, *values in rows(analyst, view, f"{key}, {known}, {attributes}"):
                groups[tuple(values)].append(own if named == -1 else named)
            sizes = [(len(members), len(set(members))) for members in groups.values()]
            expected = [sum(size for size, persons in sizes if persons < limit) for limit in (10**9, 2, 5)]
            assert counted == expected, (view, attributes)
            assert share == (Decimal(expected[1]) / expected[0]).quantize(Decimal("0.001"), ROUND_HALF_UP)
    assert max(small for *_, small, _ in measured) > 0


def test_a_build_counts_the_risk_of_changed_rows_again(admin):
    counted = "select view_name, max(counted_at) from analysis.reidentification_risk group by 1"
    before = dict(admin.execute(counted))
    with connect("loader", autocommit=True) as loader:
        Core(loader).publish("poverty_register", "DOLISA", "2025-06", [household("H9", "poor", "2025-06-01")])
    transform.build()
    after = dict(admin.execute(counted))
    assert {view for view in before if after[view] != before[view]} == {"registered_households"}


def test_a_licence_is_listed_and_a_wrong_district_is_refused(analyst_of_district):
    listed = CliRunner().invoke(app, ["analyst", "list", "--json"])
    assert analyst_of_district in listed.output and "licence 7, until 2027" in listed.output
    for wrong in ("999", "79", "794; drop role dpo"):
        assert CliRunner().invoke(app, ["analyst", "add", wrong, "--because", "x"]).exit_code == 2
    assert CliRunner().invoke(app, ["analyst", "remove", "805"]).exit_code == 2
