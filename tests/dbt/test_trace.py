"""From a figure to its source rows and back: each part of each cell is the sum of the rows behind it, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest
from labour_market.cli import app
from labour_market.database import connect
from labour_market.figures.lineage import batch_of, load_traces, trace_batch, trace_cell
from labour_market.settings import load_settings
from labour_market.transform.dbt import run_dbt
from typer.testing import CliRunner

from tests.dbt import test_indicators
from tests.dbt.rows import Core, employer, one
from tests.dbt.test_indicators import checked_start

UNEQUAL = """
    with counted as (
        select metric, period_kind, period, area_mode, area_code, breakdown, unit, part, max(amount) as amount
        from indicators.indicator_source
        group by metric, period_kind, period, area_mode, area_code, breakdown, unit, part
    ),

    behind as (
        select
            metric, period_kind, period, area_mode, area_code, breakdown,
            coalesce(sum(amount) filter (where part = 'numerator'), 0) as numerator,
            coalesce(sum(amount) filter (where part = 'denominator'), 0) as denominator
        from counted
        group by metric, period_kind, period, area_mode, area_code, breakdown
    )

    select cell.metric, cell.period, cell.area_mode, cell.area_code, cell.breakdown,
        cell.numerator, behind.numerator, cell.denominator, behind.denominator
    from indicators.indicator_cell as cell
    left join behind using (metric, period_kind, period, area_mode, area_code, breakdown)
    where abs(cell.numerator - coalesce(behind.numerator, 0)) > 0.00001 or abs(cell.denominator - coalesce(behind.denominator, 0)) > 0.00001
