"""The scenario with the published figures, and the accounts of the programme in every night."""

from collections import Counter

import pytest
from simulator.area import SENDER_CODES
from simulator.province import SEED, night


@pytest.fixture(scope="module")
def golden():
    return night(SEED, 0.05, "golden", SENDER_CODES, {})[0]


def records(hand_overs, feed):
    return [(h.period, record) for h in hand_overs if h.feed == feed for record in h.records]


def test_two_sessions_have_32_employers_and_1530_counselled_persons_and_more_than_1500_typed(golden):
    sessions = [h for h in golden if h.feed == "fair_sessions"]
    assert len([record for h in sessions for record in h.records]) == 2
    attendance = [h for h in golden if h.feed == "fair_attendance"]
    rows = [(h.district.code, record) for h in attendance for record in h.records]
    assert len({(code, record["employer_no"]) for code, record in rows if record["employer_no"]}) == 32
    counselled = [record["national_id"] or f"{code} {record['attendance_no']}" for code, record in rows if record["counselled"]]
    assert (len(counselled), len(set(counselled))) == (1_530, 1_530)
    assert {h.declared["declared_totals"]["counselled"] for h in attendance} == {"hơn 1.500"}


def test_two_vintages_of_households_give_the_two_published_rates(golden):
    found = Counter((period, record["status"] == "poor") for period, record in records(golden, "poverty_register"))
    assert (found["2022-01", True], found["2022-01", True] + found["2022-01", False]) == (6_234, 479_632)
    assert round(100 * 6_234 / 479_632, 2) == 1.30
    assert found["2022", True] == 4_764
    assert round(100 * 4_764 / (4_764 + found["2022", False]), 2) == 0.99


def test_the_money_of_2023_is_more_than_3_6_billion_and_carried_money_balances(golden):
    moves = [record for _, record in records(golden, "budget_movements")]
    given = sum(m["amount_vnd"] for m in moves if m["movement"] == "allocation" and m["budget_year"] == 2023)
    assert 3_600_000_000 < given < 3_650_000_000
    carried = Counter()
    for m in moves:
        if m["movement"] in ("carry_over_out", "carry_over_in"):
            carried[m["unit_code"], m["fund_type"]] += m["amount_vnd"] if m["movement"] == "carry_over_out" else -m["amount_vnd"]
    assert carried
    assert set(carried.values()) == {0}


def test_plans_are_late_returned_and_carried_from_2022_into_2023(golden):
    plans = [record for _, record in records(golden, "programme_plans")]
    assert len({plan["unit_code"] for plan in plans}) == 17
    statuses = Counter((plan["plan_year"], plan["plan_status"]) for plan in plans)
    assert statuses[2022, "carried_over"] > 5
    assert statuses[2022, "returned"] > 5
    assert statuses[2023, "not_submitted"] > 2
