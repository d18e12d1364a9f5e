"""Every rule is broken by rows that break nothing else: its exact effect, and the effect of dropping or weakening the rule."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
from gate_cases import CASES, ELSEWHERE, NOWHERE, PERIODS, PUBLISHED_BEFORE, Case, clean_rows
from labour_market.contracts import Contract, Rule, load_contract
from labour_market.normalise.numbers import LARGEST_AMOUNT, LARGEST_NUMBER
from staged import Delivery

FEEDS = list(CASES)


@dataclass
class Audited:
    """The outcomes of one feed's cases: audits[contract][(case id, "few" or "many")]."""

    full: dict
    without_even: dict
    without_odd: dict
    tolerant: dict


def checked_rules(feed: str) -> list[str]:
    return [rule.id.removeprefix(f"{feed}.") for rule in load_contract(feed).rules if rule.expectation]


def dropped(feed: str, remainder: int) -> set[str]:
    """Half of a feed's rules; the other half shows that each rule finds only its own breaches."""
    return {name for place, name in enumerate(checked_rules(feed)) if place % 2 == remainder}


def without(contract: Contract, names: set[str]) -> Contract:
    return replace(contract, rules=tuple(r for r in contract.rules if r.id.removeprefix(f"{contract.feed}.") not in names))


def tolerant(contract: Contract) -> Contract:
    return replace(contract, rules=tuple(replace(r, tolerance=1.0) for r in contract.rules))


@pytest.fixture(scope="module")
def audited(module_warehouse, gate_of):
    """Stages and audits the cases of a feed once, when they are first used."""
    by_feed: dict[str, Audited] = {}

    def of(feed: str) -> Audited:
        if feed not in by_feed:
            by_feed[feed] = audit_cases(feed, gate_of(feed))
        return by_feed[feed]

    return of


def audit_cases(feed: str, gate) -> Audited:
    for sender in ("803", "804", "805", "806"):
        gate.publish_row("fair_sessions", sender, "2023-06", session_no="P01", fund="other", held_on=date(2023, 6, 5))
    approved = {"plan_status": "approved", "status_on": date(2023, 5, 1)}
    gate.publish_row(
        "programme_plans", "803", "2023-05", unit_code="803", plan_year=2023, activity="job_matching", fund_type="recurrent", **approved
    )
    if feed in PUBLISHED_BEFORE:
        period, records = PUBLISHED_BEFORE[feed]
        gate.publish_batch("804", period, records)
    for n in range(1, 21):
        if feed == "fair_sessions":
            gate.publish_row(feed, "805", "2023-05", session_no=f"OLD{n}", fund="subproject_4_3")
        if feed == "fair_attendance":
            gate.publish_row(feed, "805", "2023-05", session_no="P01", attendance_no=f"OLD{n}")
    ids = {("clean", "few"): gate.stage(Delivery(clean_rows(feed), period=PERIODS[feed]))}
    for case in CASES[feed]:
        for amount, count in (("few", case.few), ("many", case.many)):
            rows = clean_rows(feed, case.clean)
            for row in rows if case.announced.get("sender") == "804" else ():
                row["commune_code"] = ELSEWHERE
            case.breaks(rows, count)
            ids[case.id, amount] = gate.stage(Delivery(rows, **{"period": PERIODS[feed], **case.announced}))

    def outcomes(contract: Contract) -> dict:
        found = gate.audit(contract)
        return {name: found[batch_id] for name, batch_id in ids.items()}

    contract = gate.contract
    return Audited(
        outcomes(contract),
        outcomes(without(contract, dropped(feed, 0))),
        outcomes(without(contract, dropped(feed, 1))),
        outcomes(tolerant(contract)),
    )


def verdict_of(rule: Rule, rows: int, failed: int) -> str:
    """The verdict that the breaches of a rule should have, computed without the gate's own code."""
    too_many = failed / rows > rule.tolerance
    match rule.action:
        case "normalise":
            return "normalise"
        case "quarantine":
            return "block" if too_many and failed >= 4 else "quarantine"
        case action:
            return action if too_many and (failed >= 2 or not rule.tolerance) else "pass"


@pytest.mark.parametrize("feed", FEEDS)
def test_clean_rows_break_no_rule_and_every_rule_is_recorded(audited, feed):
    outcome = audited(feed).full["clean", "few"]
    assert outcome.rule_verdicts == {}
    assert outcome.failures == set()
    assert outcome.verdict.reason is None
    assert outcome.rules == set(checked_rules(feed))


@pytest.mark.parametrize("feed", FEEDS)
def test_every_rule_that_the_audit_checks_has_a_case_that_breaks_it(feed):
    assert {case.rule for case in CASES[feed]} == set(checked_rules(feed))


EVERY = [pytest.param(feed, case, id=f"{feed}.{case.id}") for feed, cases in CASES.items() for case in cases]


@pytest.mark.parametrize(("feed", "case"), EVERY)
@pytest.mark.parametrize("amount", ["few", "many"])
def test_a_broken_rule_has_its_exact_effect_and_no_other(audited, feed: str, case: Case, amount: str):
    rule = load_contract(feed).rule(case.rule)
    outcome = audited(feed).full[case.id, amount]
    failing = case.failing(case.few if amount == "few" else case.many)
    verdict = verdict_of(rule, case.clean, len(failing)) if failing else rule.action
    assert outcome.rule_verdicts == ({} if verdict == "pass" else {case.rule: verdict})
    if verdict != "pass":
        assert outcome.first_rows[case.rule] == failing[:20]
    kept_out = failing if rule.action in ("quarantine", "normalise") else []
    assert {(name, row_no, column) for name, row_no, column, _ in outcome.failures} == {
        (case.rule, row_no, case.column) for row_no in kept_out
    }
    blocked = outcome.verdict.reason
    if verdict == "block":
        assert blocked.reason_rule == rule.id
        assert blocked.reason_vi.startswith("Lần gửi ")
        assert blocked.reason_en.startswith("Delivery ")
        assert blocked.remedy_vi
        assert "{" not in blocked.reason_vi + blocked.reason_en + blocked.remedy_vi
    else:
        assert blocked is None


