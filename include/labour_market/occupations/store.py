"""Titles and given codes are read once and kept: a row for each distinct title and what is known beside it (ops.title_coding), and for each
sent code (ops.sent_code) of core. Which texts of a feed are about jobs, and what is known beside them, its contract says."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import psycopg
from psycopg import sql

from labour_market.contracts import Contract, load_contract, load_contracts
from labour_market.normalise.text import UnreadableValueError, mask_personal
from labour_market.occupations.coder import code_titles, coder_version
from labour_market.occupations.codes import read_vsco
from labour_market.occupations.local import corrections, detail_code, in_use, retired
from labour_market.occupations.titles import clean_title

COUNTED = "titles_counted_to_event"
SETTLED = "title_decisions_settled"
_COLUMNS = sql.SQL(
    "title_key, context, title, occupation_code, level, method, score, coder_version, first_seen, last_seen, seen_count, detail_code"
)

# Titles of batches that no build has taken up yet, with what is known beside each and the day on which it was said. A batch's rows are counted once.
_GATHER = """
    insert into said
    with pending as (
        select batch_id, max(event_id) > %(counted)s as is_new
        from ops.outbox
        where built_at is null
        group by batch_id
    ),

    titles as ({titles})

    select title, context, count(*) filter (where is_new), min(said_on), max(said_on)
    from titles where title is not null group by title, context
"""
# Rows of a feed that came, and rows that came before of which the employer's record came now.
_OF_FEED = """
    select record.{title} as title, {context} as context, record.{said_on} as said_on, pending.is_new
    from core.{feed} as record inner join pending using (batch_id) {beside}
"""
_OF_EMPLOYER = """
    select record.{title}, {context}, record.{said_on}, false
    from core.{feed} as record {beside} inner join pending on beside.batch_id = pending.batch_id
    where record.recorded_to = 'infinity' and record.batch_id not in (select batch_id from pending)
"""
_BESIDE = """
    left join (
        select distinct on ({keys}) {keys}, {industry} as industry, batch_id from core.{told_by}
        where recorded_to = 'infinity' order by {keys}, valid_from desc, valid_to desc
    ) as beside on {by}
"""

Row = tuple[str, str, int, date | None, date | None]


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
            " from said where said.title = c.title_key and said.context = c.context and said.new_times > 0"
        )
        new: list[Row] = connection.execute(
            "select title, context, new_times, first_said, last_said from said"
            " where not exists (select from ops.title_coding as c where c.title_key = said.title and c.context = said.context)"
            " union all select title_key, context, seen_count, first_seen, last_seen from ops.title_coding"
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
    except UnreadableValueError as error:
        return None, None, error.reason


def _gather(connection: psycopg.Connection) -> None:
    """The titles in batches that wait for a build, in a temporary table; new_times leaves out the batches that were counted before."""
    connection.execute(
        "create temporary table if not exists said (title text, context text, new_times bigint, first_said date, last_said date)"
        " on commit delete rows"
    )
    row = connection.execute("select value::bigint from ops.setting where name = %s", [COUNTED]).fetchone()
    counted = row[0] if row else 0
    titles = sql.SQL(" union all ").join(part for contract in load_contracts().values() for part in _titles(contract))
    connection.execute(sql.SQL(_GATHER).format(titles=titles), {"counted": counted})
    connection.execute(
        "insert into ops.setting (name, value) select %s, max(event_id)::text from ops.outbox having max(event_id) > %s"
        " on conflict (name) do update set value = excluded.value, set_at = clock_timestamp()",
        [COUNTED, counted],
    )


def _titles(contract: Contract) -> Iterator[sql.Composed]:
    """The queries that find a feed's words about jobs."""
    for field in contract.sent_fields:
        if (job := field.job) is None:
            continue
        context: sql.Composable = sql.SQL("''")
        beside: sql.Composable = sql.SQL("")
        if job.status:
            context = sql.SQL("coalesce('status:' || record.{}, '')").format(sql.Identifier(job.status))
        if job.industry_feed:
            context = sql.SQL("coalesce('industry:' || beside.industry, '')")
            industry = next(f.name for f in load_contract(job.industry_feed).sent_fields if f.kind == "vsic")
            beside = sql.SQL(_BESIDE).format(
                keys=sql.SQL(", ").join(sql.Identifier(theirs) for theirs, _ in job.industry_by),
                industry=sql.Identifier(industry),
                told_by=sql.Identifier(job.industry_feed),
                by=sql.SQL(" and ").join(
                    sql.SQL("beside.{} = record.{}").format(sql.Identifier(theirs), sql.Identifier(ours))
                    for theirs, ours in job.industry_by
                ),
            )
        for query in (_OF_FEED, _OF_EMPLOYER) if job.industry_feed else (_OF_FEED,):
            yield sql.SQL(query).format(
                title=sql.Identifier(field.name), context=context, said_on=sql.Identifier(job.said_on),
                feed=sql.Identifier(contract.feed), beside=beside,
            )  # fmt: skip


