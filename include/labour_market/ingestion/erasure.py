"""Erasure of a person: requested by one person, approved by another.

Of an erased person the warehouse keeps the pseudonym in vault.erased_person, so that no load or replay brings the person back, and
empty records in core, so that every announced record stays accounted for. The files that name the person are destroyed: their other
rows stay in core, and no replay reads them again (docs/decisions/0025-erasure-destroys-the-files.md).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from labour_market.batches import ledger
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Batch, Finding
from labour_market.batches.states import OPEN_STATES
from labour_market.contracts import Contract, load_contracts
from labour_market.database import connect, read_sql
from labour_market.database.locks import feed_load, transaction_lock
from labour_market.errors import UsageError
from labour_market.ingestion.person_search import Named, PersonSearch
from labour_market.ingestion.pseudonyms import folded_name, load_pseudonym_key, person_key
from labour_market.ingestion.reader import Reader
from labour_market.ingestion.staging import drop_stage_tables
from labour_market.logs import log_stage
from labour_market.settings import Settings, load_settings

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Erased:
    """What an erasure took away: rows of the vault, records of core, files of the landing store.

    unclear_files: files of which it is not known whether they name the person; each is a finding, for a person to look into.
    """

    vault_rows: int
    core_rows: int
    files: int
    unclear_files: int


def pseudonym_of(number: str, settings: Settings | None = None) -> str:
    """The pseudonym of a citizen number of 12 digits, or of an old one of 9.

    Raises:
        UsageError: It is no such number. The message does not quote it.
    """
    digits = "".join(filter(str.isdigit, number))
    kind = {12: "national_id", 9: "old_id"}.get(len(digits))
    if kind is None:
        raise UsageError("a citizen number has 12 digits, an old one 9")
    return person_key(load_pseudonym_key(settings or load_settings()), kind, digits)


def request_erasure(key: str, *, by: str, because: str, legal_basis: str, settings: Settings | None = None) -> int:
    """Ask for the erasure of a person, with all pseudonyms that are linked to the person.

    Args:
        key: A pseudonym of the person.
        by: Who asks.
        because: The reason; kept in the log, so it must not name the person.
        legal_basis: The article of the law that it is based on.
        settings: Of the installation; default: of the environment.

    Returns:
        The number of the request.

    Raises:
        UsageError: There is no such person, or the reason or the legal basis is missing or names the person.
    """
    if not (because.strip() and legal_basis.strip() and by.strip()):
        raise UsageError("an erasure needs a reason, a legal basis and the name of the one who asks")
    with connect("loader", settings) as connection:
        keys = _linked(connection, key)
        entries = connection.execute("select full_name, national_id, phone from vault.person where person_key = any(%s)", [keys]).fetchall()
        if not entries and not any(_has_records(connection, contract, keys) for contract in _person_contracts()):
            raise UsageError("there is no person with this pseudonym")
        typed = folded_name(f"{because} {legal_basis}")
        if any(value and folded_name(value) in typed for entry in entries for value in entry):
            raise UsageError("the reason and the legal basis stay in the log: write them without the name and the numbers of the person")
        row = connection.execute(
            "insert into vault.erasure_request (person_keys, reason, legal_basis, requested_by) values (%s, %s, %s, %s)"
            " returning request_id",
            [keys, because.strip(), legal_basis.strip(), by.strip()],
        ).fetchone()
        assert row
        return int(row[0])


def pending_requests(settings: Settings | None = None) -> list[dict[str, Any]]:
    """The requests that wait for a decision, without the person: request_id, reason, legal_basis, requested_by, requested_at."""
    with connect("loader", settings) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select request_id, reason, legal_basis, requested_by, requested_at from vault.erasure_request order by request_id"
        ).fetchall()


def refuse_erasure(request_id: int, *, by: str, settings: Settings | None = None) -> None:
    """Refuse a request; nothing is erased.

    Args:
        request_id: The request.
        by: The person who decides; kept with the decision.
        settings: Of the installation; default: of the environment.

    Raises:
        UsageError: There is no such request, or it is one's own.
    """
    with connect("loader", settings) as connection:
        request = _take(connection, request_id, by)
        _log_decision(connection, request, by, "refused", Erased(0, 0, 0, 0))


def approve_erasure(request_id: int, *, by: str, settings: Settings | None = None) -> Erased:
    """Approve a request of another person, and erase. The next build counts the figures without the person.

    A file of which it is not known whether it names the person is kept, and is a finding.

    Args:
        request_id: The request.
        by: The person who decides; kept with the decision.
        settings: Of the installation; default: of the environment.

    Raises:
        UsageError: There is no such request, or it is one's own.
        ReaderNotStartedError: No process reads files; nothing is erased.
    """
    settings = settings or load_settings()
    with log_stage(LOG, "erase", request=request_id) as counts, connect("loader", settings) as connection:
        contracts = _person_contracts()
        with connection.transaction():
            request = _take(connection, request_id, by)
            keys: list[str] = request["person_keys"]
            for contract in contracts:  # in the order of feeds; no load publishes the person meanwhile
                transaction_lock(connection, feed_load(contract.feed))
                drop_stage_tables(connection, contract.feed, settings)  # of a load that was killed or stopped
            person = _search_of(connection, keys)
            for key in keys:
                connection.execute(
                    "insert into vault.erased_person (person_key, erased_by, reason) values (%s, %s, %s) on conflict do nothing",
                    [key, by, request["legal_basis"]],
                )
            vault_rows = sum(
                connection.execute(
                    sql.SQL("delete from vault.{} where person_key = any(%s)").format(sql.Identifier(table)), [keys]
                ).rowcount
                for table in ("person", "person_version")
            )
            named, unclear = _files_to_destroy(connection, settings, contracts, person)
            _note_unclear(connection, request_id, unclear)
            core_rows = sum(_blank(connection, contract, keys) for contract in contracts)
            connection.execute(
                "delete from ops.person_identity where alias_key = any(%(keys)s) or person_key = any(%(keys)s)", {"keys": keys}
            )
            connection.execute("delete from ops.person_link where alias_key = any(%(keys)s) or person_key = any(%(keys)s)", {"keys": keys})
            files = mark_destroyed(connection, named, "erasure")
            erased = Erased(vault_rows, core_rows, files, len(unclear))
            _log_decision(connection, request, by, "approved", erased)
        destroy_marked_files(settings)
        counts.update(vars(erased))
    return erased


def blank_erased_of_batch(connection: psycopg.Connection, contract: Contract, batch_id: int) -> int:
    """Take the values from the records that this transaction wrote of erased persons; returns their number.

    Args:
        connection: The loader's, in the transaction that publishes the batch.
        contract: Of the feed.
        batch_id: The batch.
    """
    if not _names_persons(contract) or connection.execute("select exists (select from vault.erased_person)").fetchone() == (False,):
        return 0
    condition = sql.SQL(
        "recorded.batch_id = %(batch_id)s and recorded.recorded_from = now()"
        " and recorded.person_key in (select person_key from vault.erased_person)"
    )
    return len(_execute_blank(connection, contract, condition, {"batch_id": batch_id}))


def mark_destroyed(connection: psycopg.Connection, batches: Mapping[int, str], because: str) -> int:
    """Note the files of some batches as destroyed, and take them from these batches, so that no replay asks for them.

    A file that another batch has as well, such as one that waits for a load, stays until that batch has it no longer.

    Args:
        connection: The loader's.
        batches: batch_id -> the hash of its file.
        because: Why.

    Returns:
        The number of files.
    """
    hashes = sorted(set(batches.values()))
    connection.cursor().executemany(
        "insert into ops.destroyed_file (sha256, because) values (%s, %s) on conflict (sha256) do update set destroyed_at = null",
        [(sha256, because) for sha256 in hashes],
    )
    connection.execute("update ops.batch set sha256 = null, landing_path = null where batch_id = any(%s)", [list(batches)])
    return len(hashes)


def destroy_marked_files(settings: Settings) -> int:
    """Remove the files that are noted as destroyed and are still there; also those of a run that ended abnormally. Returns their number."""
    store = LandingStore(settings.landing_url)
    with connect("loader", settings, autocommit=True) as connection:
        marked = connection.execute(
            "select sha256 from ops.destroyed_file where destroyed_at is null"
            " and not exists (select from ops.batch where batch.sha256 = destroyed_file.sha256)"
        ).fetchall()
        for (sha256,) in marked:
            store.path_of(sha256).unlink(missing_ok=True)
            connection.execute("update ops.destroyed_file set destroyed_at = clock_timestamp() where sha256 = %s", [sha256])
    return len(marked)


def _person_contracts() -> list[Contract]:
    return [contract for contract in load_contracts().values() if _names_persons(contract)]


def _names_persons(contract: Contract) -> bool:
    return any(field.name == "person_key" for field in contract.core_fields)


def _linked(connection: psycopg.Connection, key: str) -> list[str]:
    """A pseudonym with all that are linked to the same person."""
    rows = connection.execute(
        "with person as (select coalesce((select person_key from ops.person_identity where alias_key = %(key)s), %(key)s) as person_key)"
        " select person_key from person"
        " union select alias_key from ops.person_identity inner join person using (person_key)",
        {"key": key},
    ).fetchall()
    return sorted({key, *(found for (found,) in rows)})


def _has_records(connection: psycopg.Connection, contract: Contract, keys: list[str]) -> bool:
    query = sql.SQL("select exists (select from core.{} where person_key = any(%s))").format(sql.Identifier(contract.feed))
    return connection.execute(query, [keys]).fetchone() == (True,)


def _take(connection: psycopg.Connection, request_id: int, by: str) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        request = cursor.execute("delete from vault.erasure_request where request_id = %s returning *", [request_id]).fetchone()
    if request is None:
        raise UsageError(f"no request {request_id} waits for a decision")
    if folded_name(request["requested_by"]) == folded_name(by):
        raise UsageError("a person cannot approve or refuse their own request: another one decides")
    return request


def _search_of(connection: psycopg.Connection, keys: list[str]) -> PersonSearch:
    """What to look for in files, read before the person is deleted from the vault."""
    entries = connection.execute(
        "select national_id, full_name from vault.person where person_key = any(%(keys)s)"
        " union all select null, full_name from vault.person_version where person_key = any(%(keys)s)",
        {"keys": keys},
    ).fetchall()
    numbers, names = (frozenset(value for value in column if value) for column in (zip(*entries, strict=True) if entries else ((), ())))
    return PersonSearch(frozenset(keys), numbers, names)


def _log_decision(connection: psycopg.Connection, request: dict[str, Any], by: str, decision: str, erased: Erased) -> None:
    connection.execute(
        "insert into ops.erasure (request_id, decision, reason, legal_basis, requested_by, requested_at, decided_by, vault_rows, core_rows,"
        " files) values (%(request_id)s, %(decision)s, %(reason)s, %(legal_basis)s, %(requested_by)s, %(requested_at)s, %(by)s,"
        " %(vault_rows)s, %(core_rows)s, %(files)s)",
        {**request, "by": by.strip(), "decision": decision, **vars(erased)},
    )


def _blank(connection: psycopg.Connection, contract: Contract, keys: list[str]) -> int:
    """Empty the person's records of a feed, remove the coded titles that no other person has, and let the figures be built again."""
    feed = sql.Identifier(contract.feed)
    titles: set[str] = set()
    columns = [field.name for field in contract.core_fields if field.job]
    for column in columns:
        query = sql.SQL("select distinct {} from core.{} where person_key = any(%s)").format(sql.Identifier(column), feed)
        titles |= {title for (title,) in connection.execute(query, [keys]) if title}
    blanked = _execute_blank(connection, contract, sql.SQL("recorded.person_key = any(%(keys)s)"), {"keys": keys})
    connection.cursor().executemany(
        "insert into ops.outbox (batch_id, feed, sender_code, period) values (%s, %s, %s, %s)",
        [(batch_id, contract.feed, sender, period) for batch_id, sender, period in sorted(set(blanked))],
    )
    others = [
        sql.SQL("select {0} from core.{1} where {0} = any(%(titles)s)").format(sql.Identifier(field.name), sql.Identifier(other.feed))
        for other in load_contracts().values()
        for field in other.core_fields
        if field.job
    ]
    connection.execute(
        sql.SQL("delete from ops.title_coding where title_key = any(%(titles)s) and title_key not in ({})").format(
            sql.SQL(" union all ").join(others)
        ),
        {"titles": sorted(titles)},
    )
    return len(blanked)