@pytest.mark.parametrize(("feed", "case"), EVERY)
def test_a_dropped_rule_changes_the_outcome_of_its_batch_and_of_no_other(audited, feed: str, case: Case):
    result = audited(feed)
    halves = (result.without_even, result.without_odd)
    without_rule, with_rule = halves if case.rule in dropped(feed, 0) else reversed(halves)
    full = result.full[case.id, "many"]
    assert full.rule_verdicts, "a case without a verdict when many rows are broken proves nothing"
    assert without_rule[case.id, "many"].rule_verdicts != full.rule_verdicts
    assert with_rule[case.id, "many"].rule_verdicts == full.rule_verdicts


@pytest.mark.parametrize(("feed", "case"), EVERY)
def test_a_rule_that_tolerates_everything_blocks_nothing(audited, feed: str, case: Case):
    outcome = audited(feed).tolerant[case.id, "many"]
    assert outcome.verdict.reason is None
    assert "block" not in outcome.rule_verdicts.values()


@pytest.mark.parametrize("feed", FEEDS)
def test_no_value_reported_of_a_row_is_personal(audited, feed: str):
    personal = {f.name for f in load_contract(feed).fields if f.pii}
    reported = {(column, value) for o in audited(feed).full.values() for _, _, column, value in o.failures if column in personal}
    rows = clean_rows(feed)
    values = {str(row.get(column)) for row in rows for column in personal}
    assert not {value for _, value in reported} & values


def test_a_commune_is_checked_on_the_day_of_the_record_and_not_over_the_period(gate_of):
    """28006 ended with November 2024; both codes of 803 were in force at some time of the year 2024."""
    rows = clean_rows("labour_survey", 12)
    for row in rows:
        row["surveyed_on"] = date(2024, 10, 15)
    for row, day in zip(rows, (date(2024, 11, 30), date(2024, 12, 1)), strict=False):
        row.update(commune_code="28006", surveyed_on=day)
    outcome = gate_of("labour_survey").audit_one(Delivery(rows, period="2024", delivered="2025-01-05T15:00:00+07:00"))
    assert {(rule, row) for rule, row, *_ in outcome.failures} == {("row.commune_known", 2)}


def test_a_commune_of_a_record_without_a_day_is_checked_in_the_period(gate_of):
    rows = clean_rows("job_orders", 12)
    rows[0].update(posted_on=None, commune_code="28006")
    rows[1].update(posted_on=None, commune_code=NOWHERE)
    outcome = gate_of("job_orders").audit_one(Delivery(rows, period="2023-06-14"))
    assert outcome.first_rows["row.commune_known"] == [2]


def test_typed_totals_are_kept_with_the_counted_ones_and_a_bound_is_true_of_more(gate_of):
    typed = {"attendees": "hơn 10", "records": 12, "counselled": "gần 20"}
    outcome = gate_of("fair_attendance").audit_one(Delivery(clean_rows("fair_attendance", 12), totals=typed))
    assert "reconciliation.declared_totals" not in outcome.rule_verdicts
    assert outcome.verdict.totals["records"] == 12
    assert outcome.verdict.totals["attendees"] > 10
    assert outcome.verdict.totals["counselled"] <= 20


@pytest.mark.parametrize("feed", FEEDS)
def test_the_greatest_numbers_that_are_read_overflow_no_audit(gate_of, feed: str):
    """Also of a column whose other values are small, and with every total typed."""
    contract = load_contract(feed)
    numbers = [(f.name, LARGEST_NUMBER if f.type == "int" else LARGEST_AMOUNT) for f in contract.sent_fields if f.type in ("int", "vnd")]
    rows = clean_rows(feed)
    for n, (name, largest) in enumerate(numbers):
        rows[n % len(rows)][name] = largest
        rows[(n + 1) % len(rows)][name] = -largest
    for row in rows[-3:]:
        row.update(numbers)
    typed = {name: 1 for rule in contract.rules if "totals" in rule.arguments for name in rule.arguments["totals"]}
    gate = gate_of(feed)
    outcome = gate.audit_one(Delivery(rows, period=PERIODS[feed], totals=typed))
    assert outcome.rules == set(checked_rules(feed))


def test_a_wage_whose_unit_is_unknown_is_a_warning_and_many_are_another_unit(gate_of):
    gate = gate_of("job_orders")
    outcomes = {}
    for count in (1, 8):
        rows = clean_rows("job_orders")
        for row in rows[:count]:
            row.update(wage_min_vnd=None, issues=["wage_min_vnd:unit_unknown"])
        outcomes[count] = gate.audit_one(Delivery(rows, period=PERIODS["job_orders"]))
    assert outcomes[1].rule_verdicts == {"row.wage_readable": "warn"}
    assert outcomes[8].rule_verdicts == {"row.wage_readable": "warn", "cross_row.wage_unit": "block"}


def test_a_sentence_has_a_code_as_it_was_typed(gate_of):
    rows = clean_rows("labour_survey")
    rows[0].update(commune_code="08210", notes=["commune_code:leading_zero"])
    rows[1].update(commune_code="08211")
    outcome = gate_of("labour_survey").audit_one(Delivery(rows, period=PERIODS["labour_survey"]))
    assert {value for rule, _, _, value in outcome.failures if rule == "row.commune_known"} == {"8210", "08211"}
