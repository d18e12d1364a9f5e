"""Titles and given codes are read once and kept: a row for each distinct title (ops.title_coding) and sent code (ops.sent_code) of core."""

import hashlib
from collections.abc import Sequence
from datetime import date

import psycopg
from psycopg import sql

from labour_market.contracts import load_contracts
from labour_market.normalise.text import Unreadable, mask_personal
from labour_market.occupations.coder import code_titles, coder_version
from labour_market.occupations.codes import read_vsco
from labour_market.occupations.local import corrections, detail_code, in_use, retired
from labour_market.occupations.titles import clean_title

COUNTED = "titles_counted_to_event"
SETTLED = "title_decisions_settled"

# Where feeds carry free text about a job.
TITLES = (
    ("labour_survey", "job_text"),
    ("labour_survey", "wanted_job_text"),
    ("job_orders", "title"),
    ("fair_attendance", "wanted_job_text"),
    ("placements", "job_text"),
)
# The same with the day on which it was said; of batches that no build has taken up yet. A batch's rows are counted once.
_GATHER = """
    insert into said
    with pending as (
        select batch_id, max(event_id) > %(counted)s as is_new
        from ops.outbox
        where built_at is null
        group by batch_id
    ),

    titles as (
        select job_text as title, surveyed_on as said_on, is_new from core.labour_survey inner join pending using (batch_id)
        union all
        select wanted_job_text, surveyed_on, is_new from core.labour_survey inner join pending using (batch_id)
        union all
        select title, posted_on, is_new from core.job_orders inner join pending using (batch_id)
        union all
        select wanted_job_text, valid_from, is_new from core.fair_attendance inner join pending using (batch_id)
        union all
        select job_text, checked_on, is_new from core.placements inner join pending using (batch_id)
    )

    select title, count(*) filter (where is_new), min(said_on), max(said_on) from titles where title is not null group by title
"""

Row = tuple[str, int, date | None, date | None]


def code_new_titles(connection: psycopg.Connection) -> int:
    """Code the titles of batches that wait for a build and that nobody has coded; returns how many.

    After a change of the coder every kept title is coded again, but for those that a steward has corrected (method manual): a correction
    stays for ever, and answers for every title that reads the same. A night without a new title asks a few questions and ends. first_seen and last_seen are
    days on which the title was said; seen_count counts the rows that batches bring, those of a corrected delivery again.
    """
    version = coder_version()
    with connection.transaction():
        _gather(connection)
        connection.execute(
            "update ops.title_coding as c set seen_count = c.seen_count + said.new_times,"
            " first_seen = least(c.first_seen, said.first_said), last_seen = greatest(c.last_seen, said.last_said)"
            " from said where said.title = c.title_key and said.new_times > 0"
        )
        new: list[Row] = connection.execute(
            "select title, new_times, first_said, last_said from said"
            " where not exists (select from ops.title_coding as c where c.title_key = said.title)"
            " union all select title_key, seen_count, first_seen, last_seen from ops.title_coding"
            " where coder_version <> %s",
            [version],
        ).fetchall()
        # a number that got past the masks is nothing to keep a title under
        rows = [row for row in new if mask_personal(row[0]) == row[0]]
        if rows:
            _keep(connection, rows, version)
        return len(rows)


def read_sent_codes(connection: psycopg.Connection) -> int:
    """Read the occupation codes in batches that wait for a build as VSCO 2020, whatever feed sends them; returns how many are kept.

    Those that are kept are read again too: the lists may have changed. A code that cannot be read stands for nothing, with the reason as its note.
    """
    known = {code for (code,) in connection.execute("select sent_code from ops.sent_code")}
    for contract in load_contracts().values():
        for field in contract.sent_fields:
            if field.kind == "vsco":
                query = sql.SQL(
                    "select distinct {0} from core.{1} join ops.outbox using (batch_id) where built_at is null and {0} is not null"
                ).format(sql.Identifier(field.name), sql.Identifier(contract.feed))
                known |= {code for (code,) in connection.execute(query)}
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.sent_code (sent_code, occupation_code, level, note) values (%s, %s, %s, %s)"
            " on conflict (sent_code) do update set occupation_code = excluded.occupation_code, level = excluded.level, note = excluded.note",
            [(code, *_read(code)) for code in sorted(known)],
        )
    return len(known)


def _read(sent: str) -> tuple[str | None, int | None, str | None]:
    try:
        return read_vsco(sent)
    except Unreadable as error:
        return None, None, error.reason


