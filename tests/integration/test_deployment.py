"""The switch of a deployment to a changed project: readers are served throughout, and what users built stays or is named."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from labour_market.database import connect, lock_timeout, provision
from labour_market.database.lock_timeout import SchemaLockedError
from labour_market.settings import load_settings
from labour_market.transform import BuildError, deployment
from labour_market.transform.project import ForeignKey, Index, Model
from psycopg import conninfo, sql


def table(relation: str, columns: dict[str, str], key: str, *foreign_keys: ForeignKey) -> Model:
    schema, name = relation.split(".")
    return Model(name, schema, True, "", tuple(columns.items()), f"key {key}", foreign_keys, (), {"": f"{name} | table"})


def view(relation: str, query: str, **descriptions: str) -> Model:
    schema, name = relation.split(".")
    return Model(name, schema, False, query, (), "", (), (), {"": f"{name} | view", **descriptions})


AREA = table("marts.dim_area", {"area_sk": "bigint", "name": "text"}, "area_sk")
PLAN = table(
    "marts.fct_plan", {"plan_sk": "bigint", "area_sk": "bigint", "planned": "bigint"}, "plan_sk",
    ForeignKey("fct_plan_area_fk", ("area_sk",), "marts.dim_area (area_sk) not enforced"),
)  # fmt: skip
VINTAGE = table("vintages.fct_report", {"metric": "text", "known_from": "timestamptz"}, "metric")
JOINED = view("intermediate.int_plan", "select plan_sk, name, planned from marts.fct_plan left join marts.dim_area using (area_sk)")
PLANS = view("bi.plans", "select name, planned from intermediate.int_plan", name="Tên | Name", planned="Kế hoạch | Planned")
AREAS = view("bi.areas", "select name from marts.dim_area")
PROJECT = [AREA, PLAN, VINTAGE, JOINED, PLANS, AREAS]
ROWS = {
    "dim_area": "select 1::bigint as area_sk, 'Biên Hòa' as name union all select 2, 'Long Khánh'",
    "fct_plan": "select n::bigint as plan_sk, 1 + n % 2::bigint as area_sk, 100 * n::bigint as planned from generate_series(1, 6) as n",
    "fct_report": "select 'plans' as metric, now() as known_from",
}


def deploy(admin: psycopg.Connection, project: list[Model], rows: dict[str, str] | None = None, digest: str = "1") -> list[Model]:
    """Fill by hand the tables that dbt would fill in the schema `deployment`, then switch; returns what was filled."""
    rows = ROWS | (rows or {})
    grains = deployment.deployed_project(admin).get("grains", {})
    filled = deployment.tables_to_fill(admin, project, grains)
    with admin.transaction():
        admin.execute("set local role transformer")
        admin.execute("create schema if not exists deployment")
        for model in filled:
            columns = ", ".join(f"{name} {data_type}" for name, data_type in model.columns)
            key = model.grain.removeprefix("key ")
            admin.execute(f"create table deployment.{model.name} ({columns}, constraint {model.name}_pk primary key ({key}))")
            admin.execute(f"create index {model.name}_index on deployment.{model.name} ({model.columns[0][0]})")
            admin.execute(f"insert into deployment.{model.name} {rows[model.name]}")
    try:
        deployment.switch_when_free(project, filled, digest, load_settings())
    finally:
        admin.execute("drop schema deployment cascade")
    return filled


@pytest.fixture
def built(server, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Iterator[str]:
    """A database with the roles and schemas, and PROJECT deployed in it; gives the admin DSN."""
    name = f"lmw_deployment_{tmp_path.name[-24:]}".lower().replace("-", "_")
    dsn = conninfo.make_conninfo(server.admin_dsn, dbname=name)
    monkeypatch.setenv("WAREHOUSE_DSN", dsn)
    monkeypatch.setattr(deployment, "ROUTINES", tmp_path)
    monkeypatch.setattr(lock_timeout, "PATIENCE_SECONDS", 4.0)
    monkeypatch.setattr(lock_timeout, "PAUSE_SECONDS", (0.1, 0.3))
    provision()
    with psycopg.connect(dsn, autocommit=True) as admin:
        assert deploy(admin, PROJECT) == [AREA, PLAN, VINTAGE]
    yield dsn
    with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def admin(built: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(built, autocommit=True) as connection:
        yield connection


@pytest.fixture
def planner(built: str, admin: psycopg.Connection) -> Iterator[str]:
    """A user of a BI tool with views of their own; gives their DSN."""
    admin.execute("create role planner login password 'planner'")
    admin.execute(sql.SQL("grant connect on database {} to planner").format(sql.Identifier(admin.info.dbname)))
    admin.execute("create schema planning authorization planner")
    admin.execute("grant usage on schema bi, marts to planner")
    admin.execute("grant select on bi.plans to planner with grant option")
    admin.execute("grant select on marts.fct_plan to planner")
    admin.execute("set role planner")
    admin.execute("create view planning.money with (security_barrier = true) as select name, planned from bi.plans where planned > 0")
    admin.execute("create view planning.total as select sum(planned) as planned, count(*) as plans from planning.money")
    admin.execute('create view planning."Số bước" as select count(*) as steps from marts.fct_plan')
    admin.execute("comment on view planning.money is 'Kế hoạch'")
    admin.execute("comment on column planning.money.name is 'Đơn vị'")
    admin.execute("grant select on planning.money to bi_reader")
    admin.execute("grant select (plans) on planning.total to bi_reader")
    admin.execute("reset role")
    yield conninfo.make_conninfo(built, user="planner", password="planner")
    admin.execute("drop owned by planner cascade")
    admin.execute("drop role planner")


class Reader(threading.Thread):
    """Asks the same questions again and again, as a dashboard does."""

    def __init__(self, dsn: str, *queries: str) -> None:
        super().__init__(daemon=True)
        self.dsn, self.queries = dsn, queries
        self.errors: list[str] = []
        self.answers: set[tuple[str, str]] = set()
        self.longest = 0.0
        self.ended = threading.Event()

    def run(self) -> None:
        with psycopg.connect(self.dsn, autocommit=True, prepare_threshold=None) as connection:
            while not self.ended.is_set():
                for query in self.queries:
                    began = time.monotonic()
                    try:
                        self.answers.add((query, str(connection.execute(query).fetchall())))
                    except psycopg.Error as error:
                        self.errors.append(f"{query}: {error}")
                    self.longest = max(self.longest, time.monotonic() - began)

    def __enter__(self) -> "Reader":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.5)
        self.ended.set()
        self.join()
        assert self.answers


def one(admin: psycopg.Connection, query: str):
    row = admin.execute(query).fetchone()
    assert row
    return row[0]


def shape(admin: psycopg.Connection, relation: str) -> tuple:
    """Owner, grants, options, comments and columns of a relation."""
    row = admin.execute(
        "select pg_get_userbyid(relowner), (select array_agg(g::text order by g::text) from unnest(relacl) as g), reloptions,"
        " obj_description(oid, 'pg_class'),"
        " (select array_agg(concat_ws(' ', attname, col_description(c.oid, attnum), attacl) order by attnum)"
        " from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) from pg_class as c where oid = to_regclass(%s)",
        [relation],
    ).fetchone()
    assert row
    return row


def everything(admin: psycopg.Connection) -> dict[str, tuple]:
    """The shape, identity and definition of every relation of the project and of the users."""
    names = admin.execute(
        "select format('%I.%I', n.nspname, c.relname) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname in ('marts', 'intermediate', 'vintages', 'bi', 'planning', 'retired') and c.relkind in ('r', 'v', 'm')"
    ).fetchall()
    return {
        name: (one(admin, f"select '{name}'::regclass::oid"), one(admin, f"select pg_get_viewdef('{name}'::regclass)"), shape(admin, name))
        for (name,) in names
    }


def changed(project: list[Model], model: Model, **values) -> list[Model]:
    return [replace(other, **values) if other is model else other for other in project]


WIDER = changed(PROJECT, PLAN, columns=(("plan_sk", "bigint"), ("area_sk", "bigint"), ("planned", "numeric")))


def test_a_changed_type_reaches_the_views_of_users_while_everybody_reads(admin, planner):
    views = ("bi.plans", "planning.money", "planning.total", 'planning."Số bước"', "marts.fct_plan")
    before = {name: shape(admin, name) for name in views}
    keys = "select conname, pg_get_constraintdef(oid) from pg_constraint where contype in ('f', 'p') order by 1"
    constraints, untouched = admin.execute(keys).fetchall(), one(admin, "select 'bi.areas'::regclass::oid")
    queries = ("select * from planning.total", 'select * from planning."Số bước"', "select name, planned from bi.plans order by 2")
    with Reader(planner, *queries) as reader:
        assert deploy(admin, WIDER, digest="2") == [WIDER[1]]
    assert reader.errors == []
    assert {query for query, _ in reader.answers} == set(queries)
    assert {answer.replace("Decimal('", "").replace("')", "") for query, answer in reader.answers if query == queries[0]} == {"[(2100, 6)]"}
    assert {answer for query, answer in reader.answers if query == queries[1]} == {"[(6,)]"}
    assert {name: shape(admin, name) for name in views} == before
    assert [one(admin, f"select pg_typeof(planned)::text from {name} limit 1") for name in (*views[:3], views[4])] == ["numeric"] * 4  # noqa: S608
    assert admin.execute(keys).fetchall() == constraints
    assert one(admin, "select 'bi.areas'::regclass::oid") == untouched
    assert one(admin, "select to_regnamespace('retired') is null")


def test_a_referenced_table_is_replaced_with_the_keys_that_point_to_it(admin):
    wider = changed(PROJECT, AREA, columns=(("area_sk", "bigint"), ("name", "varchar(40)")))
    keys = "select conname, confrelid::regclass::text from pg_constraint where contype = 'f' and connamespace = 'marts'::regnamespace"
    assert deploy(admin, wider) == [wider[0]]
    assert admin.execute(keys).fetchall() == [("fct_plan_area_fk", "marts.dim_area")]
    assert one(admin, "select count(*) from bi.plans where name is not null") == 6
    assert admin.execute(
        "select privilege_type from information_schema.role_table_grants where table_name = 'dim_area' and grantee = 'steward'"
    ).fetchall()


def test_a_table_of_another_grain_is_filled_before_it_is_read(built, admin):
    finer = changed(PROJECT, PLAN, grain="key plan_sk, half", columns=(*PLAN.columns, ("half", "integer")))
    halves = {"fct_plan": f"select plan_sk, area_sk, planned / 2, half from ({ROWS['fct_plan']}) as plan, generate_series(1, 2) as half"}  # noqa: S608
    with Reader(built, "select sum(planned)::int from bi.plans") as reader:
        assert deploy(admin, finer, halves) == [finer[1]]
    assert (reader.errors, {answer for _, answer in reader.answers}) == ([], {"[(2100,)]"})
    assert one(admin, "select count(*) from marts.fct_plan") == 12
    assert deploy(admin, changed(finer, finer[1], grain="key plan_sk, half, area_sk"), halves), "the declared grain alone is a change"
    assert deploy(admin, changed(finer, finer[1], grain="key plan_sk, half, area_sk"), halves) == []


def test_columns_of_a_view_come_go_and_change_their_order(admin, planner):
    before = shape(admin, "bi.plans")
    project = changed(PROJECT, PLANS, query="select 1 as added, planned, name from intermediate.int_plan")
    with Reader(planner, "select name, planned from bi.plans order by 2", "select * from planning.total") as reader:
        deploy(admin, project)
    assert reader.errors == [] and len(reader.answers) == 2
    after = shape(admin, "bi.plans")
    assert after[:4] == before[:4] and after[4] == ["added", "planned Kế hoạch | Planned", "name Tên | Name"]


def test_a_user_view_of_a_column_that_goes_away_stops_the_deployment(admin, planner):
    before = everything(admin)
    project = changed(PROJECT, PLANS, query="select name from intermediate.int_plan")
    with pytest.raises(BuildError, match=r'the view planning\.money of planner cannot be kept: column "planned" does not exist'):
        deploy(admin, project)
    assert everything(admin) == before
    admin.execute("drop view planning.money cascade")
    deploy(admin, project)
    assert shape(admin, "bi.plans")[4] == ["name Tên | Name"]


def test_a_materialized_view_of_a_user_stops_the_deployment_that_would_change_it(admin, planner):
    admin.execute("create materialized view planning.kept as select * from bi.plans")
    before = everything(admin)
    with pytest.raises(BuildError, match=r"materialized view planning\.kept of postgres"):
        deploy(admin, WIDER)
    assert everything(admin) == before
    deploy(admin, changed(PROJECT, AREAS, query="select upper(name) as name from marts.dim_area"))


def test_a_function_of_a_user_on_a_replaced_relation_is_named(admin, planner):
    admin.execute("create function planning.most() returns bigint language sql begin atomic select max(planned) from marts.fct_plan; end")
    before = everything(admin)
    with pytest.raises(BuildError, match=r"function planning\.most\(\) depends on"):
        deploy(admin, WIDER)
    assert everything(admin) == before


def test_an_open_transaction_stops_no_reader_and_the_deployment_only_for_a_while(built, admin):
    project = changed(PROJECT, PLANS, query="select upper(name) as name, planned from intermediate.int_plan")
    before = everything(admin)
    with connect("bi_reader") as dashboard:
        dashboard.execute("select * from bi.plans")
        began = time.monotonic()
        with (
            Reader(built, "select count(*) from bi.plans") as reader,
            pytest.raises(SchemaLockedError, match=r"lmw-bi_reader \(pid \d+, bi_reader\)"),
        ):
            deploy(admin, project)
        assert time.monotonic() - began < 4 + 20
        assert (reader.errors, len(reader.answers)) == ([], 1)
        assert reader.longest < 0.9 + 5
        assert everything(admin) == before
        assert len(dashboard.execute("select * from bi.plans").fetchall()) == 6
    deploy(admin, project)
    assert one(admin, "select name from bi.plans limit 1").isupper()


def test_an_open_transaction_on_what_does_not_change_stops_nothing(admin):
    with connect("bi_reader") as dashboard:
        dashboard.execute("select * from bi.plans")
        deploy(admin, changed(PROJECT, AREAS, query="select upper(name) as name from marts.dim_area"))
        assert len(dashboard.execute("select * from bi.plans").fetchall()) == 6


def test_a_deployment_of_the_same_project_changes_no_object(admin, planner):
    before = everything(admin)
    assert deploy(admin, PROJECT) == []
    assert everything(admin) == before


def test_an_index_that_is_declared_later_is_created_once(admin):
    deploy(admin, PROJECT)
    for digest in ("2", "3"):
        assert not deploy(admin, changed(PROJECT, PLAN, indexes=(Index(("area_sk", "planned")), Index(("plan_sk",), True))), digest=digest)
        found = admin.execute("select indexdef from pg_indexes where schemaname = 'marts' and tablename = 'fct_plan' order by 1").fetchall()
        assert sum("(area_sk, planned)" in definition for (definition,) in found) == 1
        assert len(found) == 3  # the primary key is the unique index that the second declares


def test_a_model_that_is_renamed_leaves_nothing(admin):
    renamed = [
        replace(JOINED, name="int_plan__named", query=JOINED.query),
        replace(PLANS, query="select name, planned from intermediate.int_plan__named"),
    ]
    deploy(admin, [AREA, PLAN, VINTAGE, *renamed, AREAS])
    assert one(admin, "select to_regclass('intermediate.int_plan') is null")
    assert one(admin, "select count(*) from bi.plans") == 6


def test_a_table_moves_to_another_schema(admin):
    moved = [replace(PLAN, schema="indicators"), replace(JOINED, query=JOINED.query.replace("marts.fct_plan", "indicators.fct_plan"))]
    deploy(admin, [AREA, moved[0], VINTAGE, moved[1], PLANS, AREAS])
    assert one(admin, "select to_regclass('marts.fct_plan') is null and count(*) = 6 from bi.plans")


def test_what_a_user_reads_is_kept_when_no_model_names_it(admin, planner, caplog):
    fewer = [AREA, PLAN, VINTAGE, AREAS, view("intermediate.int_area", "select area_sk from marts.dim_area")]
    deploy(admin, fewer)
    assert one(admin, "select plans from planning.total") == 6, "bi.plans and what it reads are there"
    assert "bi.plans is named by no model any more and is kept, because planning.money reads it" in caplog.text
    admin.execute("drop view planning.money cascade")
    deploy(admin, fewer)
    assert one(admin, "select to_regclass('bi.plans') is null and to_regclass('intermediate.int_plan') is null")


def test_a_relation_of_another_owner_in_a_schema_of_the_project_stays(admin):
    admin.execute("create table marts.scratch as select 1 as one")
    deploy(admin, PROJECT)
    assert one(admin, "select one from marts.scratch") == 1


def test_a_private_view_stays_private_when_it_is_created_again(admin, planner):
    admin.execute("set role planner; create view planning.private as select planned from bi.plans; reset role")
    assert one(admin, "select has_table_privilege('transformer', 'planning.private', 'select')") is False
    deploy(admin, WIDER)
    assert one(admin, "select pg_typeof(planned)::text from planning.private limit 1") == "numeric"
    assert one(admin, "select has_table_privilege('transformer', 'planning.private', 'select')") is False


def test_what_a_person_creates_as_the_owner_of_the_project_is_kept(admin, caplog):
    admin.execute("set role transformer")
    admin.execute("create table marts.notes as select 1 as one")
    admin.execute("create view bi.mine as select sum(planned) as planned from marts.fct_plan")
    admin.execute("reset role")
    deploy(admin, [AREA, PLAN, VINTAGE, AREAS])
    assert one(admin, "select one from marts.notes") == 1
    assert one(admin, "select planned from bi.mine") == 2100
    assert "marts.notes is named by no model and is kept, because no deployment made it" in caplog.text
    assert "bi.plans is named by no model any more and is dropped" in caplog.text
    assert one(admin, "select to_regclass('bi.plans') is null")
    before = everything(admin)
    with pytest.raises(BuildError, match=r"marts\.notes exists and no deployment made it"):
        deploy(admin, [*PROJECT, table("marts.notes", {"one": "integer"}, "one")], {"notes": "select 1"})
    assert everything(admin) == before
    admin.execute("delete from ops.setting where name = 'deployed_project'")
    deploy(admin, [AREA, PLAN, VINTAGE, AREAS])
    assert one(admin, "select to_regclass('marts.notes') is null"), "without a record, everything of this owner is of a deployment"


@pytest.mark.parametrize("schema", ["retired", "deployment"])
def test_a_schema_of_a_person_with_a_name_of_the_deployment_stops_it(admin, monkeypatch, schema):
    admin.execute(f"create schema {schema}; create table {schema}.notes as select 1 as one")
    before = everything(admin)
    monkeypatch.setattr(deployment, "compile_project", lambda _settings: PROJECT)
    with connect("transformer", autocommit=True) as transformer, pytest.raises(BuildError, match=f"the schema {schema} of postgres exists"):
        deployment.deploy_if_changed(transformer, load_settings())
    assert everything(admin) == before
    assert one(admin, f"select one from {schema}.notes") == 1  # noqa: S608
    if schema == "retired":
        with pytest.raises(BuildError, match="the schema retired of postgres exists"):
            deploy(admin, WIDER)
        assert everything(admin) == before


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ("alter table marts.fct_plan enable row level security", "row security"),
        ("create policy own on marts.fct_plan", "policy own"),
        (
            "create function public.nothing() returns trigger language plpgsql as 'begin return null; end';"
            " create trigger noted after insert on marts.fct_plan execute function public.nothing()",
            "trigger noted",
        ),
        ("alter table marts.fct_plan add constraint positive check (planned > 0)", "constraint positive"),
        ("alter table marts.fct_plan add constraint of_area foreign key (area_sk) references marts.dim_area", "constraint of_area"),
        ("create statistics marts.both on area_sk, planned from marts.fct_plan", "statistics both"),
        ("create publication plans for table marts.fct_plan", "publication plans"),
    ],
)
def test_a_table_with_parts_that_its_successor_would_lose_stops_the_deployment(admin, added, named):
    admin.execute(added)
    before = everything(admin)
    with pytest.raises(BuildError, match=rf"marts\.fct_plan is replaced by this version and would lose {named}:"):
        deploy(admin, WIDER)
    assert everything(admin) == before
    deploy(admin, changed(PROJECT, AREAS, query="select upper(name) as name from marts.dim_area"))
    if "foreign key" in added:
        assert one(admin, "select count(*) from pg_constraint where conname = 'of_area'") == 1, "nothing is lost without a replacement"


def test_indexes_that_a_user_created_are_created_on_the_new_table(admin):
    admin.execute('set role transformer; create index "Kế hoạch" on marts.fct_plan (planned desc) where planned > 0; reset role')
    admin.execute("create index sized on marts.fct_plan (abs(planned)) include (area_sk)")
    indexes = "select indexname, indexdef from pg_indexes where schemaname = 'marts' and tablename = 'fct_plan' order by 1"
    before = [name for name, _ in admin.execute(indexes)]
    deploy(admin, WIDER)
    after = dict(admin.execute(indexes).fetchall())
    assert list(after) == before
    assert after["Kế hoạch"].endswith("ON marts.fct_plan USING btree (planned DESC) WHERE (planned > (0)::numeric)")
    assert after["sized"].endswith("(abs(planned)) INCLUDE (area_sk)")


def test_a_view_of_a_user_with_a_trigger_stops_the_deployment_that_would_lose_it(admin, planner):
    admin.execute("""
        set role planner;
        create function planning.nothing() returns trigger language plpgsql as 'begin return null; end';
        create trigger noted instead of insert on planning.money for each row execute function planning.nothing();
        alter view planning.money alter column planned set default 1;
        create rule kept as on delete to planning.money do instead nothing;
        reset role;
    """)
    before = everything(admin)
    with pytest.raises(BuildError, match=r"planning\.money .* would lose default of column planned, rule kept, trigger noted"):
        deploy(admin, WIDER)
    assert everything(admin) == before


def test_a_renamed_table_that_no_build_can_restore_stops_the_deployment(admin):
    renamed = changed(PROJECT, VINTAGE, name="fct_published_report")
    with pytest.raises(BuildError, match=r"vintages\.fct_published_report does not exist, and vintages\.fct_report is named by no model"):
        deploy(admin, renamed)
    admin.execute("alter table vintages.fct_report rename to fct_published_report")
    deploy(admin, renamed)
    assert one(admin, "select count(*) from vintages.fct_published_report") == 1


@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        (Index(("area_sk",), is_unique=True), 'could not create unique index "fct_plan_area_sk_idx"'),
        (Index(("nowhere",)), 'column "nowhere" does not exist'),
    ],
)
def test_an_index_that_cannot_be_created_is_one_sentence_without_values(admin, index, sentence):
    before = everything(admin)
    with pytest.raises(BuildError) as caught:
        deploy(admin, changed(PROJECT, PLAN, indexes=(index,)))
    assert str(caught.value) == f"marts.fct_plan cannot be deployed: {sentence}; every relation is as it was"
    assert everything(admin) == before


def test_a_function_whose_result_changes_is_replaced_with_its_grants(admin, planner, tmp_path):
    routine = tmp_path / "total.sql"
    text = "create or replace function bi.total({}) returns table ({}) language sql begin atomic select sum(planned){} from bi.plans; end"
    routine.write_text(text.format("", "planned numeric", ""))
    deploy(admin, PROJECT)
    admin.execute("revoke execute on function bi.total() from public; grant execute on function bi.total() to planner with grant option")
    admin.execute("comment on function bi.total() is 'total'")
    described = "select proacl::text || pg_get_userbyid(proowner) || obj_description(oid, 'pg_proc') from pg_proc where proname = 'total'"
    before = one(admin, described)
    routine.write_text(text.format("", "planned numeric, plans bigint", ", count(*)"))
    deploy(admin, PROJECT)
    assert admin.execute("select * from bi.total()").fetchone() == (2100, 6)
    assert one(admin, described) == before
    admin.execute("create view planning.through as select * from bi.total()")
    routine.write_text(text.format("", "planned numeric", ""))
    with pytest.raises(BuildError, match=r"the function bi\.total\(\) has other columns .*: view planning\.through depends on function"):
        deploy(admin, PROJECT)
    routine.write_text("create or replace function bi.total() returns nothing language sql as ''")
    with pytest.raises(BuildError, match=r'the routine total cannot be deployed: type "nothing" does not exist'):
        deploy(admin, PROJECT)
    assert admin.execute("select * from planning.through").fetchone() == (2100, 6)


def test_a_table_that_no_build_can_restore_is_never_replaced(admin):
    before = everything(admin)
    for change in ({"columns": (("metric", "text"), ("known_from", "date"))}, {"grain": "key known_from"}):
        with pytest.raises(BuildError, match=r"vintages\.fct_report holds what no build can restore, and differs from its model in"):
            deploy(admin, changed(PROJECT, VINTAGE, **change))
    assert everything(admin) == before
    deploy(admin, [model for model in PROJECT if model is not VINTAGE])
    assert one(admin, "select count(*) from vintages.fct_report") == 1, "also when no model names it"


def test_a_deployment_asks_the_next_build_for_every_partition_and_describes_schemas(admin):
    deploy(admin, PROJECT, digest="3")
    assert deployment.deployed_project(admin)["digest"] == "3"
    assert " | " in one(admin, "select obj_description('bi'::regnamespace, 'pg_namespace')")
