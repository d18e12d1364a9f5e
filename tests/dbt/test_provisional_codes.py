"""A code that does not exist yet: proposed, approved, promoted, while every official figure stays what it was."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from labour_market import transform
from labour_market.database import connect
from labour_market.errors import UsageError
from labour_market.occupations import local

from tests.dbt.rows import Core, person

START, END = date(2022, 1, 1), date(2099, 12, 31)


def province(core: Core) -> None:
    """Twenty growers of custard apples, who have no code of their own, and six of dragon fruit, whose code is part of the project."""
    order = {"employer_no": "1", "title": "trồng mãng cầu", "posted_on": "2023-06-14"}
    core.publish("labour_survey", "794", "2022", [
        *(person(str(n), job_text="trồng mãng cầu") for n in range(20)),
        *(person(f"x{n}", job_text="trồng thanh long") for n in range(6)),
        person("thuê", job_text="làm thuê hái thanh long"),
    ])  # fmt: skip
    core.publish("job_orders", "794", "2023-06-14", [
        {**order, "order_no": "1", "occupation_code": "6112", "openings": 4},
        {**order, "order_no": "2", "occupation_code": "8153", "openings": 3},
    ])  # fmt: skip


@pytest.fixture
def steward(built) -> Iterator[psycopg.Connection]:
    with connect("steward", autocommit=True) as connection:
        yield connection


def official(admin) -> dict[str, list[tuple]]:
    """All that is published by official code, from the facts and from the views."""
    asked = {
        "supply": "select occupation_official, occupation_sk, count(*) from marts.fct_labour_supply group by 1, 2 order by 1, 2",
        "orders": "select occupation_official, occupation_sk, sum(openings) from marts.fct_job_order group by 1, 2 order by 1, 2",
        "view": "select * from bi.supply_demand_by_occupation order by period, area_mode, area_code, occupation_code",
    }
    return {name: admin.execute(query).fetchall() for name, query in asked.items()}


def detail(admin) -> dict[str, int]:
    return dict(admin.execute("select occupation_detail, count(*) from marts.fct_labour_supply group by 1").fetchall())


def counted_as(admin, code: str, day: date) -> str:
    rows = admin.execute(
        "select counted_as from bi.occupation_resolution where occupation_detail = %(code)s"
        " and valid_from <= %(day)s and %(day)s < valid_to",
        {"code": code, "day": day},
    ).fetchall()
    assert len(rows) == 1, "one answer a day"
    return rows[0][0]


def test_the_project_contains_trades_of_the_province_and_hired_hands_are_not_growers(admin, steward):
    trades = local.proposals(steward)
    assert len(trades) == 12
    assert detail(admin)["61129-L01"] == 6
    assert admin.execute("select status, default_target from marts.dim_occupation where code = '61129-L01'").fetchone() == (
        "provisional",
        "61129",
    )
    hired = admin.execute("select occupation_detail from marts.fct_labour_supply where form_no = 'thuê'").fetchone()[0]
    assert "-L" not in hired


def test_official_totals_are_the_same_before_and_after_a_local_code_and_facts_the_same_before_and_after_its_promotion(admin, steward):
    before = official(admin)
    code = local.propose(steward, "61129", "Lao động trồng mãng cầu", "Custard apple growers", ["mãng cầu"], "Bà Đen, Tân Hưng", by="an")
    assert code == "61129-L06", "the next free number"
    assert transform.build().build_id is None, "a proposal changes nothing"
    local.approve(steward, code, by="bình", start=START, end=END)
    assert transform.build().build_id
    assert official(admin) == before
    assert detail(admin)[code] == 20
    orders = dict(admin.execute("select order_no, occupation_detail from marts.fct_job_order").fetchall())
    assert orders == {"1": code, "2": "8153"}, "only under the code that was sent"
    assert transform.build().build_id is None, "a decision is applied once"

    facts = admin.execute("select * from marts.fct_labour_supply order by supply_sk").fetchall()
    local.promote(steward, code, {"61123": Decimal(1)}, by="bình", on=date(2025, 1, 1), because="danh mục mới có mã riêng")
    transform.build()
    assert admin.execute("select * from marts.fct_labour_supply order by supply_sk").fetchall() == facts
    assert official(admin) == before
    assert counted_as(admin, code, date(2024, 12, 31)) == "61129"
    assert counted_as(admin, code, date(2025, 1, 1)) == "61123"
    assert counted_as(admin, "61129", date(2025, 1, 1)) == "61129"
    steps = [(step["from_state"], step["to_state"], step["actor"]) for step in local.decisions(steward, code)]
    assert steps == [(None, "proposed", "an"), ("proposed", "approved", "bình"), ("approved", "promoted", "bình")]


def test_a_code_that_becomes_two_official_ones_is_split_by_shares_that_sum_to_1_and_rows_go_to_the_first(admin, steward):
    code = local.propose(steward, "61129", "Lao động trồng cây gia vị", "Spice growers", ["gia vị"], "thử", by="an")
    local.approve(steward, code, by="bình", start=START, end=END)
    shares = {"61123": Decimal("0.7"), "61125": Decimal("0.3")}
    for wrong in ({"61123": Decimal("0.7")}, {**shares, "61124": Decimal(0)}, {}):
        with pytest.raises(UsageError, match="sum to 1"):
            local.promote(steward, code, wrong, by="bình", on=date(2025, 1, 1), because="thử")
    local.promote(steward, code, shares, by="bình", on=date(2025, 1, 1), because="danh mục mới tách đôi")
    transform.build()
    query = (
        "select to_code, relation, weight, is_default from marts.bridge_occupation_map"
        " where from_code = %s and valid_to = 'infinity' order by 1"
    )
    assert admin.execute(query, [code]).fetchall() == [
        ("61123", "split", Decimal("0.7"), True),
        ("61125", "split", Decimal("0.3"), False),
    ]
    assert counted_as(admin, code, date(2024, 12, 31)) == "61129"
    assert counted_as(admin, code, date(2025, 1, 1)) == "61123"


def test_a_code_that_is_promoted_before_its_successor_is_official_fails_the_build(admin, steward):
    """It is unknown when the steward decides: the list's dates may change."""
    code = local.propose(steward, "61129", "Lao động trồng nghệ", "Turmeric growers", ["nghệ vàng"], "thử", by="an")
    local.approve(steward, code, by="bình", start=START, end=END)
    local.promote(steward, code, {"61123": Decimal(1)}, by="bình", on=date(2020, 6, 1), because="nhầm ngày")
    with pytest.raises(transform.BuildError, match="both_ends_of_an_occupation_map_are_valid"):
        transform.build()
    admin.execute("update ops.occupation_proposal set valid_to = '2025-01-01' where code = %s", [code])
    assert transform.build().build_id


