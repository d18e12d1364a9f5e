# ruff: noqa: S608  # SQL is put together from contracts, which are files of ours, and from literals
"""From a rule of the contract to its checks, each with the SQL that finds what breaks it.

A check has two parts: the expectation that counts breaches (one of Great Expectations where it has one, else one of ours), and
the query of the rows in breach. SQL is a template: {stage} is the stage table, {batches} a table of the batches in it,
{first_day}, {next_day} (of the period) and {delivered_on} are dates of a row's batch.

An `expectation` of a rule is one of MAKERS. Two of them take their SQL from the contract, so that most rules need no Python:

    expect_no_rows_in_breach        breach: column -> condition on the stage table's columns that no row may meet
    expect_query_to_return_no_rows  rows: a query that returns batch_id and row_no; or batches: one of batch_id and details
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from psycopg import sql

from labour_market.contracts import Contract, ContractError, Field, Rule

PATTERN_LENGTH = 40
PUBLIC_TYPES = ("int", "vnd", "bool", "date")
PUBLIC_KINDS = ("vsic", "vsco", "commune", "district")
DETAILS_LENGTH = 300


@dataclass(frozen=True)
class Check:
    """One check of a stage table.

    Attributes:
        rule: The rule that it belongs to.
        expectation: The expectation that counts breaches; arguments: its arguments.
        failing: SQL of the breaches: batch_id, row_no (0: the batch), column_name, value_pattern, excused (another rule reports it).
        is_of_batch: It is about a batch, not about its rows.
        references: The tables of schema reference that it needs.
    """

    rule: Rule
    expectation: str
    arguments: dict[str, Any] = field(hash=False)
    failing: str
    is_of_batch: bool = False
    references: tuple[str, ...] = ()


@dataclass(frozen=True)
class BatchDays:
    """The days of a batch that checks use: its period from first_day to before next_day, and the day of its delivery."""

    batch_id: int
    first_day: date
    next_day: date
    delivered_on: date


def checks_of(contract: Contract) -> list[Check]:
    """Every check of a contract, in the order of its rules.

    Raises:
        ContractError: An expectation that does not exist.
    """
    found: list[Check] = []
    for rule in contract.rules:
        if rule.expectation is None:
            continue
        if rule.expectation not in MAKERS:
            raise ContractError(f"rule {rule.id}: there is no expectation {rule.expectation!r}")
        found += MAKERS[rule.expectation](contract, rule)
    return found


def fill(checks: Sequence[Check], stage_table: str, batches: Sequence[BatchDays]) -> list[Check]:
    """The checks with their templates filled in for stage.<stage_table> and the batches in it.

    Args:
        checks: The checks.
        stage_table: The stage table, without its schema.
        batches: The batches in it, with their days.
    """

    def filled(value: Any) -> Any:
        return fill_template(value, stage_table, batches) if isinstance(value, str) else value

    return [replace(c, arguments={name: filled(value) for name, value in c.arguments.items()}, failing=filled(c.failing)) for c in checks]


def fill_template(text: str, stage_table: str, batches: Sequence[BatchDays]) -> str:
    """One template of SQL filled in for stage.<stage_table> and the batches in it.

    Args:
        text: The template.
        stage_table: The stage table, without its schema.
        batches: The batches in it, with their days.
    """
    names = ("first_day", "next_day", "delivered_on")
    days = ", ".join(f"({b.batch_id}, {', '.join(f'{literal(getattr(b, n))}::date' for n in names)})" for b in batches)
    values = {
        "{stage}": sql.Identifier("stage", stage_table).as_string(),
        "{batches}": "(select ledger.*, first_day, next_day, delivered_on from ops.batch as ledger"
        f" join (values {days}) as days (batch_id, {', '.join(names)}) using (batch_id))",
    }
    for name in names:
        cases = " ".join(f"when {b.batch_id} then {literal(getattr(b, name))}::date" for b in batches)
        values[f"{{{name}}}"] = f"(case batch_id {cases} end)"
    for template, value in values.items():
        text = text.replace(template, value)
    return text


# ---- SQL


def literal(value: object) -> str:
    """A value as SQL."""
    return sql.Literal(value).as_string()


def value_pattern_sql(value: str) -> str:
    """SQL of the pattern of a text, which shows what is wrong without the value: 0801234 -> 9999999, Lan -> Aaa; at most 40 characters."""
    for letters, sign in (("[[:digit:]]", "9"), ("(?![[:upper:]])[[:alpha:]]", "a"), ("[[:upper:]]", "A")):
        value = f"regexp_replace({value}, '{letters}', '{sign}', 'g')"
    return f"left({value}, {PATTERN_LENGTH})"


def _reported_value(contract: Contract, column: str) -> str:
    """SQL of what a message may show of a value: itself where it is a number, a date or a public code, else its pattern.

    A code is shown as it was typed: without the zeros that its reader restored.
    """
    if not column:
        return "''"
    of = contract.field(column)
    if of.type == "items":
        return "''"
    text = f"array_to_string({column}, ';')" if of.type == "list" else f"{column}::text"
    public = of.pii is None and (of.type in PUBLIC_TYPES or of.kind in PUBLIC_KINDS or bool(of.codes))
    if public and of.kind in PUBLIC_KINDS:
        restored = literal(f"{column}:leading_zero")
        text = f"case when {restored} = any(notes) then ltrim({column}, '0') else {column} end"
    return f"coalesce({text if public else value_pattern_sql(text)}, '')"


def _failing(contract: Contract, column: str, breach: str, excused: str = "false") -> str:
    return (
        f"select batch_id, row_no, {literal(column)} as column_name, {_reported_value(contract, column)} as value_pattern,"
        f" {excused} as excused from {{stage}} as s where {breach}"
    )


# ---- checks by one of our own expectations


def _no_rows_in_breach(contract: Contract, rule: Rule, column: str, breach: str) -> Check:
    references = tuple(rule.arguments.get("references", ()))
    return Check(rule, "expect_no_rows_in_breach", {"breach": breach}, _failing(contract, column, breach), references=references)


def _no_rows(contract: Contract, rule: Rule, query: str, column: str, excused: str = "false") -> Check:
    failing = (
        f"select batch_id, row_no, {literal(column)} as column_name, {_reported_value(contract, column)} as value_pattern,"
        f" {excused} as excused from ({query}) as found join {{stage}} as s using (batch_id, row_no)"
    )
    return Check(rule, "expect_query_to_return_no_rows", {"query": query}, failing)


def _no_batches(rule: Rule, query: str) -> Check:
    failing = (
        "select batch_id, 0 as row_no, '' as column_name,"
        f" left(details, {DETAILS_LENGTH}) as value_pattern, false as excused from ({query}) as found"
    )
    return Check(rule, "expect_query_to_return_no_rows", {"query": query}, failing, is_of_batch=True)


def _conditions_of_contract(contract: Contract, rule: Rule) -> list[Check]:
    return [_no_rows_in_breach(contract, rule, column, breach) for column, breach in rule.arguments["breach"].items()]


def _queries_of_contract(contract: Contract, rule: Rule) -> list[Check]:
    """A query may find a batch or row more than once, for example once for each fund; it is one breach."""
    if "batches" in rule.arguments:
        found = rule.arguments["batches"]
        query = (
            f"select batch_id, coalesce(string_agg(details, '; ' order by details), '') as details from ({found}) as each group by batch_id"
        )
        return [_no_batches(rule, query)]
    return [_no_rows(contract, rule, f"select distinct batch_id, row_no from ({rule.arguments['rows']}) as each", rule.columns[0])]


# ---- values that could not be read: the stage table has NULL, and in `issues` which column and why


def _issue_pattern(rule: Rule) -> str:
    """Pattern of the issues (`column:reason`) that a rule reports, by its columns, its reasons, or both; "" where it names neither."""
    if not rule.columns and "reasons" not in rule.arguments:
        return ""
    columns, reasons = "|".join(rule.columns) or "[^:]+", "|".join(rule.arguments.get("reasons", ())) or ".+"
    return f"({columns}):({reasons})"


def _readable(contract: Contract, rule: Rule) -> list[Check]:
    """A rule with neither columns nor reasons reports every issue that no other rule reports."""
    readers = ("expect_values_to_be_readable", "expect_column_values_to_be_in_set")
    other_patterns = filter(None, (_issue_pattern(r) for r in contract.rules if r.expectation in readers))
    pattern = _issue_pattern(rule) or f"(?!({'|'.join(other_patterns)})$).+"
    failing = (
        "select batch_id, row_no, split_part(issue, ':', 1) as column_name, split_part(issue, ':', 2) as value_pattern,"
        " false as excused from {stage} as s cross join lateral unnest(issues) as issue"
        f" where issue ~ {literal(f'^{pattern}$')}"
    )
    # one line an issue (n: ^ and $ are of lines); a subquery over the array would keep the scan from running in parallel
    breach = f"array_to_string(issues, E'\\n') ~ {literal(f'(?n)^{pattern}$')}"
    return [Check(rule, "expect_no_rows_in_breach", {"breach": breach}, failing)]


# ---- checks by expectations of Great Expectations


def _required(contract: Contract, rule: Rule) -> list[Check]:
    """A required value that was sent and could not be read is reported by the rule on readable values, not as missing."""
    return [
        Check(
            rule,
            "expect_column_values_to_not_be_null",
            {"column": of.name},
            _failing(
                contract,
                of.name,
                f"{of.name} is null",
                f"exists (select from unnest(issues) as issue where starts_with(issue, {literal(of.name + ':')}))",
            ),
        )
        for of in contract.fields
        if of.required
    ]


def _listed(contract: Contract, rule: Rule) -> list[Check]:
    """Every value is in its code list, and the reader refused none because it is in no list."""

    def check(of: Field) -> Check:
        codes = list(of.codes)
        if of.type == "list":
            return _no_rows_in_breach(contract, rule, of.name, f"not {of.name} <@ {literal(codes)}::text[]")
        failing = _failing(contract, of.name, f"{of.name} <> all ({literal(codes)}::text[])")
        return Check(rule, "expect_column_values_to_be_in_set", {"column": of.name, "value_set": codes}, failing)

    return [*_readable(contract, rule), *(check(of) for of in contract.fields if of.codes)]


def _between(contract: Contract, rule: Rule) -> list[Check]:
    bounds: dict[str, Any] = {name: rule.arguments[name] for name in ("min_value", "max_value") if name in rule.arguments}
    signs = {"min_value": "<", "max_value": ">"}

    def check(column: str) -> Check:
        breach = " or ".join(f"{column} {signs[name]} {literal(bound)}" for name, bound in bounds.items())
        failing = _failing(contract, column, breach)
        return Check(rule, "expect_column_values_to_be_between", {"column": column, **bounds}, failing)

    return [check(column) for column in rule.columns]


def _pairs(contract: Contract, rule: Rule) -> list[Check]:
    """pairs: of each the first is at least the second, where both are there."""
    return [
        Check(
            rule,
            "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_A": high, "column_B": low, "or_equal": True, "ignore_row_if": "either_value_is_missing"},
            _failing(contract, high, f"{high} < {low}"),
        )
        for high, low in rule.arguments["pairs"]
    ]


# ---- communes, as they were on the day of a record (`day`: its column); without a day, in its period

_IN_FORCE = "{0}.valid_from::date < batch.next_day and coalesce({0}.valid_to::date, 'infinity') > batch.first_day"
_IN_FORCE_ON_DAY = "{0}.valid_from::date <= record_days.day and coalesce({0}.valid_to::date, 'infinity') > record_days.day"


def _days_of_records(rule: Rule, column: str) -> tuple[str, str]:
    """SQL of a record's day, never later than its delivery, and of the distinct communes of each sender and day."""
    day = f"least({rule.arguments['day']}, {{delivered_on}})"
    return day, f"(select distinct batch_id, sender_code, {column} as code, {day} as day from {{stage}}) as record_days"


