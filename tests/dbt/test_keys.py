"""Every model below the star has a description, a grain and a key; the key holds, and its test can fail."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from labour_market.contracts import load_contracts
from labour_market.database import connect
from labour_market.occupations import local
from labour_market.settings import load_settings
from labour_market.transform.dbt import run_dbt
from psycopg import sql

from tests.dbt.rows import Core, employer, person, session, visit
from tests.dbt.test_programme import check, household, move, step

FOLDERS = ("staging", "intermediate")
HIRED = {"interviewed": True, "interview_result": "passed", "offered": True, "accepted": True, "employer_no": "1", "order_no": "1"}


def province(core: Core) -> None:
    """Records of every feed, a person with two numbers, a household with a surveyed member and a provisional code that was replaced."""
    core.publish("employers", "794", "2023-05", [employer("1")])
    core.publish("employers", "794", "2023-06", [employer("1"), employer("2")])
    order = {"employer_no": "1", "title": "công nhân may", "occupation_code": "8153", "openings": 20, "posted_on": "2023-06-01"}
    core.publish("job_orders", "794", "2023-06", [{"order_no": "1", **order}, {"order_no": "2", **order, "title": "bảo vệ"}])
    core.publish("labour_survey", "794", "2022", [
        person("1", person_key="k:1-old", person_method="old_id", match_key="m:1", household_no="H1", wants_job=True),
        person("2", job_text="trồng mãng cầu", priority_groups=["poor"]),
    ])  # fmt: skip
    core.publish("fair_sessions", "794", "2023-06", [
        session("A", share=60), session("A", fund="unemployment_insurance", share=40), session("B", held_on="2023-06-20"),
    ])  # fmt: skip
    core.publish("fair_attendance", "794", "2023-06", [
        visit("1", "A", "k:1", sex="female", match_key="m:1", start_date="2023-06-12", **HIRED),
        visit("2", "A", "k:1", sex="female", match_key="m:1", interviewed=True),
        visit("3", "B", None),
    ])  # fmt: skip
    core.publish("placements", "SC", "2023-06", [
        check("V1", "start", "k:1", True, channel="fair", session_no="A", employer_no="1", employer_district="794", evidence="contract"),
        check("V1", "m3", "k:1", True, channel="fair", session_no="A", employer_no="1", employer_district="794"),
        check("V2", "start", "k:2", True),
    ])  # fmt: skip
    core.publish("poverty_register", "DOLISA", "2022", [household("H1", "poor"), household("H2", "near_poor")])
    core.publish("poverty_register", "DOLISA", "2022-01", [household("H1", "poor", "2022-01-01")])
    core.publish("programme_plans", "DOLISA", "2022", [step("794", "submitted", "2022-10-10"), step("794", "approved", "2022-11-20")])
    core.publish("budget_movements", "DOLISA", "2022", [
        move("1", "allocation", 100, "2022-11-01"), move("2", "disbursement", 70, "2022-12-01"),
    ])  # fmt: skip
    with connect("steward", autocommit=True) as steward:
        code = local.propose(steward, "61129", "Lao động trồng mãng cầu", "Custard apple growers", ["mãng cầu"], "thử", by="an")
        local.approve(steward, code, by="bình", start=date(2022, 1, 1), end=date(2099, 12, 31))
        local.promote(steward, code, {"61123": Decimal(1)}, by="bình", on=date(2025, 1, 1), because="danh mục mới có mã riêng")


@pytest.fixture(scope="module")
def manifest(built: str) -> dict[str, Any]:
    """What dbt read of the project for the build."""
    return json.loads((Path(load_settings().home) / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))


def models(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The models of the folders whose keys are not tested by every build."""
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and node["fqn"][1] in FOLDERS:
            yield node


def key_tests(manifest: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    """For each key test of these models its model and the columns of the key."""
    names = {model["unique_id"] for model in models(manifest)}
    return {
        node["unique_id"]: (node["attached_node"], node["test_metadata"]["kwargs"]["columns"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and "key" in node["tags"] and node["attached_node"] in names
    }


def test_every_model_has_a_description_a_grain_and_a_key_test(manifest):
    tested = {model for model, _ in key_tests(manifest).values()}
    incomplete = {
        model["name"]: missing
        for model in models(manifest)
        if (missing := [
            part
            for part, present in (
                ("description", model["description"]),
                ("grain", model["config"]["meta"].get("grain")),
                ("key test", model["unique_id"] in tested),
            )
            if not present
        ])
    }  # fmt: skip
    assert not incomplete
    assert len(tested) > 30


def test_the_key_of_a_staged_feed_is_that_of_its_contract(manifest):
    tested = dict(key_tests(manifest).values())
    staged = {
        model["fqn"][2]: tuple(tested[model["unique_id"]])
        for model in models(manifest)
        if model["fqn"][1] == "staging" and model["fqn"][2] in load_contracts()
    }
    assert staged == {feed: contract.key for feed, contract in load_contracts().items()}


def outcomes() -> dict[str, str]:
    """The status of each key test of these models."""
    results = run_dbt(["test", "--select", *(f"path:models/{folder},tag:key" for folder in FOLDERS)], load_settings())
    return {result["unique_id"]: result["status"] for result in results}


def double_a_row(admin: psycopg.Connection, relation: sql.Identifier, name: str) -> None:
    """Replace a relation by a view that has one of its rows twice. What depends on the relation still reads the original."""
    schema = relation.as_string().split(".")[0].strip('"')
    original = sql.Identifier(schema, f"{name}__original"[:63])
    admin.execute(sql.SQL("alter table {} rename to {}").format(relation, sql.Identifier(f"{name}__original"[:63])))
    admin.execute(
        sql.SQL("create view {0} as select * from {1} union all (select * from {1} limit 1)").format(relation, original),
    )
    admin.execute(sql.SQL("grant select on {} to transformer").format(relation))


def test_every_key_holds_and_its_test_fails_when_a_row_is_doubled(manifest, admin):
    """The nightly build leaves these tests out, so this is where they run."""
    tests = key_tests(manifest)
    admin.execute("insert into ops.gateway_request (feed, sender_code) values ('employers', '794')")
    admin.execute("insert into ops.reconcile_finding (kind, detail) values ('senders_file', 'it is broken')")
    assert outcomes() == dict.fromkeys(tests, "pass")
    for model in models(manifest):
        relation = sql.Identifier(model["schema"], model["name"])
        assert admin.execute(sql.SQL("select exists (select from {})").format(relation)).fetchone() == (True,), (
            f"{model['name']} has no row"
        )
        double_a_row(admin, relation, model["name"])
    assert outcomes() == dict.fromkeys(tests, "fail")
