"""Titles are coded once and kept: ops.title_coding has a row for each distinct title that core holds."""

import psycopg

from labour_market.occupations.coder import code_titles, coder_version

# Where feeds carry free text about a job, with the day on which it was said. Core holds it masked, and dbt joins on this very text.
TITLES = """
    select job_text as title, surveyed_on as said_on from core.labour_survey as r where {pending} and job_text is not null
    union all
    select wanted_job_text, surveyed_on from core.labour_survey as r where {pending} and wanted_job_text is not null
    union all
    select title, posted_on from core.job_orders as r where {pending}
    union all
    select wanted_job_text, valid_from from core.fair_attendance as r
    where {pending} and wanted_job_text is not null
"""
PENDING = """exists (
    select from ops.outbox as o where o.built_at is null and o.batch_id = r.batch_id
)"""


def code_new_titles(connection: psycopg.Connection) -> int:
    """Code the titles of batches that are not built yet and that nobody has coded; returns how many.

    After a change of the coder every kept title is coded again. A night without a new title asks two questions and ends.
    """
    version = coder_version()
    connection.execute(
        f"""
        create temporary table if not exists said (title text, times bigint, first_said date, last_said date);
        truncate said;
        insert into said
        select title, count(*), min(said_on), max(said_on) from ({TITLES.format(pending=PENDING)}) as titles group by title
        """.encode()  # noqa: S608  # both parts are constants of this module
    )
    connection.execute(
        "update ops.title_coding as c set last_seen = greatest(c.last_seen, said.last_said) from said"
        " where said.title = c.title_key and said.last_said > c.last_seen"
    )
    new = connection.execute(
        "select title, times, first_said, last_said from said where not exists ("
        " select from ops.title_coding as c where c.title_key = said.title and c.coder_version = %(version)s)"
        " union all select title_key, seen_count, first_seen, last_seen from ops.title_coding as c"
        " where coder_version <> %(version)s and not exists (select from said where said.title = c.title_key)",
        {"version": version},
    ).fetchall()
    if not new:
        return 0
    rows = [
        (title, title, coding.code, coding.level, coding.method, coding.score, version, first, last, times)
        for (title, times, first, last), coding in zip(new, code_titles([row[0] for row in new]), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.title_coding (title_key, title, occupation_code, level, method, score, coder_version, first_seen,"
            " last_seen, seen_count) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (title_key) do update set"
            " occupation_code = excluded.occupation_code, level = excluded.level, method = excluded.method,"
            " score = excluded.score, coder_version = excluded.coder_version",
            rows,
        )
    return len(rows)
