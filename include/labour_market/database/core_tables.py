"""Tables of core are compared with the contracts: each difference is a recorded change, or a refusal with the step to take."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg import sql
from psycopg.errors import DependentObjectsStillExist, FeatureNotSupported
from psycopg.rows import class_row

from labour_market.contracts import Contract, load_contracts
from labour_market.database.dependents import ViewConflictError, views_recreated
from labour_market.database.lock_timeout import retry_on_lock_timeout, with_lock_timeout
from labour_market.database.sql_files import read_sql
from labour_market.database.tables import (
    CORE_CONTROL,
    control_names,
    core_column,
    core_comment,
    core_comments,
    core_index_statement,
    core_indexes,
    core_table,
)
from labour_market.errors import LabourMarketError

# (type in the table, type in the contract): how a value is converted. Anything else is not a wider type: a revision must convert it.
WIDER = {
    ("smallint", "bigint"): "{}::bigint",
    ("integer", "bigint"): "{}::bigint",
    ("smallint", "text"): "{}::text",
    ("integer", "text"): "{}::text",
    ("bigint", "text"): "{}::text",
    ("character varying", "text"): "{}::text",
    ("character", "text"): "{}::text",
    ("date", "text"): "to_char({}, 'YYYY-MM-DD')",
}
SAME_TYPE = {"timestamptz": "timestamp with time zone"}  # names of ours for PostgreSQL's
NO_LONGER = "không còn trong hợp đồng | no longer in the contract since version"
LOG = logging.getLogger(__name__)


class ContractConflictError(LabourMarketError):
    """A contract and its table in core contradict each other, and a person must decide what becomes of the rows."""


@dataclass(frozen=True)
class CoreTable:
    """A table of core in the catalog. columns: type, not_null and description of each; indexes: columns and is_key of each."""

    feed: str
    description: str | None
    columns: dict[str, dict[str, Any]]
    indexes: dict[str, dict[str, Any]] | None


@dataclass(frozen=True)
class Change:
    """A statement that brings core.<feed> to its contract. rewrites: views on the table are created again around it."""

    contract: Contract
    statement: sql.Composed
    rewrites: bool = False
    recorded: bool = True


def differ(connection: psycopg.Connection) -> bool:
    """Whether a table of core differs from its contract. Only reads; warns of tables without a contract.

    Raises:
        ContractConflictError: A person must decide on a difference.
    """
    contracts = load_contracts()
    rows = connection.execute("select relname from pg_class where relnamespace = 'core'::regnamespace and relkind in ('r', 'p') order by 1")
    for (feed,) in rows.fetchall():
        if feed not in contracts:
            LOG.warning("the table core.%s has no contract: nothing loads or builds it, and it is left as it is", feed)
    return bool(_changes(connection, contracts.values()))


def differing(connection: psycopg.Connection, contracts: Iterable[Contract]) -> list[str]:
    """The feeds whose table has other columns, types or indexes than its contract. Only reads.

    Raises:
        ContractConflictError: A person must decide on a difference.
    """
    return sorted({change.contract.feed for change in _changes(connection, contracts) if change.recorded})


def apply(admin: psycopg.Connection, login: str) -> list[str]:
    """Bring the tables of core to their contracts, a feed in one transaction, and record each change in ops.core_change.

    Args:
        admin: a connection of the administrator that holds the lock on provisioning.
        login: the same login, for a connection with a lock timeout.

    Returns:
        A line for each change of a table's structure; comments are not listed.

    Raises:
        ContractConflictError: contracts contradict their tables; nothing is changed, and the message gives the step to take for each.
        SchemaLockedError: other sessions hold locks for too long.
    """
    done = []
    for feed_changes in _by_feed(_changes(admin, load_contracts().values())):
        retry_on_lock_timeout(admin, partial(_apply, login, feed_changes))
        for change in feed_changes:
            if change.recorded:
                done.append(f"core: {change.statement.as_string(admin)}")
                LOG.info(done[-1])
    return done


def _apply(login: str, changes: list[Change]) -> None:
    with psycopg.connect(with_lock_timeout(login), application_name="lmw-migrations") as connection:
        for change in changes:
            feed = change.contract.feed
            try:
                with views_recreated(connection, f"core.{feed}") if change.rewrites else nullcontext():
                    connection.execute("set local role loader")
                    connection.execute(change.statement)
                    connection.execute("reset role")
            except ViewConflictError as error:
                raise ContractConflictError(f"core.{feed} cannot be changed to its contract: {error}") from error
            except psycopg.DataError as error:  # of a materialized view; the message of the server quotes values
                raise ContractConflictError(
                    f"core.{feed} cannot be changed to its contract by {change.statement.as_string(connection)!r}: a view cannot be"
                    f" filled again ({type(error).__name__}); change or drop the materialized views that read the column first"
                ) from None
            except (psycopg.ProgrammingError, psycopg.NotSupportedError, psycopg.IntegrityError, DependentObjectsStillExist) as error:
                reasons = [error.diag.message_primary]
                if isinstance(error, DependentObjectsStillExist | FeatureNotSupported):
                    reasons.append(error.diag.message_detail)  # names objects only; the detail of other errors quotes values
                raise ContractConflictError(
                    f"core.{feed} cannot be changed to its contract by {change.statement.as_string(connection)!r}:"
                    f" {': '.join(filter(None, reasons))}; change the rows or the objects that prevent it first"
                ) from error
            if change.recorded:
                connection.execute(
                    "insert into ops.core_change (feed, contract_version, statement) values (%s, %s, %s)",
                    [feed, change.contract.version, change.statement.as_string(connection)],
                )


def _changes(connection: psycopg.Connection, contracts: Iterable[Contract]) -> list[Change]:
    """What brings the tables to their contracts.

    Raises:
        ContractConflictError: The message names all that a person must decide.
    """
    with connection.cursor(row_factory=class_row(CoreTable)) as cursor:
        tables = {table.feed: table for table in cursor.execute(read_sql(__package__, "core_tables"))}
    changes: list[Change] = []
    conflicts: list[str] = []
    recorded: dict[str, list[str]] = dict(
        connection.execute("select feed, array_agg(distinct contract_version) from ops.core_change group by feed").fetchall()
    )
    for contract in contracts:
        table = tables.get(contract.feed) or CoreTable(contract.feed, None, {}, {})
        conflicts += _newer_versions(contract, recorded.get(contract.feed, []))
        conflicts += _conflicts(contract, table) if table.columns else []
        changes += _changes_of_table(contract, table)
    if conflicts:
        raise ContractConflictError(f"core differs from its contracts: {'; '.join(conflicts)}; see docs/operations.md, Upgrading")
    return changes


def _newer_versions(contract: Contract, recorded: list[str]) -> Iterator[str]:
    """An older release would record that fields of the newer contract left it."""
    newest = max([contract.version, *recorded], key=_version_order)
    if _version_order(newest) > _version_order(contract.version):
        yield f"core.{contract.feed} was changed by contract {newest} and this release has {contract.version}: use the newer release"


def _version_order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def _conflicts(contract: Contract, table: CoreTable) -> Iterator[str]:
    """What a person must decide, a sentence each."""
    name, version = f"core.{table.feed}", f"contract {contract.version}"
    for control in CORE_CONTROL:
        column, wanted = control.split(" ", 1)
        existing = table.columns.get(column)
        if existing is None or _type(wanted.split(" not null")[0]) != existing["type"]:
            yield f"{name} has no control column {column} of type {wanted.split(' not null')[0]}: write a revision that adds or converts it"
    for field in contract.core_fields:
        existing = table.columns.get(field.name)
        if existing and existing["type"] != _type(field.postgres_type) and (existing["type"], field.postgres_type) not in WIDER:
            yield (
                f"{name}.{field.name} is {existing['type']} and {version} has {field.postgres_type}, which is no wider type:"
                " write a revision that converts the column"
            )
    for field in contract.fields:
        if field.pii == "direct" and field.name in table.columns:
            yield (
                f"{name}.{field.name} exists and is a direct identifier in {version}, which core must not hold:"
                " write a revision that drops the column"
            )
    key = core_indexes(contract)[0]
    existing = (table.indexes or {}).get(key.name)
    if existing and set(existing["columns"]) != set(key.columns):
        yield (
            f"{name} has the key ({', '.join(existing['columns'])}) and {version} has ({', '.join(key.columns)}):"
            f" write a revision that brings the rows to the new key and makes the index {key.name} again"
        )


def _changes_of_table(contract: Contract, table: CoreTable) -> Iterator[Change]:
    """The table itself or its new and wider columns, then its indexes and comments."""
    if table.columns:
        yield from _column_changes(contract, table)
    else:
        yield Change(contract, core_table(contract))
    yield from _index_changes(contract, table)
    yield from _comment_changes(contract, table)


def _column_changes(contract: Contract, table: CoreTable) -> Iterator[Change]:
    for field in contract.core_fields:
        existing = table.columns.get(field.name)
        if existing is None:
            yield Change(contract, core_column(contract, field))
        elif existing["type"] != _type(field.postgres_type):
            conversion = WIDER.get((existing["type"], field.postgres_type), "{}")
            yield Change(
                contract,
                sql.SQL("alter table {} alter column {} type {} using {}").format(
                    sql.Identifier("core", table.feed),
                    sql.Identifier(field.name),
                    sql.SQL(field.postgres_type),
                    sql.SQL(conversion).format(sql.Identifier(field.name)),
                ),
                rewrites=True,
            )


def _index_changes(contract: Contract, table: CoreTable) -> Iterator[Change]:
    for index in core_indexes(contract):
        existing = (table.indexes or {}).get(index.name)
        if existing and existing["is_valid"] and tuple(existing["columns"]) == index.columns and existing["is_key"] == index.is_key:
            continue
        if existing:
            yield Change(contract, sql.SQL("drop index {}").format(sql.Identifier("core", index.name)))
        yield Change(contract, core_index_statement(index))


def _comment_changes(contract: Contract, table: CoreTable) -> Iterator[Change]:
    """Comments by the contract. A column that left the contract is kept with its values and may be null, and its comment records that."""
    current = {"": table.description} | {name: column["description"] for name, column in table.columns.items()}
    for name, text in core_comments(contract).items():
        if current.get(name) != text:
            yield Change(contract, core_comment(table.feed, name, text), recorded=False)
    for name, column in table.columns.items():
        if name in control_names(CORE_CONTROL):
            continue
        if column["not_null"]:
            alter = "alter table {} alter column {} drop not null"
            yield Change(contract, sql.SQL(alter).format(sql.Identifier("core", table.feed), sql.Identifier(name)))
        if name not in core_comments(contract) and not (column["description"] or "").startswith(NO_LONGER):
            yield Change(contract, core_comment(table.feed, name, f"{NO_LONGER} {contract.version}"))


def _by_feed(changes: list[Change]) -> list[list[Change]]:
    feeds = dict.fromkeys(change.contract.feed for change in changes)
    return [[change for change in changes if change.contract.feed == feed] for feed in feeds]


def _type(postgres_type: str) -> str:
    return SAME_TYPE.get(postgres_type, postgres_type)
