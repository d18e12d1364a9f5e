"""Every released warehouse comes to this release with all its rows and the same figures.

tests/fixtures/releases has a dump of each release, made by make.sh there: roles, schemas and a small simulated night, without passwords.
"""

import lzma
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from labour_market import transform
from labour_market.database import migrations, provision
from labour_market.local_stack import stack
from labour_market.local_stack.postgres import server_program, start_server, stop_server
from psycopg import conninfo, sql

from tests.conftest import free_port

RELEASES = sorted((Path(__file__).parents[1] / "fixtures" / "releases").glob("*.sql.xz"))
KEPT_SCHEMAS = ["core", "ops", "quarantine", "vault", "vintages"]
# tables of a build, not of a record: what a build does next, and the digests that it compares
WORK_TABLES = {"ops.build_scope", "ops.setting", "ops.alembic_version"}
REBUILT_COLUMNS = {"built_at", "first_seen", "last_seen", "seen_count"}  # written by each build
CLOCK_VIEWS = {"bi.batch_freshness"}
BUILD_VIEWS = {"bi.vintage_batch"}  # each build adds rows
# a figure of an area that is not received is a row now
MORE_ROWS = {"bi.indicator", "bi.indicator_vintage", "bi.placements", "bi.occupation_coding_quality", "vintages.fct_report_indicator"}
FEWER_ROWS = {"bi.occupation_queue"}  # a title with an unknown word may name a person and is no longer shown
FREE_TEXT = {("bi.occupation_queue", "most_often_sent"), ("bi.typed_total", "as_typed")}  # less of it is shown, for the same reason
# texts of bi.metric_definition that describe a metric and are no figure
DESCRIPTIONS = {"label_en", "numerator", "denominator", "definition_vi", "definition_en", "known_traps", "feeds"}
# columns that have another name since a release
RENAMED = {("bi.stated_figure", "said_of"): "time_reference", ("quarantine.rejected_row", "value_class"): "value_pattern"}
# metrics with another definition than in a release, and the views with columns of them
REDEFINED = [
    "employed", "seekers_surveyed", "openings_planned", "openings_ordered", "tension_planned", "counselling_coverage_a",
    "counselling_coverage_b", "poor_household_coverage", "poor_households_without_placement", "filled_within_90_days",
    "placed_within_90_days", "openings_stock", "jobseekers_stock", "tension", "lost_m3", "sustained_m3",
]  # fmt: skip
REDEFINED_VIEWS = {
    "bi.counselling_coverage", "bi.job_market", "bi.placement_outcomes", "bi.poor_household_coverage", "bi.provincial_trades",
    "bi.supply_demand_by_occupation",
}  # fmt: skip
Rows = dict[str, dict[str, int]]  # of each relation: how often each row occurs, by its hash


@dataclass(frozen=True)
class Upgraded:
    """A server with the upgraded warehouse of a release, and what it held before: rows by relation, and the columns of each relation."""

    login: str
    rows: Rows
    columns: dict[str, list[str]]
    figures: Rows
    past: set[str]
    metrics: list[str]
    changes: list[str]


def columns_of(admin: psycopg.Connection, schemas: list[str]) -> dict[str, list[str]]:
    """The columns of each table or view whose values a build does not change."""
    found: dict[str, list[str]] = {}
    for relation, column in admin.execute(
        "select format('%%s.%%s', table_schema, table_name), column_name from information_schema.columns"
        " where table_schema = any(%s) order by 1, 2",
        [schemas],
    ):
        if (relation == "bi.metric_definition" and column in DESCRIPTIONS) or (relation, column) in FREE_TEXT:
            continue
        if relation not in WORK_TABLES | CLOCK_VIEWS | REDEFINED_VIEWS and column not in REBUILT_COLUMNS:
            found.setdefault(relation, []).append(column)
    return found


def rows_of(admin: psycopg.Connection, columns: dict[str, list[str]], metrics: list[str]) -> Rows:
    """How often each row of each relation occurs, by a hash of these columns in this order; of some metrics."""
    rows: Rows = {}
    for relation, names in columns.items():
        defined = sql.SQL("metric = any(%s)" if "metric" in names else "%s::text[] is not null")
        query = sql.SQL("select md5(row({})::text) as hash, count(*) from {} where {} group by 1").format(
            sql.SQL(", ").join(map(sql.Identifier, names)), sql.Identifier(*relation.split(".")), defined
        )
        rows[relation] = dict(admin.execute(query, [metrics]).fetchall())
    return rows