"""
LAYERS = ("seeds", "staging", "intermediate", "marts", "analysis", "indicators", "vintages", "bi")
DOUBLED = ("rows_job_starts", "rows_visits", "rows_register_households", "rows_budget_movements")
SEWERS = {"metric": "placements", "period_kind": "year", "period": "2023", "area_code": "all", "breakdown": "occupation=81"}
ATTENDED = {"metric": "attended_persons", "period": "2023-06", "area_code": "all", "breakdown": "all"}
AT_SEWING = {"employer_district": "797", "employer_no": "9", "start_date": "2023-05-20", "checked_on": "2023-05-25"}


def province(core: Core) -> None:
    """The province of the indicators, and four starts at a factory: on an order, by a check, on orders of no known job and of no group."""
    test_indicators.province(core)
    core.publish("employers", "797", "2023-06", [employer("8"), employer("9", vsic_code="1410")])
    core.publish("job_orders", "797", "2023-06-14", [
        {"order_no": "7", "employer_no": "9", "title": "công nhân", "openings": 3, "posted_on": "2023-05-01"},
        {"order_no": "8", "employer_no": "9", "title": "theo thỏa thuận", "openings": 3, "posted_on": "2023-05-01"},
        {"order_no": "9", "employer_no": "9", "title": "lao động giản đơn", "openings": 3, "posted_on": "2023-05-01"},
    ])  # fmt: skip
    core.publish("placements", "SC", "2023-05", [
        checked_start(900, "start", True, order_no="7", **AT_SEWING), checked_start(901, "start", True, job_text="công nhân", **AT_SEWING),
        checked_start(901, "m3", True, job_text="công nhân", **AT_SEWING | {"checked_on": "2023-08-25"}),
        checked_start(902, "start", True, order_no="8", job_text="công nhân may", **AT_SEWING),
        checked_start(903, "start", True, order_no="9", job_text="thợ hàn", **AT_SEWING),
    ])  # fmt: skip


@pytest.fixture
def steward(built):
    with connect("steward", autocommit=True) as connection:
        yield connection


def test_every_part_of_every_cell_is_the_sum_of_the_rows_behind_it(admin):
    assert admin.execute(UNEQUAL).fetchall() == []
    assert one(admin, "select count(*) from indicators.indicator_cell where numerator > 0") > 500


def test_a_row_that_is_gone_behind_a_figure_is_noticed(admin):
    with admin.transaction(force_rollback=True):
        admin.execute("delete from marts.fct_fair_attendance where sender_code = '794' and period = '2023-06' and row_no = 1")
        assert {row[0] for row in admin.execute(UNEQUAL)} >= {"attended_persons", "interviewed_of_attended"}


def test_every_view_says_which_rows_are_behind_it(admin):
    views = {row[0] for row in admin.execute("select table_name from information_schema.views where table_schema = 'bi'")}
    assert set(load_traces()) == views
    assert all(trace.get("none", "reason") for trace in load_traces().values())


def test_a_figure_leads_to_its_batches_and_to_the_rows_as_they_were_sent(steward, admin):
    found = trace_cell(steward, "indicator", ATTENDED)
    assert [cell["numerator"] for cell in found["cells"]] == [34]
    assert sum(source["amount"] for source in found["sources"]) == 34
    assert {source["feed"] for source in found["sources"]} == {"fair_attendance"}
    for source in found["sources"]:
        sent = admin.execute(
            "select row_no from core.fair_attendance where batch_id = %s order by row_no limit 20", [source["batch_id"]]
        ).fetchall()
        assert source["row_numbers"] == [row_no for (row_no,) in sent]


def test_a_start_by_occupation_names_the_record_that_gave_the_occupation(steward):
    found = trace_cell(steward, "placements", {"period": "2023-05", "area_code": "all", "breakdown": "all", "period_kind": "month"})
    assert {source["feed"] for source in found["sources"]} == {"placements"}
    found = trace_cell(steward, "indicator", SEWERS)
    assert {(s["feed"], s["sender_code"], s["period"], s["units"], *s["row_numbers"]) for s in found["sources"]} == {
        ("placements", "SC", "2023-05", 3, 1, 2, 3, 4), ("job_orders", "797", "2023-06-14", 0, 1), ("employers", "797", "2023-06", 0, 2),
    }  # fmt: skip
    assert sum(source["amount"] for source in found["sources"]) == 3
    assert [fact["order_no"] for fact in found["facts"] if fact["fact"] == "fct_job_order"] == ["7"]


def test_a_start_on_an_order_of_no_group_has_the_occupation_of_its_check(steward, admin):
    row = admin.execute(
        "select occupation.code, start.occupation_official, start.occupation_source from marts.fct_placement as start"
        " join marts.dim_occupation as occupation using (occupation_sk) where start.placement_no = 'V903'"
    ).fetchone()
    assert row == ("72", "7212", "title")
    sources = trace_cell(steward, "indicator", SEWERS | {"breakdown": "occupation=72"})["sources"]
    assert {(s["feed"], s["sender_code"], *s["row_numbers"]) for s in sources} == {("placements", "SC", 5)}


def test_the_delivery_of_an_order_leads_to_the_starts_with_its_occupation(steward):
    for source in trace_cell(steward, "indicator", SEWERS)["sources"]:
        back = trace_batch(steward, source["batch_id"], limit=10_000)
        assert [c["numerator"] for c in back["cells"] if all(c[key] == value for key, value in SEWERS.items())] == [3], source["feed"]


def test_every_view_with_figures_can_be_traced_from_a_row_of_it(steward):
    for view, trace in load_traces().items():
        if "none" in trace:
            continue
        row = steward.execute(f"select to_jsonb(shown) from bi.{view} as shown limit 1").fetchone()  # noqa: S608
        if row is None:
            continue
        given = {
            column: str(value)
            for column, value in row[0].items()
            if type(value) in (str, int) and column != "age_seconds" and not column.endswith("_at")
        }
        found = trace_cell(steward, view, given, limit=2)
        assert found["sources"] or not any(cell["numerator"] for cell in found["cells"]), view


def test_a_trace_names_no_person(steward):
    trace = json.dumps(trace_cell(steward, "indicator", ATTENDED), default=str)
    assert "person_key" not in trace and "person_sk" not in trace and "k:794" not in trace


def test_a_delivery_leads_back_to_its_figure(steward):
    source = trace_cell(steward, "indicator", ATTENDED)["sources"][0]
    delivery = f"{source['sender_code']}/{source['delivery_id']}"
    found = trace_batch(steward, batch_of(steward, delivery), limit=10_000)
    assert found["batch"]["batch_id"] == source["batch_id"]
    assert found["facts"]["fct_fair_attendance"] == source["rows"]
    assert [cell["rows"] for cell in found["cells"] if all(cell[key] == value for key, value in ATTENDED.items())] == [source["rows"]]
    assert sum(found["figures"].values()) == len(found["cells"])
    printed = CliRunner().invoke(app, ["trace", "--delivery", delivery, "--limit", "1"]).output
    assert f"cells: 1 of {len(found['cells'])}" in printed


def test_what_cannot_be_traced_is_said_in_one_line(built):
    for arguments, message in (
        (["nowhere", "a=b"], "no view 'nowhere'"),
        (["indicator", "colour=red"], "no column colour"),
        (["indicator", "metric=nothing"], "no row of indicator"),
        (["indicator", "metric=placements"], "choose one by"),
        (["metric_definition", "metric=placements"], "nothing to trace"),
        (["indicator", "metric"], "is not COLUMN=VALUE"),
        (["--delivery", "794/none"], "no delivery"),
        ([], "give a view"),
    ):
        refused = CliRunner().invoke(app, ["trace", *arguments])
        assert refused.exit_code == 2 and message in refused.output, (arguments, refused.output)
    printed = CliRunner().invoke(app, ["trace", "indicator", *(f"{key}={value}" for key, value in ATTENDED.items())])
    assert printed.exit_code == 0 and "delivery_id=fair_attendance-794" in printed.output


@pytest.fixture(scope="module")
def manifest(built) -> dict[str, Any]:
    """What dbt read of the project for the build."""
    return json.loads((Path(load_settings().home) / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))


def layer(node: dict[str, Any]) -> str:
    return "seeds" if node["resource_type"] == "seed" else node["fqn"][1]


def test_no_model_reads_a_layer_above_its_own(manifest):
    nodes = manifest["nodes"]
    models = [node for node in nodes.values() if node["resource_type"] == "model"]
    upward = {
        (model["name"], nodes[parent]["name"])
        for model in models
        for parent in model["depends_on"]["nodes"]
        if parent in nodes and LAYERS.index(layer(nodes[parent])) > LAYERS.index(layer(model))
    }
    assert not upward
    assert {layer(model) for model in models} == set(LAYERS) - {"seeds"}


def test_every_model_of_the_indicators_has_a_description_and_a_grain(manifest):
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model" and layer(node) == "indicators"]
    assert len(models) > 60
    assert not [model["name"] for model in models if not model["description"] or not model["config"]["meta"].get("grain")]
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["name"].startswith("unique_combination")
    }
    without_key = {model["name"] for model in models if model["unique_id"] not in tested}
    assert without_key == set()


def test_the_keys_of_the_indicators_hold_and_their_tests_fail_on_a_doubled_row(built, admin):
    """The nightly build leaves these tests out, so this is where they run."""
    first = {
        result["unique_id"].split(".")[2]: result["status"]
        for result in run_dbt(["test", "--select", "path:models/indicators,tag:key"], load_settings())
    }
    assert len(first) > 50
    assert {name for name, status in first.items() if status != "pass"} == set()
    for name in DOUBLED:
        admin.execute(f"alter view indicators.{name} rename to {name}__original")
        admin.execute(
            f"create view indicators.{name} as select * from indicators.{name}__original"  # noqa: S608  # the names above
            f" union all (select * from indicators.{name}__original limit 1)"
        )
        admin.execute(f"grant select on indicators.{name} to transformer")
    results = run_dbt(["test", "--select", *(f"{name},tag:key" for name in DOUBLED), "--indirect-selection", "cautious"], load_settings())
    assert [result["status"] for result in results] == ["fail"] * len(DOUBLED)