def _gather(connection: psycopg.Connection) -> None:
    """The titles in batches that wait for a build, in a temporary table; new_times leaves out the batches that were counted before."""
    connection.execute(
        "create temporary table if not exists said (title text, new_times bigint, first_said date, last_said date) on commit delete rows"
    )
    row = connection.execute("select value::bigint from ops.setting where name = %s", [COUNTED]).fetchone()
    counted = row[0] if row else 0
    connection.execute(_GATHER, {"counted": counted})
    connection.execute(
        "insert into ops.setting (name, value) select %s, max(event_id)::text from ops.outbox having max(event_id) > %s"
        " on conflict (name) do update set value = excluded.value, set_at = clock_timestamp()",
        [COUNTED, counted],
    )


def settle_decisions(connection: psycopg.Connection) -> int | None:
    """Give kept titles what stewards decided since the last time: corrections and provisional codes.

    Returns how many titles changed, or None when nothing was decided. The partitions of core in which they are said go to the outbox, so
    that the build writes their facts again.
    """
    said, approved, kept = corrections(connection), in_use(connection), retired(connection)
    decided = hashlib.sha256(repr((said, approved)).encode()).hexdigest()
    row = connection.execute("select value from ops.setting where name = %s", [SETTLED]).fetchone()
    if row and row[0] == decided:
        return None
    with connection.transaction():
        changed = []
        for key, title, code, method, detail in connection.execute(
            "select title_key, title, occupation_code, method, detail_code from ops.title_coding"
        ).fetchall():
            corrected = said.get(title)
            now = corrected or code
            told = (now, "manual" if corrected else method, detail_code(title, now, approved) or (detail if detail in kept else None))
            if told != (code, method, detail):
                changed.append((*told, len(now or ""), bool(corrected), key))
        with connection.cursor() as cursor:
            cursor.executemany(
                "update ops.title_coding set occupation_code = %s, method = %s, detail_code = %s, level = %s,"
                " score = case when %s then 1 else score end where title_key = %s",
                changed,
            )
        _write_again(connection, [row[-1] for row in changed])
        connection.execute(
            "insert into ops.setting (name, value) values (%s, %s)"
            " on conflict (name) do update set value = excluded.value, set_at = clock_timestamp()",
            [SETTLED, decided],
        )
    return len(changed)


def _write_again(connection: psycopg.Connection, title_keys: list[str]) -> None:
    """Put the partitions of core in which these titles are said into the outbox."""
    for feed, column in TITLES if title_keys else ():
        connection.execute(
            sql.SQL(
                "insert into ops.outbox (batch_id, feed, sender_code, period) select max(batch_id), {}, sender_code, period from core.{}"
                " where recorded_to = 'infinity' and {} = any(%s) group by sender_code, period"
            ).format(sql.Literal(feed), sql.Identifier(feed), sql.Identifier(column)),
            [title_keys],
        )


def _keep(connection: psycopg.Connection, rows: Sequence[Row], version: str) -> None:
    said, approved = corrections(connection), in_use(connection)
    connection.execute("create temporary table if not exists coded (like ops.title_coding) on commit delete rows")
    codings = code_titles([title for title, _, _, _ in rows])
    with connection.cursor() as cursor, cursor.copy("copy coded from stdin") as copy:
        for (title, times, first, last), coding in zip(rows, codings, strict=True):
            clean = clean_title(title)
            answer = (coding.code, coding.level, coding.method, coding.score)
            if clean in said:
                answer = (said[clean], len(said[clean]), "manual", 1.0)
            copy.write_row((title, clean, *answer, version, first, last, times, detail_code(clean, answer[0], approved)))
    moved = connection.execute(
        "select title_key from coded join ops.title_coding as kept using (title_key)"
        " where (coded.occupation_code, coded.detail_code) is distinct from (kept.occupation_code, kept.detail_code)"
    ).fetchall()
    connection.execute(
        "insert into ops.title_coding select * from coded on conflict (title_key) do update set title = excluded.title,"
        " occupation_code = excluded.occupation_code, level = excluded.level, method = excluded.method, score = excluded.score,"
        " coder_version = excluded.coder_version,"
        " detail_code = coalesce(excluded.detail_code, case when title_coding.detail_code = any(%s) then title_coding.detail_code end)",
        [sorted(retired(connection))],
    )
    _write_again(connection, [key for (key,) in moved])
