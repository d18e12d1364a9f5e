"""What each role may do: every role, schema and verb against a golden file, and the same tried as each role."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from labour_market.database import ROLES, access, analysts, connect, dsn
from labour_market.database.readers import READERS, enforce_limits
from psycopg import errors, sql

from tests.conftest import Server

GOLDEN = Path(__file__).parents[1] / "fixtures" / "rights.txt"
VERBS = ("select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain")
DISTRICT_ANALYST = "analyst_794"
EVERY_ROLE = (*ROLES, DISTRICT_ANALYST)
COLUMN_VERBS = ("select", "insert", "update", "references")
HIDDEN_TITLES = ["nuôi chồn hương của ông Mô Phỏng", "thầy cúng xóm Giả Lập", "làm cho chị Thử Nghiệm 0912000111"]
FREQUENT_TITLE = "xoay xở linh tinh qua ngày"


@pytest.fixture(scope="module")
def filled(clone) -> Iterator[str]:
    """A warehouse with hidden titles, a hidden cell and a hidden vintage; no test changes it."""
    with pytest.MonkeyPatch.context() as patch, clone() as warehouse:
        patch.setenv("WAREHOUSE_DSN", warehouse)
        with connect("loader") as loader:
            loader.execute("create table stage.employers__test (employer_no text)")
            loader.cursor().executemany(
                "insert into ops.title_coding (title_key, title, level, method, score, coder_version, seen_count)"
                " values (%s, %s, 0, 'none', 0, 'test', %s)",
                [*((title, title, 1) for title in HIDDEN_TITLES), (FREQUENT_TITLE, FREQUENT_TITLE, 40)],
            )
        with connect("transformer") as transformer:
            for number, hidden in ((3, True), (77, False)):
                transformer.execute(
                    "insert into indicators.indicator_cell (subject, metric, period_kind, period, area_mode, area_code, area,"
                    " breakdown, numerator, value, persons, is_suppressed)"
                    " values ('test', 'placements', 'year', '2023', 'as_reported', %s, 'x', 'all', %s, %s, %s, %s)",
                    [f"area {number}", number, number, number, hidden],
                )
        analysts.add("794", "test")
        yield warehouse
        analysts.remove("794")


def rights_of(connection: psycopg.Connection) -> list[str]:
    """One line for each role and schema: its rights on the schema, and on the relations and functions in it."""
    lines = []
    for role in EVERY_ROLE:
        for schema in (*access.SCHEMAS, "public"):
            usage, create = connection.execute(
                "select has_schema_privilege(%(role)s, %(schema)s, 'usage'), has_schema_privilege(%(role)s, %(schema)s, 'create')",
                {"role": role, "schema": schema},
            ).fetchone() or (None, None)
            cells = [f"usage={'yes' if usage else 'no'}", f"create={'yes' if create else 'no'}"]
            cells += [f"{verb}={_relations(connection, role, schema, verb)}" for verb in VERBS]
            lines.append(" ".join([role, schema, *cells]))
        database = [
            verb
            for verb in ("connect", "create", "temporary")
            if connection.execute("select has_database_privilege(%s, current_database(), %s)", [role, verb]).fetchone() == (True,)
        ]
        other = connection.execute(
            "select count(*) from pg_database where datname in ('postgres', 'template1') and has_database_privilege(%s, oid, 'connect')",
            [role],
        ).fetchone()
        attributes, member = connection.execute(
            "select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls,"
            " exists (select from pg_auth_members where member = pg_roles.oid) from pg_roles where rolname = %s",
            [role],
        ).fetchone() or (None, None)
        lines.append(
            f"{role} database {','.join(database)} maintenance_databases={other and other[0]} attributes={attributes} member={member}"
        )
        for kind, pattern in (
            ("advisory", "^pg_(try_)?advisory_"),
            ("large_object", "^(lo_|loread$|lowrite$)"),
            ("end_sessions", "^pg_(cancel|terminate)_backend$"),
        ):
            granted = connection.execute(
                "select count(*) filter (where has_function_privilege(%s, oid, 'execute')), count(*) from pg_proc"
                " where pronamespace = 'pg_catalog'::regnamespace and proname ~ %s",
                [role, pattern],
            ).fetchone()
            assert granted and granted[1] > 0
            lines.append(f"{role} {kind} functions={'none' if granted[0] == 0 else 'all' if granted[0] == granted[1] else granted[0]}")
    return lines


def _relations(connection: psycopg.Connection, role: str, schema: str, verb: str) -> str:
    """all, none, or the relations of a schema on which a role has a right; with a plus sign where it is a right on some columns."""
    rows = connection.execute(
        "select relname, has_table_privilege(%(role)s, oid, %(verb)s),"
        " case when %(of_column)s then has_any_column_privilege(%(role)s, oid, %(column_verb)s) else false end"
        " from pg_class where relnamespace = to_regnamespace(%(schema)s) and relkind in ('r', 'v', 'm', 'p', 'f') order by relname",
        {
            "role": role,
            "schema": schema,
            "verb": verb,
            "of_column": verb in COLUMN_VERBS,
            "column_verb": verb if verb in COLUMN_VERBS else "select",
        },
    ).fetchall()
    names = [name if complete else f"{name}+" for name, complete, partial in rows if complete or partial]
    if not names:
        return "none"
    return "all" if len(names) == len(rows) and not any("+" in name for name in names) else ",".join(names)


def test_every_right_of_every_role_is_the_one_in_the_golden_file(filled):
    with psycopg.connect(filled) as admin:
        found = rights_of(admin)
    expected = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert found == expected, "a right changed; if that is meant, the golden file changes in the same commit:\n" + "\n".join(found)


ATTEMPTS = {
    "select": "select from {relation} limit 0",
    "insert": "insert into {relation} default values",
    "update": "update {relation} set {column} = null where false",
    "delete": "delete from {relation} where false",
    "truncate": "truncate {relation}",
}


@pytest.mark.parametrize("role", EVERY_ROLE)
def test_what_the_golden_file_does_not_grant_is_refused_by_the_server(role, filled):
    granted = {
        tuple(line.split()[:2]): dict(cell.split("=", 1) for cell in line.split()[2:])
        for line in GOLDEN.read_text(encoding="utf-8").splitlines()
        if line.startswith(f"{role} ") and line.split()[1] in access.SCHEMAS
    }
    assert len(granted) == len(access.SCHEMAS)
    with psycopg.connect(filled) as admin:
        relations = admin.execute(
            "select nspname, relname, relkind::text, (select quote_ident(min(attname)) from pg_attribute where attrelid = pg_class.oid"
            " and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = '') from pg_class"
            " join pg_namespace on pg_namespace.oid = relnamespace where nspname = any(%s) and relkind in ('r', 'v')",
            [list(access.SCHEMAS)],
        ).fetchall()
    wrong = []
    with connect(role) as connection:
        connection.execute("set transaction read write")
        for schema, name, kind, column in relations:
            rights = granted[role, schema]
            for verb, statement in ATTEMPTS.items():
                if kind == "v" and verb != "select":
                    continue  # a view of the project cannot be written, whatever the rights
                listed = rights[verb].split(",")
                allowed = rights["usage"] == "yes" and (listed == ["all"] or name in listed or f"{name}+" in listed)
                query = sql.SQL(statement).format(relation=sql.Identifier(schema, name), column=sql.SQL(column))
                refused = _refused(connection, query)
                partly = f"{name}+" in listed
                if refused == allowed and not (partly and refused):
                    wrong.append((schema, name, verb, "refused" if refused else "allowed"))
        for schema, rights in granted.items():
            creates = sql.SQL("create table {} ()").format(sql.Identifier(schema[1], "test_of_rights"))
            if _refused(connection, creates) == (rights["create"] == "yes"):
                wrong.append((*schema, "create"))
        connection.rollback()
    assert wrong == []


def _refused(connection: psycopg.Connection, query: sql.Composable) -> bool:
    """Whether the server refuses a statement for a lack of rights; it is undone in any case."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("set local lock_timeout = '2s'")
            connection.execute(query)
    except errors.InsufficientPrivilege:
        return True
    except (errors.IntegrityError, errors.FeatureNotSupported, errors.SyntaxError):
        return False  # the rights were there, and something else was wrong
    return False