def apply_decisions(connection: psycopg.Connection) -> int | None:
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
        for key, context, title, code, method, detail in connection.execute(
            "select title_key, context, title, occupation_code, method, detail_code from ops.title_coding"
        ).fetchall():
            corrected = said.get(title)
            now = corrected or code
            told = (now, "manual" if corrected else method, detail_code(title, now, approved) or (detail if detail in kept else None))
            if told != (code, method, detail):
                changed.append((*told, len(now or ""), bool(corrected), key, context))
        with connection.cursor() as cursor:
            cursor.executemany(
                "update ops.title_coding set occupation_code = %s, method = %s, detail_code = %s, level = %s,"
                " score = case when %s then 1 else score end where title_key = %s and context = %s",
                changed,
            )
        _write_again(connection, {key for *_, key, _ in changed})
        connection.execute(
            "insert into ops.setting (name, value) values (%s, %s)"
            " on conflict (name) do update set value = excluded.value, set_at = clock_timestamp()",
            [SETTLED, decided],
        )
    return len(changed)


def _write_again(connection: psycopg.Connection, title_keys: Iterable[str]) -> None:
    """Put the partitions of core in which these titles are said into the outbox."""
    said = sorted(title_keys)
    texts = [(contract.feed, field.name) for contract in load_contracts().values() for field in contract.sent_fields if field.job]
    for feed, column in texts if said else ():
        connection.execute(
            sql.SQL(
                "insert into ops.outbox (batch_id, feed, sender_code, period) select max(batch_id), {}, sender_code, period from core.{}"
                " where recorded_to = 'infinity' and {} = any(%s) group by sender_code, period"
            ).format(sql.Literal(feed), sql.Identifier(feed), sql.Identifier(column)),
            [said],
        )


def _keep(connection: psycopg.Connection, rows: Sequence[Row], version: str) -> None:
    said, approved = corrections(connection), in_use(connection)
    connection.execute("create temporary table if not exists coded (like ops.title_coding) on commit delete rows")
    known = [dict([context.split(":", 1)]) if context else {} for _, context, *_ in rows]
    codings = code_titles(
        [title for title, *_ in rows],
        industry=[beside.get("industry") for beside in known],
        status=[beside.get("status") for beside in known],
    )
    with connection.cursor() as cursor, cursor.copy(sql.SQL("copy coded ({}) from stdin").format(_COLUMNS)) as copy:
        for (title, context, times, first, last), coding in zip(rows, codings, strict=True):
            clean = clean_title(title)
            answer = (coding.code, coding.level, coding.method, coding.score)
            if clean in said:
                answer = (said[clean], len(said[clean]), "manual", 1.0)
            copy.write_row((title, context, clean, *answer, version, first, last, times, detail_code(clean, answer[0], approved)))
    moved = connection.execute(
        "select distinct title_key from coded join ops.title_coding as kept using (title_key, context)"
        " where (coded.occupation_code, coded.detail_code) is distinct from (kept.occupation_code, kept.detail_code)"
    ).fetchall()
    connection.execute(
        sql.SQL(
            "insert into ops.title_coding ({0}) select {0} from coded on conflict (title_key, context) do update set title = excluded.title,"
            " occupation_code = excluded.occupation_code, level = excluded.level, method = excluded.method, score = excluded.score,"
            " coder_version = excluded.coder_version,"
            " detail_code = coalesce(excluded.detail_code, case when title_coding.detail_code = any(%s) then title_coding.detail_code end)"
        ).format(_COLUMNS),
        [sorted(retired(connection))],
    )
    connection.execute("analyze ops.title_coding")
    _write_again(connection, [key for (key,) in moved])
