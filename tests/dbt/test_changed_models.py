"""An upgrade of the dbt project in a filled warehouse, from compiled models to the next build."""

import re
import shutil
from pathlib import Path

import psycopg
import pytest
from labour_market import transform
from labour_market.settings import DBT_DIR

from tests.dbt.rows import Core, employer, one, session, visit
from tests.dbt.test_programme import move, step
from tests.integration.test_deployment import Reader

PLANS = "select plan_year, unit_code, plan_status, status_on, planned_vnd::bigint, until::text from bi.plan_status order by 1, 2, 3, 4"
FIGURES = "select metric, period_kind, period, area_mode, area_code, breakdown, value from bi.indicator order by 1, 2, 3, 4, 5, 6"
MONEY = "select sum(amount_vnd)::bigint from marts.fct_budget_movement"
KEYS = (
    "select conname, pg_get_constraintdef(oid) from pg_constraint where contype = 'f' and connamespace = 'marts'::regnamespace order by 1"
)


def province(core: Core) -> None:
    """Plans, money and a few visits of one district."""
    core.publish("employers", "794", "2023-06", [employer("1")])
    core.publish("fair_sessions", "794", "2023-06", [session("A")])
    core.publish("fair_attendance", "794", "2023-06", [visit(str(n), "A", f"k:{n}", commune_code="27694") for n in range(6)])
    core.publish("programme_plans", "DOLISA", "2022", [step("794", "submitted", "2022-10-10"), step("794", "approved", "2022-11-20")])
    core.publish("budget_movements", "DOLISA", "2022", [
        move("1", "allocation", 100, "2022-11-01"), move("2", "disbursement", 70, "2022-12-01"),
    ])  # fmt: skip


def edit(path: Path, *changes: tuple[str, str]) -> None:
    """Replace what each pattern finds, line by line."""
    text = path.read_text(encoding="utf-8")
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        assert count, (path.name, pattern)
    path.write_text(text, encoding="utf-8")


@pytest.mark.timeout(1200)
def test_a_changed_type_and_a_changed_grain_keep_every_figure(built: str, admin: psycopg.Connection, tmp_path, monkeypatch):
    """Planned money becomes numeric, in the mart and in the view of bi on it; a movement of money becomes two rows of half its amount."""
    project = tmp_path / "dbt_project"
    shutil.copytree(DBT_DIR, project)
    for module in (transform.dbt, transform.project):
        monkeypatch.setattr(module, "DBT_DIR", project)
    marts = project / "models" / "marts" / "programme"
    edit(marts / "fct_programme_plan.yml", (r'(Planned money, VND\."\n +data_type:) bigint$', r"\1 numeric"))
    edit(marts / "fct_programme_plan.sql", (r"^    (steps\.planned_vnd)$", r"    \1::numeric as planned_vnd"))
    edit(
        marts / "fct_budget_movement.sql",
        (r"^    (movements\.amount_vnd),$", r"    half.half_no,\n    \1 / 2 as amount_vnd,"),
        (r"(then|else) (-?movements\.amount_vnd)$", r"\1 \2 / 2"),
        (r"^from movements$", r"from movements\ncross join generate_series(1, 2) as half (half_no)"),
    )
    edit(
        marts / "fct_budget_movement.yml",
        (r"columns: \[movement_sk\]", "columns: [movement_sk, half_no]"),
        (r"columns: \[sender_code, unit_code, movement_no\]", "columns: [sender_code, unit_code, movement_no, half_no]"),
        (r"^      - name: amount_vnd$", r"      - {name: half_no, data_type: integer, description: Half.}\n      - name: amount_vnd"),
    )
    admin.execute("create schema own_analysis")
    admin.execute("create view own_analysis.plans as select unit, planned_vnd from bi.plan_status")
    before = {query: admin.execute(query).fetchall() for query in (PLANS, FIGURES, MONEY, KEYS)}
    assert before[MONEY] == [(170,)] and len(before[FIGURES]) > 20
    with Reader(built, PLANS, MONEY, FIGURES) as reader:
        assert transform.deploy_models()
    assert reader.errors == []
    assert reader.answers == {(query, str(before[query])) for query in (PLANS, MONEY, FIGURES)}
    assert not transform.deploy_models(), "what is deployed is not deployed again"
    for after_a_build in (False, True):
        if after_a_build:
            transform.build()
        assert {query: admin.execute(query).fetchall() for query in before} == before
        assert one(admin, "select pg_typeof(planned_vnd)::text from own_analysis.plans limit 1") == "numeric"
        assert one(admin, "select count(*) from marts.fct_budget_movement") == 4


@pytest.mark.timeout(600)
def test_a_changed_list_changes_every_figure_that_depends_on_it(built: str, admin: psycopg.Connection, tmp_path, monkeypatch):
    """A commune comes on the border list: its visitors enter the border group, although no delivery has come."""
    project = tmp_path / "dbt_project"
    shutil.copytree(transform.dbt.DBT_DIR, project)
    for module in (transform.dbt, transform.project, transform.reference):
        monkeypatch.setattr(module, "DBT_DIR", project)
    transform.build(full=True)
    border = "select count(*) from marts.fct_fair_attendance where is_border"
    assert one(admin, border) == 0
    edit(project / "seeds" / "area" / "border_commune.csv", (r"^(code,.*)$", r"\1\n27694,1900-01-01,law,test"))
    assert transform.build().build_id is not None
    assert one(admin, border) == 6
    assert transform.build().build_id is None