def past_of_redefined(admin: psycopg.Connection) -> set[str]:
    """What a release had as the figures of the redefined metrics."""
    query = "select md5((to_jsonb(known) - 'known_to' - 'status')::text) from vintages.fct_report_indicator as known where metric = any(%s)"
    return {digest for (digest,) in admin.execute(query, [REDEFINED])}


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.name.split(".")[0])
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    """A server of its own with the warehouse of that release, after `lmw prepare` and `lmw build` of this one."""
    home = tmp_path_factory.mktemp("release")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMW_HOME", str(home))
        patch.setenv("LMW_PG_PORT", str(free_port()))
        for name in ("WAREHOUSE_DSN", "LMW_SENDERS", "LMW_LANDING"):
            patch.delenv(name, raising=False)
        server = start_server(home)
        try:
            login = conninfo.make_conninfo(server, dbname="warehouse")
            with psycopg.connect(server, autocommit=True) as admin:
                admin.execute("create database warehouse")
            subprocess.run(
                [str(server_program("psql")), "-d", login, "-q", "-v", "ON_ERROR_STOP=1"],
                input=lzma.decompress(request.param.read_bytes()),
                stdout=subprocess.DEVNULL,
                check=True,
            )
            with psycopg.connect(login, autocommit=True) as admin:
                admin.execute("set timezone to utc")
                columns, figures = columns_of(admin, KEPT_SCHEMAS), columns_of(admin, ["bi"])
                known = [metric for (metric,) in admin.execute("select metric from bi.metric_definition") if metric not in REDEFINED]
                rows, past = rows_of(admin, columns, known), past_of_redefined(admin)
                before = Upgraded(login, rows, columns | figures, rows_of(admin, figures, known), past, known, [])
            assert sum(before.rows["vintages.fct_report_indicator"].values()) > 5_000
            lines: list[str] = []
            stack.prepare(progress=lines.append)
            transform.build()
            yield Upgraded(login, before.rows, before.columns, before.figures, before.past, known, lines)
        finally:
            stop_server(home)


@pytest.fixture
def admin(upgraded: Upgraded) -> Iterator[psycopg.Connection]:
    with psycopg.connect(upgraded.login, autocommit=True) as connection:
        connection.execute("set timezone to utc")
        yield connection


def columns_now(upgraded: Upgraded, relations: Rows) -> dict[str, list[str]]:
    """The columns that relations of the release have, by the names of today."""
    return {relation: [RENAMED.get((relation, column), column) for column in upgraded.columns[relation]] for relation in relations}


def test_every_row_of_the_release_is_still_there(upgraded, admin):
    after = rows_of(admin, columns_now(upgraded, upgraded.rows), upgraded.metrics)
    lost = {
        relation: len(rows.keys() - after[relation].keys())
        for relation, rows in upgraded.rows.items()
        if rows.keys() - after[relation].keys()
    }
    assert lost == {}
    recorded = [relation for relation in upgraded.rows if relation.startswith(("core.", "vault.", "quarantine.", "vintages."))]
    assert len(recorded) >= 14
    same = [relation for relation in recorded if relation not in MORE_ROWS]
    assert {relation: after[relation] for relation in same} == {relation: upgraded.rows[relation] for relation in same}


def test_what_was_known_of_a_redefined_metric_is_still_known(upgraded, admin):
    """Its last figures of the release have ended, since the build counts others."""
    assert upgraded.past and upgraded.past <= past_of_redefined(admin)


def test_every_figure_is_the_same(upgraded, admin):
    after = rows_of(admin, columns_now(upgraded, upgraded.figures), upgraded.metrics)
    assert sum(upgraded.figures["bi.indicator"].values()) > 5_000
    differing = {relation for relation, rows in upgraded.figures.items() if after[relation] != rows}
    assert differing <= BUILD_VIEWS | FEWER_ROWS | MORE_ROWS
    assert all(after[relation].keys() <= upgraded.figures[relation].keys() for relation in FEWER_ROWS)
    assert all(
        upgraded.figures[relation].keys() <= after[relation].keys() for relation in BUILD_VIEWS | (MORE_ROWS & upgraded.figures.keys())
    )


def test_an_upgraded_database_has_the_schema_of_a_new_one(upgraded, admin):
    """Compared by pg_dump, which shows tables, types, constraints, indexes, functions, comments, owners and rights."""

    def dump(login: str) -> set[str]:
        schemas = [f"--schema={name}" for name in migrations.VERSIONED_SCHEMAS]
        options = ["--schema-only", *schemas]
        done = subprocess.run([str(server_program("pg_dump")), "-d", login, *options], capture_output=True, text=True, check=True)
        lines = [line for line in done.stdout.splitlines() if not line.startswith(("--", "\\"))]
        return {statement.strip() for statement in re.split(r"\n\n|\n(?=GRANT|REVOKE)", "\n".join(lines))}

    with pytest.MonkeyPatch.context() as patch:
        new = conninfo.make_conninfo(upgraded.login, dbname="new_warehouse")
        patch.setenv("WAREHOUSE_DSN", new)
        provision()
        assert dump(upgraded.login) ^ dump(new) == set()
        with psycopg.connect(new) as other:
            schemas = (
                "select nspname, nspowner::regrole::text, array(select unnest(nspacl)::text order by 1) from pg_namespace"
                " where nspname !~ '^pg_(toast|temp)' order by 1"
            )
            defaults = (
                "select defaclrole::regrole::text, defaclnamespace::regnamespace::text, array(select unnest(defaclacl)::text order by 1)"
                " from pg_default_acl order by 1, 2"
            )
            database = "select array(select unnest(datacl)::text order by 1) from pg_database where datname = current_database()"
            for query in (schemas, defaults, database):
                assert admin.execute(query).fetchall() == other.execute(query).fetchall()


def test_the_upgrade_says_what_it_did_and_is_done_once(upgraded):
    assert any(line.startswith(f"schema: revision {migrations.revisions()[-1]}") for line in upgraded.changes)
    assert not any("0001" in line for line in upgraded.changes)
    assert provision() == []
