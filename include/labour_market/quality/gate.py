"""The gate: one audit of all staged batches of a feed, and a verdict on each.

An internal error raises AuditError: no verdict is given, and the batches stay in their state.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

from labour_market.batches.ledger import Batch, BlockReason
from labour_market.batches.periods import period_bounds
from labour_market.contracts import Contract, Rule
from labour_market.database import read_sql
from labour_market.database.tables import stage_columns
from labour_market.errors import LabourMarketError
from labour_market.logs import log_stage
from labour_market.quality.checks import BatchDays, Check, checks_of, fill, fill_template, literal, totals_counted
from labour_market.quality.messages import block_reason, localise_value
from labour_market.quality.suites import WORK_MEMORY, CheckError, build_suite, run_suite
from labour_market.settings import PROVINCE_TIME

LOG = logging.getLogger(__name__)

FIRST_ROWS = 20
EXCLUDING_ACTIONS = ("quarantine", "normalise")  # of rules whose failing rows do not go to core
# a share says little about few rows: 1 of 3 may be one typing error. Quarantined rows are kept out in any case, so that more of them are
# needed to hold back the others; rows of the other actions are published, and two that break the rule are enough
TOLERATED_ROWS = {"quarantine": 3}


class AuditError(LabourMarketError):
    """The audit could not be made, or contradicts itself. An internal error, never a verdict."""


@dataclass(frozen=True)
class Verdict:
    """Whether a batch may be published.

    Attributes:
        totals: What was counted of the totals that its sender typed.
        reason: Why it is blocked; None: it may be published.
    """

    totals: Mapping[str, Any]
    reason: BlockReason | None = None


@dataclass(frozen=True)
class Finding:
    """What a rule found in a batch.

    Attributes:
        rule: The rule.
        checked: Rows that were checked; 1 for a rule about the batch.
        failed: Those that break it.
        verdict: Pass, normalise, warn, quarantine or block.
        first_rows: Numbers of the first rows that break it.
        column: The column of the first breach.
        value_pattern: The pattern of the value there.
    """

    rule: Rule
    checked: int
    failed: int
    verdict: str
    first_rows: list[int]
    column: str
    value_pattern: str


def audit(
    connection: psycopg.Connection, contract: Contract, batches: Sequence[Batch], attempts: Mapping[int, int], stage_table: str
) -> dict[int, Verdict]:
    """Audit every batch of a stage table.

    Writes the rows that do not go to core into stage.<stage_table>_failures, and a row for each batch and rule into
    ops.audit_result; nothing when it raises.

    Args:
        connection: The auditor's.
        contract: Of the feed.
        batches: The batches in the stage table.
        attempts: batch_id -> the attempt that has taken the batch.
        stage_table: The stage table, without its schema.

    Returns:
        batch_id -> verdict.

    Raises:
        AuditError: The audit itself failed.
        psycopg.Error: The server refused a statement.
    """
    with connection.transaction():
        days = _days(connection, batches)
        checks = fill(checks_of(contract), stage_table, days)
        rows = _check_preconditions(connection, contract, checks, batches, stage_table)
    # between two transactions: Great Expectations has a session of its own. If this one held locks meanwhile, a change of the schema that
    # waits for them would stop the other one, and the server does not see such a deadlock
    counts = _run_suite(connection, checks, stage_table)
    with connection.transaction():
        connection.execute(f"set local work_mem = '{WORK_MEMORY}'")
        _find_failing(connection, checks, counts)
        findings = _findings(connection, checks, rows)
        _write_failures(connection, contract, stage_table)
        for batch in batches:
            _record(connection, batch.batch_id, attempts[batch.batch_id], findings[batch.batch_id])
        totals = _totals(connection, contract, stage_table, days)
    return {batch.batch_id: _verdict(contract, batch, findings[batch.batch_id], totals.get(batch.batch_id, {})) for batch in batches}


# ---- before the suite


def _days(connection: psycopg.Connection, batches: Sequence[Batch]) -> list[BatchDays]:
    """When each batch was delivered, and the bounds of its period.

    Raises:
        AuditError: A batch that is not in the ledger.
    """
    delivered: dict[int, date] = dict(
        connection.execute(
            "select batch_id, (delivery_created_at at time zone %s)::date from ops.batch where batch_id = any(%s)",
            [PROVINCE_TIME.key, [batch.batch_id for batch in batches]],
        ).fetchall()
    )
    if missing := [batch.batch_id for batch in batches if batch.batch_id not in delivered]:
        raise AuditError(f"batch {missing[0]} is to be audited and is not in the ledger")
    return [BatchDays(b.batch_id, *period_bounds(b.period), delivered[b.batch_id]) for b in batches]


def _check_preconditions(
    connection: psycopg.Connection, contract: Contract, checks: list[Check], batches: Sequence[Batch], stage_table: str
) -> dict[int, int]:
    """Check what a suite passes without: that it has checks, columns, reference lists and the announced rows.

    Returns:
        batch_id -> rows.

    Raises:
        AuditError: Something of it is missing.
    """
    if not checks:
        raise AuditError(f"the suite of {contract.feed} is empty, and an empty suite passes everything")
    columns = connection.execute(
        "select column_name from information_schema.columns where table_schema = 'stage' and table_name = %s order by ordinal_position",
        [stage_table],
    ).fetchall()
    if [name for (name,) in columns] != stage_columns(contract):
        raise AuditError(f"stage.{stage_table} does not have the columns of the contract of {contract.feed}")
    for table in sorted({table for check in checks for table in check.references}):
        if not connection.execute(sql.SQL("select 1 from {} limit 1").format(sql.Identifier("reference", table))).fetchone():
            raise AuditError(f"reference.{table} is empty, and every row would break the rules that need it")
    rows: dict[int, int] = dict(
        connection.execute(
            sql.SQL("select batch_id, count(*) from {} group by batch_id").format(sql.Identifier("stage", stage_table))
        ).fetchall()
    )
    announced = {batch.batch_id: batch.declared_records for batch in batches}
    if differing := sorted(b for b in rows.keys() | announced.keys() if rows.get(b, 0) != announced.get(b)):
        raise AuditError(f"stage.{stage_table} does not hold the announced rows of batch {', '.join(map(str, differing))}")
    return announced


# ---- the suite, and the rows in breach


def _run_suite(connection: psycopg.Connection, checks: list[Check], stage_table: str) -> list[int]:
    """Run the suite; returns the rows in breach of each check."""
    if connection.info.transaction_status != TransactionStatus.IDLE:
        raise AuditError("the session of an audit holds locks while Great Expectations needs its own")
    with log_stage(LOG, "suite", table=stage_table, checks=len(checks)):
        try:
            return run_suite(build_suite(stage_table, checks), stage_table, connection)
        except CheckError as error:
            raise AuditError(str(error)) from None


def _find_failing(connection: psycopg.Connection, checks: list[Check], counts: Sequence[int]) -> None:
    """Write what breaks a rule into the temporary table `failing`, and compare the number with that of the suite for each check."""
    connection.execute(
        "create temporary table failing (place integer, rule_id text, batch_id bigint, row_no integer, column_name text,"
        " value_pattern text, excused boolean) on commit drop"
    )
    for place, (check, count) in enumerate(zip(checks, counts, strict=True)):
        if not count:
            continue
        connection.execute(
            f"insert into failing select {place}, {literal(check.rule.id)}, found.* from ({check.failing}) as found"  # noqa: S608  # ours
        )
        found = connection.execute(
            "select count(*) from (select distinct batch_id, row_no from failing where place = %s) as rows", [place]
        ).fetchone()
        if found != (count,):
            raise AuditError(f"{check.rule.id}: the suite counted {count} breaches, and SQL finds {found and found[0]}")


def _findings(connection: psycopg.Connection, checks: list[Check], rows: Mapping[int, int]) -> dict[int, list[Finding]]:
    """batch_id -> what each rule found, in the order of the rules."""
    failing = {
        (batch_id, rule_id): found
        for batch_id, rule_id, *found in connection.execute(read_sql(__package__, "failing_by_rule"), {"first_rows": FIRST_ROWS}).fetchall()
    }
    rules_of_batches = {check.rule.id for check in checks if check.is_of_batch}
    rules = list({check.rule.id: check.rule for check in checks}.values())
    excluded: dict[int, int] = dict(
        connection.execute(
            "select batch_id, count(distinct row_no) from failing where rule_id = any(%s) and not excused group by batch_id",
            [[rule.id for rule in rules if rule.action in EXCLUDING_ACTIONS]],
        ).fetchall()
    )
    findings = {}
    for batch_id, count in rows.items():
        found = []
        for rule in rules:
            failed, first, column, value_pattern = failing.get((batch_id, rule.id), [0, [], "", ""])
            checked = 1 if rule.id in rules_of_batches else count
            found.append(Finding(rule, checked, failed, _rule_verdict(rule, checked, failed), first, column, value_pattern))
        findings[batch_id] = _block_if_no_row_is_left(found, count, excluded.get(batch_id, 0))
    return findings


def _rule_verdict(rule: Rule, checked: int, failed: int) -> str:
    """The verdict of a rule. Where a share is tolerated, so is a number of rows: TOLERATED_ROWS, otherwise 1."""
    tolerated = max(rule.tolerance * checked, TOLERATED_ROWS.get(rule.action, 1)) if rule.tolerance else 0
    exceeds_tolerance = failed > tolerated
    if not failed:
        return "pass"
    if rule.action == "quarantine":
        return "block" if exceeds_tolerance else "quarantine"
    if rule.action == "normalise":
        return "normalise"
    return rule.action if exceeds_tolerance else "pass"


def _block_if_no_row_is_left(found: list[Finding], rows: int, excluded: int) -> list[Finding]:
    """A batch of which every row is excluded would empty its partition: the rule that excludes most rows blocks it."""
    if not rows or excluded < rows or any(f.verdict == "block" for f in found):
        return found
    worst = max(found, key=lambda f: f.failed if f.verdict == "quarantine" else -1)
    return [replace(f, verdict="block") if f is worst else f for f in found]


def _write_failures(connection: psycopg.Connection, contract: Contract, stage_table: str) -> None:
    connection.execute(
        sql.SQL(
            "insert into {} (batch_id, row_no, rule_id, column_name, value_pattern)"
            " select distinct on (batch_id, row_no, rule_id, column_name) batch_id, row_no, rule_id, column_name, value_pattern"
            " from failing where not excused and rule_id = any(%s)"
        ).format(sql.Identifier("stage", f"{stage_table}_failures")),
        [[rule.id for rule in contract.rules if rule.action in EXCLUDING_ACTIONS]],
    )


def _record(connection: psycopg.Connection, batch_id: int, attempt: int, findings: list[Finding]) -> None:
    connection.cursor().executemany(
        "insert into ops.audit_result (batch_id, attempt, rule_id, level, action, expectation, checked, failed, verdict,"
        " first_rows) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (batch_id, attempt, r.id, r.level, r.action, r.expectation, f.checked, f.failed, f.verdict, f.first_rows)
            for r, f in ((f.rule, f) for f in findings)
        ],
    )


def _totals(connection: psycopg.Connection, contract: Contract, stage_table: str, days: Sequence[BatchDays]) -> dict[int, Any]:
    """batch_id -> each total that the sender typed as the rows have it, counted as expect_totals_as_declared does."""
    totals: dict[int, Any] = {}
    for rule in contract.rules:
        if rule.expectation == "expect_totals_as_declared":
            totals.update(connection.execute(fill_template(totals_counted(rule), stage_table, days).encode()).fetchall())
    return totals


def _verdict(contract: Contract, batch: Batch, findings: list[Finding], totals: Mapping[str, Any]) -> Verdict:
    """The verdict on a batch. Its reason is a rule that blocks by itself, else the rule with the largest share of failed rows."""
    blocking = [f for f in findings if f.verdict == "block"]
    if not blocking:
        return Verdict(totals)
    worst = max(blocking, key=lambda f: (f.rule.action == "block", f.failed / f.checked))
    details = {
        "count": worst.failed,
        "total": worst.checked,
        "rows": worst.first_rows,
        "column": worst.column,
        "column_vi": contract.field(worst.column).label_vi if worst.column else "",
        "value_pattern": worst.value_pattern,
        "value_pattern_vi": localise_value(contract, worst.column, worst.value_pattern),
        "details": worst.value_pattern,
    }
    return Verdict(totals, block_reason(worst.rule, batch.delivery_id, details))