def _communes_in_force(contract: Contract, rule: Rule) -> list[Check]:
    known = (
        "select batch.period, commune.code from {batches} as batch join reference.area_unit as commune"
        f" on commune.level = 'commune' and {_IN_FORCE.format('commune')}"
    )

    def breach(column: str) -> str:
        in_period = f"(period, {column}) not in ({known})"
        if "day" not in rule.arguments:
            return in_period
        day, record_days = _days_of_records(rule, column)
        known_on_day = (
            f"select record_days.code, record_days.day from {record_days} join reference.area_unit as commune"
            f" on commune.level = 'commune' and record_days.code = commune.code and {_IN_FORCE_ON_DAY.format('commune')}"
        )
        return f"case when {rule.arguments['day']} is null then {in_period} else ({column}, {day}) not in ({known_on_day}) end"

    return [replace(_no_rows_in_breach(contract, rule, column, breach(column)), references=("area_unit",)) for column in rule.columns]


def _communes_of_sender(contract: Contract, rule: Rule) -> list[Check]:
    """For a sender that is a district; the service centre and the department report on every district."""
    elsewhere = (
        "select batch.batch_id, commune.code from {batches} as batch join reference.area_unit as district"
        f" on district.level = 'district' and district.code = batch.sender_code and {_IN_FORCE.format('district')}"
        f" join reference.area_unit as commune on commune.level = 'commune' and {_IN_FORCE.format('commune')}"
        " and commune.parent_district_code <> batch.sender_code"
    )

    def breach(column: str) -> str:
        in_period = f"(batch_id, {column}) in ({elsewhere})"
        if "day" not in rule.arguments:
            return in_period
        day, record_days = _days_of_records(rule, column)
        elsewhere_on_day = (
            f"select record_days.batch_id, record_days.code, record_days.day from {record_days} join reference.area_unit as district"
            f" on district.level = 'district' and record_days.sender_code = district.code and {_IN_FORCE_ON_DAY.format('district')}"
            f" join reference.area_unit as commune on commune.level = 'commune' and record_days.code = commune.code"
            f" and {_IN_FORCE_ON_DAY.format('commune')} and commune.parent_district_code <> record_days.sender_code"
        )
        return f"case when {rule.arguments['day']} is null then {in_period} else (batch_id, {column}, {day}) in ({elsewhere_on_day}) end"

    return [replace(_no_rows_in_breach(contract, rule, column, breach(column)), references=("area_unit",)) for column in rule.columns]


