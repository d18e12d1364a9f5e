"""What the gate checks first: an internal error is never a verdict, and writes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from gate_cases import CASES, PERIODS, clean_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from labour_market.batches.ledger import find_batches
from labour_market.contracts import load_contract
from labour_market.database import connect
from labour_market.quality import gate as gates
from labour_market.quality import suites
from labour_market.quality.checks import checks_of, value_pattern_sql
from labour_market.quality.gate import AuditError
from psycopg import sql
from staged import Delivery, Gate


@pytest.fixture
def gate(module_warehouse) -> Iterator[Gate]:
    made = Gate("labour_survey")
    yield made
    made.loader.execute("delete from ops.audit_result")
    made.loader.execute(sql.SQL("drop table {}").format(sql.Identifier("stage", made.table)))
    made.close()


def survey(rows: int = 20, **announced) -> Delivery:
    return Delivery(clean_rows("labour_survey", rows), period=PERIODS["labour_survey"], **announced)


def broken(case_id: str, count: int = 1, rows: int = 20) -> Delivery:
    case = next(c for c in CASES["labour_survey"] if c.id == case_id)
    delivery = survey(rows)
    case.breaks(delivery.rows, count)
    return delivery


def written(gate: Gate) -> tuple[int, int]:
    """The number of audit results and of excluded rows."""
    failures = sql.Identifier("stage", f"{gate.table}_failures")
    row = gate.loader.execute(
        sql.SQL("select (select count(*) from ops.audit_result), (select count(*) from {})").format(failures)
    ).fetchone()
    assert row
    return row


def failed(gate: Gate, match: str, **arguments) -> str:
    """The message of an audit that fails, leaves every batch where it is, and writes nothing."""
    before = [(b.batch_id, b.state, b.attempt) for b in find_batches(gate.loader)]
    with pytest.raises(AuditError, match=match) as caught:
        gate.audit(**arguments)
    gate.auditor.rollback()
    assert written(gate) == (0, 0)
    assert [(b.batch_id, b.state, b.attempt) for b in find_batches(gate.loader)] == before
    return str(caught.value)


def test_a_batch_without_its_rows_has_no_verdict(gate):
    gate.stage(survey())
    gate.stage(survey(0, announced=20))
    failed(gate, "does not hold the announced rows")


def test_rows_of_no_announced_batch_stop_the_audit(gate):
    gate.stage(survey())
    failed(gate, "does not hold the announced rows", batches=[])


def test_an_empty_correction_is_passed_and_an_empty_first_delivery_is_blocked(gate):
    first, correction = gate.stage(survey(0)), gate.stage(survey(0, sequence=2))
    found = gate.audit()
    assert found[first].verdict.reason.reason_rule == "labour_survey.file.records_present"
    assert found[correction].verdict.reason is None
    assert found[correction].rules == {c.rule.id.removeprefix("labour_survey.") for c in checks_of(gate.contract)}


def test_an_empty_suite_is_refused(gate):
    gate.stage(survey())
    failed(gate, "empty suite", contract=replace(gate.contract, rules=()))


def test_a_stage_table_with_other_columns_than_the_contract_is_refused(gate):
    gate.stage(survey())
    gate.loader.execute(sql.SQL("alter table {} add column surprise text").format(sql.Identifier("stage", gate.table)))
    failed(gate, "does not have the columns")


def test_an_empty_reference_list_is_an_internal_error(gate):
    gate.stage(survey())
    with connect("transformer") as transformer:
        transformer.execute("create temporary table kept as table reference.area_unit")
        transformer.execute("delete from reference.area_unit")
        transformer.commit()
        try:
            failed(gate, "reference.area_unit is empty")
        finally:
            transformer.execute("insert into reference.area_unit table kept")
            transformer.commit()


def test_an_expectation_that_raises_gives_no_verdict_and_shows_no_value(gate):
    gate.stage(broken("row.jump_rules-inactive_reason"))
    raising = replace(gate.contract.rule("row.age_plausible"), arguments={"breach": {"full_name": "full_name::integer = 1"}})
    message = failed(gate, "InvalidTextRepresentation", contract=replace(gate.contract, rules=(*gate.contract.rules[20:], raising)))
    assert "Nguyễn" not in message
    assert "Lan" not in message


def test_a_rule_about_a_missing_column_gives_no_verdict(gate):
    gate.stage(survey())
    absent = replace(gate.contract.rule("row.age_plausible"), arguments={"breach": {"": "no_such_column = 1"}})
    failed(gate, "UndefinedColumn", contract=replace(gate.contract, rules=(absent,)))


def test_a_suite_that_counts_differently_from_sql_stops_the_audit(gate, monkeypatch):
    gate.stage(broken("row.jump_rules-inactive_reason", 3))

    def miscounts(*arguments):
        return [count + 1 if count else 0 for count in suites.run_suite(*arguments)]

    monkeypatch.setattr(gates, "run_suite", miscounts)
    failed(gate, "row.jump_rules: the suite counted 4 breaches, and SQL finds 3")


def test_a_suite_that_skips_an_expectation_stops_the_audit(gate, monkeypatch):
    gate.stage(survey())
    answered = suites._results
    monkeypatch.setattr(suites, "_results", lambda *arguments: answered(*arguments)[:-1])
    failed(gate, "expectations were sent and")


def test_a_batch_that_is_not_in_the_ledger_stops_the_audit(gate):
    gate.stage(survey())
    failed(gate, "is not in the ledger", batches=[replace(gate.batches[0], batch_id=10**9)])


def test_a_bad_batch_does_not_change_another_one(gate):
    good, bad = gate.stage(survey()), gate.stage(broken("row.jump_rules-inactive_reason", 15))
    found = gate.audit()
    assert found[good].rule_verdicts == {}
    assert found[good].failures == set()
    assert found[bad].verdict.reason.reason_rule == "labour_survey.row.jump_rules"


@pytest.mark.parametrize(
    ("failing", "rows", "verdict"),
    [
        (1, 3, "quarantine"),
        (3, 4, "quarantine"),  # few rows: a share says nothing
        (4, 6, "block"),
        (4, 19, "block"),  # more than a fifth
        (4, 20, "quarantine"),  # a fifth
        (5, 20, "block"),
        (3, 3, "block"),  # no row would be left
    ],
)
def test_quarantined_rows_block_the_others_when_they_are_more_than_three_and_more_than_a_share(gate, failing, rows, verdict):
    one = gate.stage(broken("row.jump_rules-inactive_reason", failing, rows=rows))
    assert load_contract("labour_survey").rule("row.jump_rules").tolerance == 0.2
    assert gate.audit()[one].rule_verdicts == {"row.jump_rules": verdict}


@pytest.mark.parametrize(("failing", "verdicts"), [(1, {}), (2, {"cross_row.birth_heap": "warn"})])
def test_two_rows_of_a_small_batch_are_enough_for_a_warning(gate, failing, verdicts):
    one = gate.stage(broken("cross_row.birth_heap-birth_date", failing, rows=6))
    assert gate.audit()[one].rule_verdicts == verdicts


@pytest.mark.parametrize(("failing", "verdicts"), [(1, {}), (2, {"cross_row.wage_unit": "block"})])
def test_two_wages_in_another_unit_block_a_small_batch(gate_of, failing, verdicts):
    """They would be published, not quarantined."""
    case = next(c for c in CASES["job_orders"] if c.rule == "cross_row.wage_unit")
    delivery = Delivery(clean_rows("job_orders", 12), period=PERIODS["job_orders"])
    case.breaks(delivery.rows, failing)
    assert gate_of("job_orders").audit_one(delivery).rule_verdicts == verdicts


def test_a_batch_without_a_row_that_passes_is_blocked(gate):
    delivery = broken("row.jump_rules-inactive_reason", 1, rows=2)
    next(c for c in CASES["labour_survey"] if c.id == "row.placeholder_name-sample").breaks(delivery.rows[1:], 1)
    both = gate.stage(delivery)
    outcome = gate.audit()[both]
    assert outcome.verdict.reason.reason_rule in {"labour_survey.row.jump_rules", "labour_survey.row.placeholder_name"}
    assert sorted(outcome.rule_verdicts.values()) == ["block", "quarantine"]


def test_a_rule_that_blocks_by_itself_comes_before_one_that_exceeds_its_tolerance(gate):
    delivery = broken("row.jump_rules-inactive_reason", 15)
    delivery.period, delivery.delivered = "2024", "2023-06-14T15:00:00+07:00"
    assert gate.audit_one(delivery).verdict.reason.reason_rule == "labour_survey.file.period_open"


def test_a_block_says_which_rows_which_column_and_what_to_do(gate):
    reason = gate.audit_one(broken("row.jump_rules-inactive_reason", 15)).verdict.reason
    assert "15 trên 20 dòng (75,0%)" in reason.reason_vi
    assert "“Lý do không tham gia hoạt động kinh tế”" in reason.reason_vi
    assert "(dòng 1, 2, 3, 4, 5...)" in reason.reason_vi
    assert "15 of 20 rows (75.0%)" in reason.reason_en
    assert "inactive_reason" in reason.reason_en
    assert reason.remedy_vi == load_contract("labour_survey").rule("row.jump_rules").remedy_vi


def test_every_excluded_row_is_listed_also_when_there_are_many(gate):
    many = gate.stage(broken("row.jump_rules-inactive_reason", 1000, rows=6000))
    assert len(gate.audit()[many].failures) == 1000


def test_the_auditor_sees_its_own_failures_only_once_for_a_row_rule_and_column(gate):
    delivery = survey()
    delivery.rows[0] |= {"unemployed_duration": "under_3m", "inactive_reason": "study"}
    outcome = gate.audit_one(delivery)
    assert {(rule, row, column) for rule, row, column, _ in outcome.failures} == {
        ("row.jump_rules", 1, "unemployed_duration"),
        ("row.jump_rules", 1, "inactive_reason"),
    }
    assert outcome.first_rows == {"row.jump_rules": [1]}


LETTERS = "aàảãáạăằẳẵắặâầẩẫấậeèẻẽéẹêềểễếệiìỉĩíịoòỏõóọôồổỗốộơờởỡớợuùủũúụưừửữứựyỳỷỹýỵđbcdgh"


@pytest.fixture(scope="module")
def auditor(module_warehouse):
    with connect("auditor") as connection:
        yield connection


def value_pattern(text: str) -> str:
    """The pattern of a value by Python's own classes of characters."""
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in text)[:40]


