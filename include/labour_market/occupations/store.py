"""Codings are kept, so that each title is coded once: ops.title_coding has a row for each distinct title and its context, ops.sent_code
one for each occupation code that a sender gave. The contract of a feed marks the fields that are job titles, and their context.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from labour_market.batches.outbox import rebuild_partitions
from labour_market.contracts import Contract, Job, load_contract, load_contracts
from labour_market.database import read_sql
from labour_market.database.kept_settings import APPLIED_DECISIONS, COUNTED_EVENTS, keep_setting, read_setting
from labour_market.normalise.text import UnreadableValueError, mask_personal
from labour_market.occupations.coder import code_titles, coder_version
from labour_market.occupations.codes import read_vsco
from labour_market.occupations.local import corrections, detail_code, in_use, retired
from labour_market.occupations.titles import clean_title

_CODING_COLUMNS = (
    "title_key", "context", "title", "occupation_code", "level", "method", "score", "coder_version", "first_seen", "last_seen",
    "seen_count", "detail_code",
)  # fmt: skip

ReportedTitle = tuple[str, str, int, date | None, date | None]


def code_new_titles(connection: psycopg.Connection) -> int:
    """Code the titles in batches that wait for a build and have no coding yet.

    After a change of the coder all kept titles are coded again, except those that a steward has corrected (method manual): a correction
    applies to every title with the same clean form. first_seen and last_seen are days on which the title was reported; seen_count is the
    number of rows that batches brought, those of a corrected delivery included.

    Args:
        connection: Of the role transformer.

    Returns:
        The number of titles that were coded.
    """
    version = coder_version()
    with connection.transaction():
        _gather_titles(connection)
        connection.execute(read_sql(__package__, "count_reported_titles"))
        query = read_sql(__package__, "titles_to_code")
        found: list[ReportedTitle] = connection.execute(query, {"coder_version": version}).fetchall()
        titles = [row for row in found if mask_personal(row[0]) == row[0]]  # a title with an unmasked number is not kept
        if titles:
            _keep(connection, titles, version)
        return len(titles)


def read_sent_codes(connection: psycopg.Connection) -> int:
    """Read the occupation codes in batches that wait for a build as VSCO 2020, and the kept ones again, since the lists may have changed.

    A code that cannot be read is kept without an occupation code, with the reason as its note.

    Returns:
        The number of codes that are kept.
    """
    codes = {code for (code,) in connection.execute("select sent_code from ops.sent_code")}
    for contract in load_contracts().values():
        for field in contract.sent_fields:
            if field.kind == "vsco":
                query = sql.SQL(
                    "select distinct {0} from core.{1} join ops.outbox using (batch_id) where built_at is null and {0} is not null"
                ).format(sql.Identifier(field.name), sql.Identifier(contract.feed))
                codes |= {code for (code,) in connection.execute(query)}
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.sent_code (sent_code, occupation_code, level, note) values (%s, %s, %s, %s)"
            " on conflict (sent_code) do update set occupation_code = excluded.occupation_code, level = excluded.level, note = excluded.note",
            [(code, *_read(code)) for code in sorted(codes)],
        )
    return len(codes)


def apply_decisions(connection: psycopg.Connection) -> int | None:
    """Apply what stewards have decided since the last time to kept titles: corrections and provisional codes.

    The partitions of core in which the changed titles were reported go to the outbox, so that the build writes their facts again.

    Returns:
        The number of titles that changed, or None when there was no new decision.
    """
    corrected, approved, retired_codes = corrections(connection), in_use(connection), retired(connection)
    digest = hashlib.sha256(repr((corrected, approved)).encode()).hexdigest()
    if read_setting(connection, APPLIED_DECISIONS) == digest:
        return None
    with connection.transaction():
        changed = []
        for key, context, title, code, method, detail in connection.execute(
            "select title_key, context, title, occupation_code, method, detail_code from ops.title_coding"
        ).fetchall():
            correction = corrected.get(title)
            new_code = correction or code
            new_detail = detail_code(title, new_code, approved) or (detail if detail in retired_codes else None)
            coding = (new_code, "manual" if correction else method, new_detail)
            if coding != (code, method, detail):
                changed.append((*coding, len(new_code or ""), bool(correction), key, context))
        with connection.cursor() as cursor:
            cursor.executemany(
                "update ops.title_coding set occupation_code = %s, method = %s, detail_code = %s, level = %s,"
                " score = case when %s then 1 else score end where title_key = %s and context = %s",
                changed,
            )
        _rebuild_partitions(connection, {key for *_, key, _ in changed})
        keep_setting(connection, APPLIED_DECISIONS, digest)
    return len(changed)


def title_queue(connection: psycopg.Connection, limit: int) -> list[dict[str, object]]:
    """Titles that could not be coded, or not to two digits.

    Returns:
        One dict a title, most frequent first: title (as it is compared), most_often_sent, code, method, seen, first_seen, last_seen.
    """
    return connection.cursor(row_factory=dict_row).execute(read_sql(__package__, "title_queue"), {"limit": limit}).fetchall()


def _read(sent_code: str) -> tuple[str | None, int | None, str | None]:
    try:
        return read_vsco(sent_code)
    except UnreadableValueError as error:
        return None, None, error.reason


def _gather_titles(connection: psycopg.Connection) -> None:
    """Put the titles of batches that wait for a build into a temporary table; new_reports leaves out batches that were counted before."""
    connection.execute(
        "create temporary table if not exists reported_title"
        " (title text, context text, new_reports bigint, first_reported date, last_reported date) on commit delete rows"
    )
    counted_events = int(read_setting(connection, COUNTED_EVENTS) or 0)
    titles = sql.SQL(" union all ").join(query for contract in load_contracts().values() for query in _titles(contract))
    connection.execute(read_sql(__package__, "reported_titles").format(titles=titles, counted_events=sql.Literal(counted_events)))
    row = connection.execute("select max(event_id)::text from ops.outbox having max(event_id) > %s", [counted_events]).fetchone()
    if row:
        keep_setting(connection, COUNTED_EVENTS, row[0])


def _titles(contract: Contract) -> Iterator[sql.Composed]:
    """The queries that find the job titles of a feed."""
    for field in contract.sent_fields:
        if (job := field.job) is None:
            continue
        names: dict[str, sql.Composable] = {
            "title": sql.Identifier(field.name),
            "context": sql.SQL("''"),
            "reported_on": sql.Identifier(job.reported_on),
            "feed": sql.Identifier(contract.feed),
            "join_industry": sql.SQL(""),
        }
        if job.status:
            names["context"] = sql.SQL("coalesce('status:' || record.{}, '')").format(sql.Identifier(job.status))
        if job.industry_feed:
            names |= _industry_names(job, job.industry_feed)
        yield read_sql(__package__, "titles_of_feed").format(**names)
        if job.industry_feed:
            yield read_sql(__package__, "titles_of_changed_employers").format(**names)


def _industry_names(job: Job, feed: str) -> dict[str, sql.Composable]:
    """What the placeholders stand for where the context of a title is the industry in the current record of the employer."""
    names: dict[str, sql.Composable] = {
        "industry_feed": sql.Identifier(feed),
        "industry_feed_name": sql.Literal(feed),
        "industry": sql.Identifier(next(field.name for field in load_contract(feed).sent_fields if field.kind == "vsic")),
        "keys": sql.SQL(", ").join(sql.Identifier(employer_column) for employer_column, _ in job.industry_by),
        "keys_of_record": sql.SQL(", ").join(sql.Identifier("record", column) for _, column in job.industry_by),
        "key_matches": sql.SQL(" and ").join(
            sql.SQL("employer.{} = record.{}").format(sql.Identifier(employer_column), sql.Identifier(column))
            for employer_column, column in job.industry_by
        ),
    }
    names["context"] = sql.SQL("coalesce('industry:' || employer.industry, '')")
    names["join_industry"] = read_sql(__package__, "join_industry").format(**names)
    return names


def _rebuild_partitions(connection: psycopg.Connection, title_keys: Iterable[str]) -> None:
    """Put the partitions of core in which these titles were reported into the outbox."""
    titles = sorted(title_keys)
    fields = [(contract.feed, field.name) for contract in load_contracts().values() for field in contract.sent_fields if field.job]
    for feed, column in fields if titles else ():
        rebuild_partitions(connection, feed, column, titles)


def _keep(connection: psycopg.Connection, titles: Sequence[ReportedTitle], version: str) -> None:
    """Code these titles and keep the codings. A title whose code has changed is written again in the facts."""
    corrected, approved = corrections(connection), in_use(connection)
    connection.execute("create temporary table if not exists new_coding (like ops.title_coding) on commit delete rows")
    contexts = [dict([context.split(":", 1)]) if context else {} for _, context, *_ in titles]
    codings = code_titles(
        [title for title, *_ in titles],
        industry=[context.get("industry") for context in contexts],
        status=[context.get("status") for context in contexts],
    )
    columns = sql.SQL(", ").join(map(sql.Identifier, _CODING_COLUMNS))
    with connection.cursor() as cursor, cursor.copy(sql.SQL("copy new_coding ({}) from stdin").format(columns)) as copy:
        for (title, context, reports, first, last), coding in zip(titles, codings, strict=True):
            clean = clean_title(title)
            code, level, method, score = coding.code, coding.level, coding.method, coding.score
            if clean in corrected:
                code, level, method, score = corrected[clean], len(corrected[clean]), "manual", 1.0
            detail = detail_code(clean, code, approved)
            copy.write_row((title, context, clean, code, level, method, score, version, first, last, reports, detail))
    recoded = connection.execute(
        "select distinct title_key from new_coding join ops.title_coding as kept using (title_key, context)"
        " where (new_coding.occupation_code, new_coding.detail_code) is distinct from (kept.occupation_code, kept.detail_code)"
    ).fetchall()
    connection.execute(read_sql(__package__, "keep_codings"), {"retired_codes": sorted(retired(connection))})
    connection.execute("analyze ops.title_coding")
    _rebuild_partitions(connection, [key for (key,) in recoded])