def test_a_code_past_its_end_is_not_given_to_new_titles_and_stays_on_old_ones(steward):
    code = local.propose(steward, "6113", "Lao động trồng hoa sen", "Lotus growers", ["sen"], "Tháp Mười", by="an")
    local.approve(steward, code, by="bình", start=date(2022, 1, 1), end=date(2022, 12, 31))
    assert local.find(steward, code).state == "approved"
    assert code not in {proposal.code for proposal in local.in_use(steward)}
    assert code in local.retired(steward)
    tomorrow = date.today() + timedelta(days=1)
    open_code = local.propose(steward, "6113", "Lao động trồng hoa lài", "Jasmine growers", ["lài"], "Tháp Mười", by="an")
    local.approve(steward, open_code, by="bình", start=date(2022, 1, 1), end=tomorrow)
    assert open_code in {proposal.code for proposal in local.in_use(steward)}
    assert open_code not in local.retired(steward)


def test_the_proposer_does_not_decide_and_a_step_is_taken_once(steward):
    code = local.propose(steward, "6112", "Lao động trồng sầu riêng", "Durian growers", ["sầu riêng"], "thử", by="an")
    assert code == "6112-L01"
    with pytest.raises(UsageError, match="another person"):
        local.approve(steward, code, by="an", start=START, end=END)
    with pytest.raises(UsageError, match="not after"):
        local.approve(steward, code, by="bình", start=END, end=START)
    local.refuse(steward, code, by="bình", because="đã có trong 61129")
    with pytest.raises(UsageError, match="cannot become approved"):
        local.approve(steward, code, by="bình", start=START, end=END)
    assert local.propose(steward, "6112", "Khác", "Other", ["khác"], "thử", by="an") == "6112-L02", "a number is never given again"


@pytest.mark.parametrize("parent", ["611", "99999", "61129-L01", ""])
def test_a_provisional_code_has_an_official_place(steward, parent):
    with pytest.raises(UsageError, match="no official VSCO"):
        local.propose(steward, parent, "a", "b", ["c"], "d", by="an")


def test_the_trail_of_decisions_cannot_be_changed(steward):
    for statement in ("update ops.occupation_decision set actor = 'x'", "delete from ops.occupation_decision",
                      "delete from ops.occupation_proposal", "update ops.occupation_proposal set proposed_by = 'x'",
                      "update ops.occupation_proposal set evidence = 'x'"):  # fmt: skip
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            steward.execute(statement)


def test_a_correction_counts_for_every_title_of_the_same_clean_text_and_its_facts_are_written_again(admin, steward):
    clean = local.correct(steward, "Làm thuê hái THANH LONG", "9201", by="bình", because="hái thuê là lao động giản đơn")
    assert clean == "làm thuê hái thanh long"
    transform.build()
    query = "select occupation_official, coding_method, coding_score from marts.fct_labour_supply where form_no = 'thuê'"
    assert admin.execute(query).fetchone() == ("9201", "manual", 1)


def test_the_views_show_coded_rows_and_titles_that_wait_for_a_steward(admin):
    quality = admin.execute(
        "select jobs, share_level_5, share_provisional from bi.occupation_coding_quality"
        " where area_mode = 'as_reported' and area_code = 'all' and feed = 'labour_survey'"
    ).fetchone()
    assert quality[0] == 27
    assert float(quality[2]) == pytest.approx(26 / 27, abs=1e-4)
    trades = dict(admin.execute("select trade_code, employed from bi.provincial_trades where area_code = 'all'").fetchall())
    assert trades["61129-L01"] == 6
