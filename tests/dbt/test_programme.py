"""Follow-ups, register, plans and money in the star, from a few rows written by hand; every expected figure is computed in the test."""

import pytest
from labour_market import transform

from tests.dbt.rows import Core, employer, one, person, session, visit


def check(number: str, kind: str, key: str, in_job: bool | None, **values) -> dict:
    days = {"start": "2023-06-14", "m3": "2023-09-14", "m6": "2023-12-14", "m12": "2024-06-14"}
    return {
        "placement_no": number, "check_kind": kind, "person_key": key, "person_method": "national_id", "in_job": in_job,
        "checked_on": days[kind], "start_date": "2023-06-12", "channel": "counter", **values,
    }  # fmt: skip


def household(number: str, status: str, as_of: str = "2022-12-31", **values) -> dict:
    return {
        "household_no": number, "district_code": "794", "commune_code": "27694", "status": status, "members": 4,
        "working_age_members": 2, "standard_version": "2022-2025", "as_of_date": as_of, **values,
    }  # fmt: skip


def step(unit: str, status: str, day: str, **values) -> dict:
    return {
        "unit_code": unit, "plan_year": 2022, "activity": "job_transactions", "fund_type": "recurrent", "plan_status": status,
        "status_on": day, "planned_vnd": 90_000_000, **values,
    }  # fmt: skip


def move(number: str, kind: str, amount: int, day: str, year: int = 2022, **values) -> dict:
    return {
        "movement_no": number, "unit_code": "794", "movement": kind, "budget_year": year, "fund_year": 2022, "fund_type": "recurrent",
        "fund_source": "central", "activity": "job_transactions", "amount_vnd": amount, "moved_on": day, **values,
    }  # fmt: skip


PASSED = {"interviewed": True, "interview_result": "passed", "offered": True, "accepted": True, "employer_no": "1"}


def province(core: Core) -> None:
    """One start that the fair and the service centre both report, one of the fair only, two at the counter."""
    core.publish("employers", "794", "2023-06", [employer("1")])
    core.publish("labour_survey", "794", "2022", [person("3", priority_groups=["poor"])])
    core.publish("fair_sessions", "794", "2023-06", [session("A")])
    core.publish("fair_attendance", "794", "2023-06", [
        visit("1", "A", "k:1", start_date="2023-06-12", **PASSED),
        visit("2", "A", "k:2", start_date="2023-06-13", **PASSED),
    ])  # fmt: skip
    at_fair = {"channel": "fair", "session_no": "A", "employer_no": "1", "employer_district": "794"}
    core.publish("placements", "SC", "2023-05", [
        check("V1", "start", "k:1", True, evidence="contract", **at_fair),
        check("V2", "start", "k:3", True, employer_no="1", employer_district="794"),
        check("V3", "start", "k:4", None),
    ])  # fmt: skip
    core.publish("placements", "SC", "2023-06", [
        check("V1", "m3", "k:1", None, **at_fair), check("V1", "m6", "k:1", True, **at_fair), check("V2", "m3", "k:3", False),
    ])  # fmt: skip
    core.publish("poverty_register", "DOLISA", "2022-01", [household(str(n), "poor" if n < 3 else "other", "2022-01-01") for n in range(5)])
    core.publish("poverty_register", "DOLISA", "2022", [
        household("0", "poor", working_age_members=0), *(household(str(n), "other") for n in range(1, 5)),
    ])  # fmt: skip
    core.publish("programme_plans", "DOLISA", "2022", [
        step("794", "submitted", "2022-10-10"), step("794", "returned", "2022-10-20"), step("794", "submitted", "2022-11-01"),
        step("794", "approved", "2022-11-20", decision_no="1/QĐ"), step("803", "not_submitted", "2022-10-01"),
    ])  # fmt: skip
    core.publish("programme_plans", "DOLISA", "2023-06", [step("794", "carried_over", "2023-01-09")])
    core.publish("budget_movements", "DOLISA", "2022", [
        move("1", "allocation", 100, "2022-11-01"), move("2", "disbursement", 70, "2022-12-01"),
        move("3", "carry_over_out", 30, "2022-12-31"),
    ])  # fmt: skip
    core.publish("budget_movements", "DOLISA", "2023-06", [move("4", "carry_over_in", 30, "2023-01-31", 2023)])