@given(text=st.text(st.sampled_from(LETTERS + LETTERS.upper() + "0123456789 .,-/@:[]ª中"), max_size=60))
@settings(max_examples=200, deadline=None)
def test_a_value_has_the_same_pattern_in_sql_and_in_python_without_its_letters(auditor, text):
    row = auditor.execute(f"select {value_pattern_sql('%(text)s::text')}", {"text": text}).fetchone()
    assert row == (value_pattern(text),)
    assert not set(row[0]) & (set(LETTERS + LETTERS.upper() + "012345678") - {"a", "A"})


@pytest.mark.parametrize(
    ("text", "pattern"),
    [("0801900001", "9999999999"), ("Nguyễn Văn Đ.", "Aaaaaa Aaa A."), ("a@b.vn", "a@a.aa"), ("", ""), ("9" * 60, "9" * 40)],
)
def test_a_pattern_shows_the_form_of_a_value_and_not_the_value(auditor, text, pattern):
    assert auditor.execute(f"select {value_pattern_sql('%(text)s::text')}", {"text": text}).fetchone() == (pattern,)


def test_a_batch_that_a_rule_finds_more_than_once_is_one_breach(gate_of):
    """Money of two kinds, each transferred out and nowhere in."""
    rows = clean_rows("budget_movements")
    for row, fund_type in zip(rows, ("recurrent", "investment"), strict=False):
        row.update(movement="transfer_out", fund_type=fund_type)
    gate = gate_of("budget_movements")
    outcome = gate.audit_one(Delivery(rows, period=PERIODS["budget_movements"]))
    assert outcome.rule_verdicts["reconciliation.transfers_pair"] == "block"
    counted = gate.loader.execute("select failed from ops.audit_result where rule_id = 'budget_movements.reconciliation.transfers_pair'")
    assert counted.fetchall() == [(1,)]


def test_the_day_of_a_delivery_is_that_of_the_province(gate_of):
    """17:00 UTC is midnight of the next day there: the first day of a period, and the day of a record."""
    gate = gate_of("job_orders")
    outcomes = {}
    for delivered in ("2023-06-13T16:59:59+00:00", "2023-06-13T17:00:00+00:00"):
        rows = clean_rows("job_orders", 12)
        for row in rows:
            row.update(posted_on=date(2023, 6, 13), closed_on=None, close_reason=None)
        rows[3]["posted_on"] = date(2023, 6, 14)
        outcome = gate.audit_one(Delivery(rows, period="2023-06-14", delivered=delivered))
        days = {row for rule, row, column, _ in outcome.failures if column == "posted_on"}
        outcomes[delivered[11:16]] = (outcome.verdict.reason and outcome.verdict.reason.reason_rule, days)
    assert outcomes == {"16:59": ("job_orders.file.period_open", {4}), "17:00": (None, set())}