# ---- repeated records and keys


def _key(contract: Contract, table: str) -> list[str]:
    """SQL of the parts of a record's key; a part that may be empty is compared as empty text."""
    return [f"{table}.{name}" if contract.field(name).required else f"coalesce({table}.{name}, '')" for name in contract.record_key]


def _twins(contract: Contract) -> str:
    """Query of rows whose key another row of the batch has: alike (all rows of the key are one record), nth (1: the first)."""
    names = [f"key_{n}" for n in range(len(contract.record_key))]
    parts = ", ".join(f"{part} as {name}" for part, name in zip(_key(contract, "s"), names, strict=True))
    key = ", ".join(["batch_id", *names])
    present = " and ".join(f"{name} is not null" for name in contract.record_key if contract.field(name).required)
    record = ", ".join(f"s.{of.name}" for of in contract.sent_fields)
    same = " and ".join(f"{part} = repeated.{name}" for part, name in zip(_key(contract, "s"), names, strict=True))
    return (
        f"with repeated as (select s.batch_id, {parts} from {{stage}} as s where {present}"
        f" group by {key} having count(*) > 1),"
        f" twins as (select s.batch_id, s.row_no, md5(row({record})::text) as content, {', '.join(names)} from {{stage}} as s"
        f" join repeated on s.batch_id = repeated.batch_id and {same})"
        " select batch_id, row_no, min(content) over same_key = max(content) over same_key as alike,"
        f" row_number() over (partition by {key} order by row_no) as nth from twins window same_key as (partition by {key})"
    )


