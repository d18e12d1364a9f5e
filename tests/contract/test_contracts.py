"""A contract is valid by the open standard and describes every column and rule; the generated files are up to date."""

import importlib.resources
import json
import re
from string import Formatter
from typing import get_args

import jsonschema
import pytest
import yaml
from labour_market.batches.delivery_errors import DETAILS, FileRule
from labour_market.codegen import GENERATED, render_all
from labour_market.contracts import EVERY_FEED, ContractError, contract_feeds, load_contract, load_contracts, load_order, read_contract
from labour_market.database.tables import core_columns
from labour_market.normalise.text import Reason
from labour_market.quality.checks import checks_of
from labour_market.quality.messages import REASONS_VI
from labour_market.settings import CONTRACTS_DIR, DBT_DIR
from open_data_contract_standard.model import OpenDataContractStandard

EXPECTATIONS = {
    "budget_movements": 25, "employers": 30, "fair_attendance": 25, "fair_sessions": 20, "job_orders": 28, "labour_survey": 35,
    "placements": 25, "poverty_register": 22, "programme_plans": 22,
}  # fmt: skip
FEEDS = list(EXPECTATIONS)
VIETNAMESE = re.compile("[àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ]", re.IGNORECASE)
SHORT_LABELS = {"Email", "Nam"}  # labels that are Vietnamese and have no mark
ROW_DETAILS = {"column", "value_pattern", "count", "share", "row", "details"}


def document(feed: str) -> dict:
    return yaml.safe_load((CONTRACTS_DIR / f"{feed}.odcs.yaml").read_text(encoding="utf-8"))


def entries(feed: str) -> list[dict]:
    shared = yaml.safe_load(EVERY_FEED.read_text(encoding="utf-8"))["quality"]
    return [*shared, *document(feed)["schema"][0]["quality"]]


def rules():
    return [pytest.param(rule, id=rule.id) for contract in load_contracts().values() for rule in contract.rules]


def test_the_feeds_are_these_nine_and_each_is_loaded_after_the_feeds_that_it_is_compared_with():
    assert contract_feeds() == FEEDS
    order = load_order()
    assert sorted(order) == FEEDS
    for feed in FEEDS:
        others = {other for other in FEEDS if other != feed and f"core.{other} " in json.dumps(document(feed))}
        assert {order.index(other) < order.index(feed) for other in others} <= {True}, feed


def test_a_feed_and_its_upstream_feed_share_the_columns_of_the_dependency():
    dependencies = [(feed, upstream) for feed, contract in load_contracts().items() for upstream in contract.depends_on]
    assert len(dependencies) >= 5
    for feed, upstream in dependencies:
        assert set(upstream.by) <= set(core_columns(load_contract(feed))) & set(core_columns(load_contract(upstream.feed))), feed


@pytest.mark.parametrize("feed", FEEDS)
def test_a_contract_is_valid_by_the_open_standard(feed):
    schema = json.loads(importlib.resources.files("open_data_contract_standard").joinpath("schema.json").read_text("utf-8"))
    contract = document(feed)
    contract["schema"][0]["quality"] = entries(feed)
    jsonschema.validate(contract, schema)
    read = OpenDataContractStandard(**contract)
    assert read.model_dump(exclude_none=True, by_alias=True) == contract, "the model has every key of the file"
    assert read.apiVersion == "v3.1.0"


@pytest.mark.parametrize("feed", FEEDS)
def test_every_column_has_a_vietnamese_label_and_an_english_description(feed):
    contract = load_contract(feed)
    for of in contract.fields:
        assert VIETNAMESE.search(of.label_vi) or of.label_vi in SHORT_LABELS, of.name
        assert of.description not in ("", of.name)
        assert not VIETNAMESE.search(of.description.replace("triệu", "").replace("thỏa thuận", "")), of.name
        assert all(of.code_labels.values()), of.name
        assert of.pii in (None, "direct", "quasi", "sensitive")
    about = contract.about
    assert set(about) == {f"{name}_{language}" for name in ("purpose", "limitations", "usage") for language in ("vi", "en")}
    assert all(len(text) > 40 for text in about.values())
    assert "Thông tư" in contract.lawful_basis
    assert contract.sla["latency"]["unit"] == "d"
    assert contract.sla["retention"]["unit"] == "y"
    assert VIETNAMESE.search(contract.grain_vi)