def _execute_blank(
    connection: psycopg.Connection, contract: Contract, condition: sql.Composable, values: dict[str, Any]
) -> list[tuple[int, str, str]]:
    blanks = sql.SQL(", ").join(sql.SQL("{} = null").format(sql.Identifier(field.name)) for field in contract.core_fields)
    query = read_sql(__package__, "blank_erased_persons").format(feed=sql.Identifier(contract.feed), blanks=blanks, condition=condition)
    return connection.execute(query, values).fetchall()


def _files_to_destroy(
    connection: psycopg.Connection, settings: Settings, contracts: list[Contract], person: PersonSearch
) -> tuple[dict[int, str], list[Batch]]:
    """The batches whose file names the person; those that still wait for a load are left to it, and to a person afterwards.

    Returns:
        The batches whose file has a record of the person, with its hash; and the batches of files of which it is not known, or which
        wait for a load.
    """
    named_by: dict[int, str] = {}
    unclear: dict[str, Batch] = {}
    waiting: list[Batch] = []
    with Reader(settings) as reader:
        for contract in contracts:
            query = sql.SQL("select distinct batch_id from core.{} where person_key = any(%s)").format(sql.Identifier(contract.feed))
            in_core = {batch_id for (batch_id,) in connection.execute(query, [sorted(person.keys)])}
            partly = {
                batch_id
                for (batch_id,) in connection.execute(
                    "select batch_id from ops.batch where feed = %s and sha256 is not null"
                    " and (state <> 'published' or records_quarantined > 0 or records_duplicate > 0)",
                    [contract.feed],
                )
            }
            for batch in ledger.find_batches(connection, feed=contract.feed):
                if not batch.sha256:
                    continue
                if batch.state in OPEN_STATES:
                    if reader.search(contract, batch, person) != Named.NO:
                        waiting.append(batch)
                    continue
                named = Named.YES if batch.batch_id in in_core or batch.sha256 in named_by.values() else Named.NO
                if named == Named.NO and batch.batch_id in partly:
                    named = reader.search(contract, batch, person)
                if named == Named.YES:
                    named_by[batch.batch_id] = batch.sha256
                elif named == Named.UNCLEAR:
                    unclear[batch.sha256] = batch
    return named_by, [*waiting, *(batch for sha256, batch in unclear.items() if sha256 not in named_by.values())]