@pytest.mark.parametrize("role", (*READERS, DISTRICT_ANALYST))
@pytest.mark.parametrize(
    "statement",
    [
        "select pg_advisory_lock(hashtextextended('lmw.build', 0))",
        "select pg_try_advisory_xact_lock_shared(1, 2)",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "select pg_notify('x', 'y')",
        "select pg_logical_emit_message(false, 'x', 'y')",
        "select pg_terminate_backend(pg_backend_pid())",
        "create temporary table x ()",
        "set temp_file_limit = -1",
        "alter role bi_reader connection limit 1000",
        "set role loader",
        "set session authorization postgres",
        "create schema x",
        "copy (select 1) to '/tmp/x'",
        "select pg_read_file('postgresql.conf')",
        "select * from pg_authid",
    ],
)
def test_a_reader_has_no_right_of_the_server_that_it_does_not_need(role, statement, filled):
    with connect(role, autocommit=True) as connection, pytest.raises((errors.InsufficientPrivilege, errors.FeatureNotSupported)):
        connection.execute("set default_transaction_read_only = off")
        connection.execute(statement.encode())


@pytest.mark.parametrize("role", (*READERS, DISTRICT_ANALYST))
def test_a_reader_cannot_enter_another_database_of_the_server(role, filled, server: Server):
    for database in ("postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(dsn(role), dbname=database)


def test_a_reader_cannot_fill_the_disk_with_temporary_files(filled):
    with connect("bi_reader", autocommit=True) as connection:
        assert connection.execute("show temp_file_limit").fetchone() == ("1GB",)
        connection.execute("set work_mem = '64kB'")
    with psycopg.connect(filled, autocommit=True) as admin:
        admin.execute("alter role bi_reader set temp_file_limit = '1MB'")
    try:
        with connect("bi_reader", autocommit=True) as connection, pytest.raises(errors.ConfigurationLimitExceeded):
            connection.execute("set work_mem = '64kB'")
            connection.execute("select count(*) from (select n from generate_series(1, 500000) as n order by md5(n::text)) as sorted")
    finally:
        enforce_limits()


# A view hides rows or cells. The attacker knows the public: every view's text, every title that they care to guess.
LEAKS = {
    "a cast that fails names the value": "select * from bi.occupation_queue where title::int > 0",
    "a regular expression of the attacker": "select * from bi.occupation_queue where regexp_replace(title, '.*', title, 'g')::numeric > 0",
    "a cast of the spelling": "select * from bi.occupation_queue where most_often_sent::date is not null",
    "a division by what is hidden": "select * from bi.indicator where 1 / (numerator - 3) > 0 and area_code = 'area 3'",
    "a cast of the figure": "select * from bi.indicator where (numerator || 'x')::int > 0 and area_code = 'area 3'",
    "the function of the vintages": "select * from bi.indicator_as_of(now()) where 1 / (numerator - 3) > 0",
}


@pytest.mark.parametrize("query", LEAKS.values(), ids=LEAKS)
def test_a_condition_of_a_reader_does_not_see_what_a_view_hides(query, filled):
    with connect("bi_reader", autocommit=True) as connection:
        try:
            text = str(connection.execute(query.encode()).fetchall())
        except psycopg.Error as error:
            text = str(error)
    assert not [title for title in HIDDEN_TITLES if title[:12] in text]
    assert "division by zero" not in text
    assert "3x" not in text


def test_a_guessed_title_is_not_counted_by_explain(filled):
    """Equality is pushed through a security barrier, and `explain analyze` tells how many rows each step had."""
    plans = []
    with connect("bi_reader", autocommit=True) as connection:
        connection.execute("set max_parallel_workers_per_gather = 0")  # workers divide the rows of a list otherwise each time
        for title in (HIDDEN_TITLES[0], "một chức danh không ai viết"):
            rows = connection.execute(
                sql.SQL(
                    "explain (analyze, costs off, timing off, summary off, buffers off) select * from bi.occupation_queue where title = {}"
                ).format(title)
            )
            plans.append([line.replace(title, "TITLE").split("Memory")[0] for (line,) in rows])
    assert plans[0] == plans[1]


def test_every_view_of_bi_is_a_security_barrier(filled):
    with psycopg.connect(filled) as admin:
        views = admin.execute(
            "select relname, coalesce(reloptions, '{}') from pg_class where relnamespace = 'bi'::regnamespace and relkind = 'v'"
        ).fetchall()
    assert len(views) > 20
    assert [name for name, options in views if "security_barrier=true" not in options] == []


@pytest.fixture
def short_limits(filled, tmp_path, monkeypatch) -> Callable[[], list[str]]:
    """enforce_limits with limits of the reader that a test can wait for."""
    from labour_market.database import readers

    text = readers.LIMITS.read_text(encoding="utf-8")
    for limit, short in (("30s", "300ms"), ("60s", "300ms"), ("5min", "2s"), ("1h", "2s")):
        assert f"'{limit}'" in text
        text = text.replace(f"'{limit}'", f"'{short}'")
    path = tmp_path / "limits.sql"
    path.write_text(text, encoding="utf-8")
    monkeypatch.setattr(readers, "LIMITS", path)
    yield enforce_limits
    monkeypatch.undo()
    enforce_limits()


@pytest.mark.parametrize(
    ("lifted", "action", "waits"),
    [
        ("set statement_timeout = 0", "select pg_sleep(60)", 0.6),
        ("set idle_in_transaction_session_timeout = 0", "begin; select 1", 0.6),
        ("set transaction_timeout = 0; set idle_in_transaction_session_timeout = 0", "begin; select 1", 2.5),
        ("set idle_session_timeout = 0", "select 1", 2.5),
    ],
)
def test_a_reader_who_lifts_a_limit_is_ended(lifted, action, waits, filled, short_limits):
    short_limits()
    with connect("bi_reader", autocommit=True) as lifting:
        lifting.execute(lifted.encode())
        pid = lifting.info.backend_pid
        lifting.pgconn.send_query(action.encode())
        time.sleep(waits)
        with connect("bi_reader", autocommit=True) as honest:
            ended = short_limits()
            assert [line.split(" was ")[0] for line in ended] == [f"session {pid} of bi_reader"]
            assert honest.execute("select 1").fetchone() == (1,)
        with psycopg.connect(filled, autocommit=True) as admin:
            for _ in range(50):
                if admin.execute("select count(*) from pg_stat_activity where pid = %s", [pid]).fetchone() == (0,):
                    break
                time.sleep(0.1)
            else:
                pytest.fail("the session is still there")
        lifting.close()


def test_a_limit_that_a_reader_set_otherwise_for_the_role_is_set_again(filled):
    with connect("bi_reader", autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute("alter role bi_reader set statement_timeout = 0")
        connection.execute("alter role bi_reader set search_path = pg_catalog")
        database = connection.info.dbname
        connection.execute(sql.SQL("alter role bi_reader in database {} set idle_session_timeout = 0").format(sql.Identifier(database)))
    assert enforce_limits() == []
    with connect("bi_reader", autocommit=True) as connection:
        limits = [
            connection.execute(f"show {name}".encode()).fetchone() for name in ("statement_timeout", "idle_session_timeout", "search_path")
        ]
    assert limits == [("30s",), ("1h",), ("bi",)]