def _number(contract: Contract) -> str:
    """The column by which a clerk identifies a record."""
    return [name for name in contract.record_key if contract.field(name).required][-1]


def _records_unique(contract: Contract, rule: Rule) -> list[Check]:
    """Uses the query of _keys_unique, which then runs once for both: a repeated key breaks one or the other."""
    return [_no_rows(contract, rule, _twins(contract), _number(contract), excused="not alike or nth = 1")]


def _keys_unique(contract: Contract, rule: Rule) -> list[Check]:
    return [_no_rows(contract, rule, _twins(contract), _number(contract), excused="alike")]


def _keys_in_one_period(contract: Contract, rule: Rule) -> list[Check]:
    """A key that is current in another period, or is also sent in an earlier one; unless that period is replaced now."""

    def same(other: str) -> str:
        pairs = zip(_key(contract, "s"), _key(contract, other), strict=True)
        return " and ".join([f"{other}.sender_code = s.sender_code", *(f"{staged} = {compared}" for staged, compared in pairs)])

    query = (
        f"select s.batch_id, s.row_no from {{stage}} as s join core.{contract.feed} as kept on {same('kept')}"
        " where kept.recorded_to = 'infinity' and kept.period <> s.period"
        " and not exists (select from {batches} as batch where batch.sender_code = kept.sender_code and batch.period = kept.period)"
        " union"
        f" select s.batch_id, s.row_no from {{stage}} as s join {{stage}} as sent on {same('sent')} where sent.period < s.period"
    )
    return [_no_rows(contract, rule, query, rule.columns[0])]


# ---- a batch compared with an earlier one, with its typed totals, and with its own median