@pytest.mark.parametrize("rule", rules())
def test_a_rule_has_an_owner_two_messages_a_remedy_and_a_source(rule):
    assert rule.fixed_by in ("sender", "steward", "engineer")
    assert VIETNAMESE.search(rule.message_vi) or rule.message_vi == "{found_vi}"
    assert not VIETNAMESE.search(rule.message_en)
    assert rule.message_vi[0].islower() or rule.message_vi[0] in "{“"
    assert not rule.message_vi.endswith(".")
    assert not rule.message_en.endswith(".")
    assert VIETNAMESE.search(rule.remedy_vi)
    assert rule.remedy_vi.endswith(".")
    assert len(rule.source) > 5
    assert 0 <= rule.tolerance <= 1
    assert not (rule.action == "quarantine" and rule.tolerance == 0), "one bad row would block the batch"


@pytest.mark.parametrize("rule", rules())
def test_a_message_uses_only_the_details_of_its_rule(rule):
    details = ROW_DETAILS if rule.expectation else DETAILS[rule.id.rsplit(".", 1)[1]]
    for message in (rule.message_vi, rule.message_en, rule.remedy_vi):
        used = {name for _, name, _, _ in Formatter().parse(message) if name is not None}
        assert used <= details, message


@pytest.mark.parametrize("feed", FEEDS)
def test_a_contract_has_every_rule_of_the_readers_of_deliveries(feed):
    file_rules = {rule.id.rsplit(".", 1)[1] for rule in load_contract(feed).rules if not rule.expectation}
    assert file_rules == set(get_args(FileRule)) == set(DETAILS)


def test_every_reason_why_a_value_cannot_be_read_has_a_vietnamese_text():
    assert set(get_args(Reason)) == set(REASONS_VI)


@pytest.mark.parametrize("feed", FEEDS)
def test_the_suite_of_a_feed_is_not_thin(feed):
    contract = load_contract(feed)
    checks = checks_of(contract)
    assert len(checks) >= EXPECTATIONS[feed]
    assert {c.rule.id for c in checks} == {r.id for r in contract.rules if r.expectation}
    assert all(c.failing.count("{stage}") or c.is_of_batch for c in checks)


@pytest.mark.parametrize("feed", FEEDS)
def test_great_expectations_gets_the_listed_expectations(feed):
    from labour_market.quality.suites import SEVERITIES, build_suite

    listed = json.loads((GENERATED / f"{feed}.suite.json").read_text(encoding="utf-8"))["expectations"]
    built = [e.configuration for e in build_suite(feed, checks_of(load_contract(feed))).expectations]
    assert [(c.type, c.meta["rule"], c.severity) for c in built] == [(e["type"], e["rule"], SEVERITIES[e["action"]]) for e in listed]
    for configuration, entry in zip(built, listed, strict=True):
        assert {name: configuration.kwargs[name] for name in entry["kwargs"]} == entry["kwargs"]


def test_generated_files_are_up_to_date():
    assert render_all(check=True) == []


@pytest.mark.parametrize("feed", FEEDS)
def test_the_dbt_source_names_every_column_of_core_and_no_direct_identifier(feed):
    path = DBT_DIR / "models" / "staging" / feed / f"_{feed}__sources.yml"
    table = yaml.safe_load(path.read_text(encoding="utf-8"))["sources"][0]["tables"][0]
    columns = [column["name"] for column in table["columns"]]
    assert columns == core_columns(load_contract(feed))
    assert not {f.name for f in load_contract(feed).fields if f.pii == "direct"} & set(columns)
    assert all(" | " in column["description"] for column in table["columns"])
    assert table["config"]["loaded_at_field"] == "recorded_from"
    assert table["config"]["freshness"]["warn_after"]["count"] >= 1


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda table: table["quality"].append(dict(table["quality"][0])), "twice"),
        (lambda table: table["properties"].append(dict(table["properties"][0])), "column form_no twice"),
        (lambda table: table["quality"][0].update(name="whim.no_such_level"), "unknown level"),
        (
            lambda table: table["quality"][0]["customProperties"].append({"property": "columns", "value": ["shoe_size"]}),
            "shoe_size",
        ),
        (
            lambda table: table["quality"][0]["customProperties"].append({"property": "fixed_by", "value": "nobody"}),
            "unknown level, action or owner",
        ),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(tmp_path, change, complaint):
    contract = document("labour_survey")
    change(contract["schema"][0])
    path = tmp_path / "labour_survey.odcs.yaml"
    path.write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ContractError, match=complaint):
        read_contract(path)


def test_an_unknown_expectation_is_refused(tmp_path):
    contract = document("labour_survey")
    contract["schema"][0]["quality"][0]["implementation"]["expectation"] = "expect_the_best"
    path = tmp_path / "labour_survey.odcs.yaml"
    path.write_text(yaml.safe_dump(contract, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ContractError, match="expect_the_best"):
        checks_of(read_contract(path))