def _note_unclear(connection: psycopg.Connection, request_id: int, batches: list[Batch]) -> None:
    """Note a finding for each file that a person must look into; it does not name the erased person."""
    ledger.note_findings(
        connection,
        (),
        [
            Finding(
                "erasure_unclear",
                f"Yêu cầu xóa {request_id}: không rõ tệp của lô {batch.batch_id} có người được xóa hay không."
                f" | Erasure request {request_id}: it is not known whether the file of batch {batch.batch_id} names the person.",
                batch.feed,
                batch.sender_code,
                batch.period,
                batch.batch_id,
            )
            for batch in batches
        ],
    )


def destroy_unclear_file(finding_id: int, *, by: str, settings: Settings | None = None) -> None:
    """Destroy the file of a finding erasure_unclear, because a person found the erased person in it, and close the finding.

    Args:
        finding_id: The finding.
        by: The person who decides; kept with the decision.
        settings: Of the installation; default: of the environment.

    Raises:
        UsageError: There is no such open finding, or the batch still waits for its load.
    """
    settings = settings or load_settings()
    with connect("loader", settings) as connection:
        if (
            connection.execute(
                "select from ops.reconcile_finding where finding_id = %s and kind = 'erasure_unclear' and closed_at is null", [finding_id]
            ).fetchone()
            is None
        ):
            raise UsageError(f"finding {finding_id} is no open finding of a file that may name an erased person")
        batches = connection.execute(
            "select batch_id, sha256 from ops.batch where state <> all(%s) and sha256 = (select batch.sha256 from ops.batch"
            " inner join ops.reconcile_finding as finding using (batch_id) where finding.finding_id = %s)",
            [list(OPEN_STATES), finding_id],
        ).fetchall()
        if not batches:
            raise UsageError(f"the batch of finding {finding_id} still waits for its load, which needs the file: decide afterwards")
        mark_destroyed(connection, dict(batches), "erasure")
        ledger.close_finding(connection, finding_id, by=by, because="the file names the person and was destroyed")
    destroy_marked_files(settings)