CHECKS = (
    "select coalesce(placement_no, ''), sender_code, channel, check_start, check_m3, check_m6, check_m12"
    " from marts.fct_placement order by 1"
)


def test_a_start_is_one_row_and_unknown_is_not_lost(admin):
    assert admin.execute(CHECKS).fetchall() == [
        ("", "794", "fair", "not_checked", "not_checked", "not_checked", "not_checked"),
        ("V1", "794", "fair", "in_job", "unknown", "in_job", "not_checked"),
        ("V2", "SC", "counter", "in_job", "lost", "not_checked", "not_checked"),
        ("V3", "SC", "counter", "unknown", "not_checked", "not_checked", "not_checked"),
    ]


def test_a_start_at_the_counter_has_employer_and_group_from_other_feeds(admin):
    row = one(
        admin, "select is_poor, employer_no from marts.fct_placement join marts.dim_employer using (employer_sk) where placement_no = 'V2'"
    )
    assert row == (True, "1")


def test_two_vintages_of_a_year_are_kept_apart(admin):
    """Three of five were poor on the first day of 2022, one of five at its end; that one has no member of working age."""
    rows = admin.execute(
        "select vintage, count(*), count(*) filter (where is_poor), count(*) filter (where is_poor and has_working_age)"
        " from marts.fct_poverty_household group by vintage order by 1"
    ).fetchall()
    assert rows == [("2022", 5, 1, 0), ("2022-01", 5, 3, 3)]
    assert one(admin, "select count(*) from marts.dim_household where household_sk > 0") == 10


def test_a_plan_has_its_history_its_delay_and_the_number_of_returns(admin):
    """Submitted on 10 October with a deadline of 30 September: ten days late; returned once; carried over by a later delivery."""
    rows = admin.execute(
        "select plan_status, status_on::text, is_latest, returned_so_far, days_late, is_carried_over from marts.fct_programme_plan"
        " where unit_code = '794' order by step_no"
    ).fetchall()
    assert rows == [
        ("submitted", "2022-10-10", False, 0, 10, True), ("returned", "2022-10-20", False, 1, 10, True),
        ("submitted", "2022-11-01", False, 1, 10, True), ("approved", "2022-11-20", False, 1, 10, True),
        ("carried_over", "2023-01-09", True, 1, 10, True),
    ]  # fmt: skip
    assert one(admin, "select days_late from marts.fct_programme_plan where unit_code = '803'") is None


def test_a_year_ends_with_zero_and_the_next_begins_with_the_amount_carried_over(admin):
    rows = admin.execute("select budget_year, sum(balance_change_vnd)::int from marts.fct_budget_movement group by 1 order by 1").fetchall()
    assert rows == [(2022, 0), (2023, 30)]


@pytest.mark.parametrize(
    ("day", "name"), [("2025-02-28", "Sở Lao động"), ("2025-03-01", "Sở Nội vụ tỉnh Long An"), ("2025-07-01", "Sở Nội vụ tỉnh Tây")]
)
def test_the_department_has_its_name_of_the_day(admin, day, name):
    found = admin.execute(
        "select label_vi from marts.dim_reporting_unit where unit_code = 'DOLISA' and valid_from <= %(day)s and %(day)s < valid_to",
        {"day": day},
    ).fetchall()
    assert len(found) == 1
    assert found[0][0].startswith(name)


def test_a_later_check_writes_the_start_of_an_earlier_period_again(core, admin):
    at_fair = {"channel": "fair", "session_no": "A", "employer_no": "1", "employer_district": "794"}
    core.publish("placements", "SC", "2023-06-14", [check("V1", "m12", "k:1", False, **at_fair)])
    transform.build()
    assert one(admin, "select check_m12 from marts.fct_placement where placement_no = 'V1'") == "lost"
    assert one(admin, "select count(*) from marts.fct_placement") == 4