def _volume(contract: Contract, rule: Rule) -> list[Check]:
    """Compare with the sender's last published batch of the same kind: of the same period, or of an earlier one, where both periods
    match `periods`. least, most: times the records of the last one; fewer than from_records in both are not compared."""
    a = rule.arguments
    earlier = "false" if a.get("same_period") else f"length(other.period) = length(batch.period) and other.period ~ {literal(a['periods'])}"
    query = (
        "select batch.batch_id, last.records || ' → ' || batch.declared_records as details from {batches} as batch"
        " cross join lateral (select other.records_parsed as records from ops.batch as other"
        f" where other.feed = {literal(contract.feed)} and other.sender_code = batch.sender_code and other.batch_id <> batch.batch_id"
        " and other.published_at is not null and other.records_parsed is not null"
        f" and (other.period = batch.period and other.sequence < batch.sequence or other.period < batch.period and {earlier})"
        " order by other.period desc, other.sequence desc limit 1) as last"
        f" where batch.period ~ {literal(a['periods'])} and batch.declared_records > 0"
        f" and greatest(batch.declared_records, last.records) >= {literal(a['from_records'])}"
        f" and (batch.declared_records < {literal(a['least'])} * last.records"
        f" or batch.declared_records > {literal(a['most'])} * last.records)"
    )
    return [_no_batches(rule, query)]


def totals_counted(rule: Rule) -> str:
    """A query template: of batches with typed totals and rows, each total that may be typed, as the rows have it: batch_id, totals."""
    counted = ", ".join(f"{literal(name)}, {aggregate}" for name, aggregate in rule.arguments["totals"].items())
    return (
        f"select batch_id, jsonb_build_object({counted}) as totals from {{stage}}"
        " where batch_id in (select batch.batch_id from {batches} as batch where batch.declared_totals <> '{}') group by batch_id"
    )


def _totals(_: Contract, rule: Rule) -> list[Check]:
    """totals: name of a typed total -> aggregate of the batch's rows; other names are not compared. "hơn 1.500" is true of 1,530."""
    query = (
        f"with counted as ({totals_counted(rule)}),"
        " compared as (select batch.batch_id, typed.name, typed.value, batch.stated_totals -> typed.name as stated,"
        " coalesce((counted.totals ->> typed.name)::numeric, 0) as found"
        " from {batches} as batch cross join lateral jsonb_each(batch.declared_totals) as typed (name, value)"
        " left join counted using (batch_id)"
        f" where typed.name = any({literal(list(rule.arguments['totals']))}) and typed.value <> 'null')"
        " select batch_id, string_agg(name || ': ' || left(value #>> '{}', 40) || ' ≠ ' || found, '; ' order by name) as details"
        " from compared where not coalesce(ops.agrees(found, (stated ->> 'value')::numeric, stated ->> 'bound',"
        " (stated ->> 'step')::numeric), false) group by batch_id"
    )
    return [_no_batches(rule, query)]


def _one_unit(contract: Contract, rule: Rule) -> list[Check]:
    """Amounts that differ from the median of their batch by `factor` or more, which means another unit; with unknown_units also those
    that were not read because their unit is unknown."""

    def query(column: str) -> str:
        factor = literal(rule.arguments["factor"])
        unread = f"select batch_id, row_no from {{stage}} where {literal(f'{column}:unit_unknown')} = any(issues) union all "
        return (unread if rule.arguments.get("unknown_units") else "") + (
            f"(with typical as (select batch_id, percentile_cont(0.5) within group (order by {column}) as median"
            f" from {{stage}} where {column} > 0 group by batch_id)"
            " select s.batch_id, s.row_no from {stage} as s join typical using (batch_id)"
            f" where s.{column} > 0 and (s.{column}::float8 * {factor} <= median or s.{column} >= median * {factor}))"
        )

    return [_no_rows(contract, rule, query(column), column) for column in rule.columns]


MAKERS: dict[str, Callable[[Contract, Rule], list[Check]]] = {
    "expect_no_rows_in_breach": _conditions_of_contract,
    "expect_query_to_return_no_rows": _queries_of_contract,
    "expect_values_to_be_readable": _readable,
    "expect_column_values_to_not_be_null": _required,
    "expect_column_values_to_be_in_set": _listed,
    "expect_column_values_to_be_between": _between,
    "expect_column_pair_values_a_to_be_greater_than_b": _pairs,
    "expect_communes_to_be_in_force": _communes_in_force,
    "expect_communes_of_sender": _communes_of_sender,
    "expect_records_to_be_unique": _records_unique,
    "expect_keys_to_be_unique": _keys_unique,
    "expect_keys_in_one_period": _keys_in_one_period,
    "expect_volume_near_last": _volume,
    "expect_totals_as_declared": _totals,
    "expect_one_unit_of_money": _one_unit,
}
