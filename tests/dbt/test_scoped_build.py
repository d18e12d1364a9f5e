"""A build runs only what its partitions can change: afterwards every table is as a build of everything would leave it."""

import json
import random
from collections.abc import Callable
from datetime import date, timedelta

import psycopg
import pytest
from labour_market import transform
from labour_market.contracts import load_contracts
from labour_market.settings import load_settings
from labour_market.transform.dbt import run_dbt
from labour_market.transform.selection import nodes_of_feeds

from tests.dbt.rows import Core, employer, one, person, session, visit
from tests.dbt.test_programme import PASSED, check, household, move, province, step

ROUNDS = 4
__all__ = ["province"]  # of the fixture `built`


def survey(chance: random.Random) -> tuple:
    people = [person(str(n), commune_code=chance.choice(["27694", "27700"]), sex=chance.choice(["male", "female"])) for n in range(9)]
    return "labour_survey", "794", "2022", people


def employers(chance: random.Random) -> tuple:
    return "employers", "794", "2023-06", [employer("1", name=f"Công ty {chance.randrange(99)}"), employer(str(chance.randrange(2, 9)))]


def fairs(chance: random.Random) -> tuple:
    return "fair_sessions", "794", "2023-06", [session("A", fund=chance.choice(["subproject_4_3", "recurrent"]))]


def visits(chance: random.Random) -> tuple:
    rows = [
        visit(
            str(n), "A", f"k:{n}", commune_code="27694", **({"start_date": f"2023-06-{12 + n}", **PASSED} if chance.random() < 0.5 else {})
        )
        for n in range(1, chance.randrange(4, 12))
    ]
    return "fair_attendance", "794", "2023-06", rows


def orders(chance: random.Random) -> tuple:
    return "job_orders", "794", "2023-06", [
        {
            "order_no": str(n), "employer_no": "1", "title": chance.choice(["công nhân may", "thợ hàn"]), "openings": n,
            "posted_on": f"2023-06-0{n}",
        }
        for n in range(1, chance.randrange(3, 6))
    ]  # fmt: skip


def checks(chance: random.Random) -> tuple:
    return "placements", "SC", "2023-06", [
        check(f"V{n}", chance.choice(["m3", "m6"]), f"k:{n}", chance.choice([True, False, None]), order_no=chance.choice([None, "1", "2"]),
              employer_district="794")
        for n in range(1, 5)
    ]  # fmt: skip


def register(chance: random.Random) -> tuple:
    return "poverty_register", "DOLISA", "2022", [household(str(n), chance.choice(["poor", "near_poor", "other"])) for n in range(9)]


def plans(chance: random.Random) -> tuple:
    day = date(2022, 10, 1) + timedelta(days=chance.randrange(40))
    return "programme_plans", "DOLISA", "2022", [step("794", "submitted", f"{day}"), step("803", "submitted", f"{day}")]


def money(chance: random.Random) -> tuple:
    return "budget_movements", "DOLISA", "2022", [
        move("1", "allocation", 100 + chance.randrange(50), "2022-11-01"), move("2", "disbursement", 70, "2022-12-01"),
        move("3", "carry_over_out", 30, "2022-12-31"),
    ]  # fmt: skip


DELIVERIES: list[Callable[[random.Random], tuple]] = [survey, employers, orders, fairs, visits, checks, register, plans, money]


def content(admin: psycopg.Connection) -> dict[str, list]:
    """Every row of every table that a build writes, and of every view for BI that does not read the clock."""
    relations = admin.execute(
        "select format('%I.%I', n.nspname, c.relname) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
        " where n.nspname in ('marts', 'indicators', 'vintages', 'bi') and (c.relkind = 'r' or n.nspname = 'bi')"
        " and c.relkind in ('r', 'v') and c.relname <> 'batch_freshness' order by 1"
    ).fetchall()
    return {name: admin.execute(f"select t::text from {name} as t order by 1").fetchall() for (name,) in relations}  # noqa: S608


@pytest.mark.timeout(1500)
def test_builds_of_some_feeds_leave_what_a_build_of_everything_leaves(built: str, admin: psycopg.Connection, core: Core):
    seed = random.SystemRandom().randrange(10_000)
    chance = random.Random(seed)  # no secret
    sequence = 1
    for _ in range(ROUNDS):
        sequence += 1
        deliveries = [make(chance) for make in chance.sample(DELIVERIES, chance.choice([1, 1, 2]))]
        for delivery in deliveries:
            core.publish(*delivery, sequence=sequence)
        before = content(admin)
        report = transform.build()
        assert report.build_id and report.nodes["pass"] < 120, seed
        assert content(admin) != before, (seed, deliveries)
    scoped = content(admin)
    assert len(scoped) > 40
    everything = transform.build(full=True)
    assert everything.partitions > 10 and everything.nodes["pass"] > report.nodes["pass"]
    full = content(admin)
    causes = "bi.vintage_batch"  # the batches of each build, and one build more
    assert set(scoped.pop(causes)) < set(full.pop(causes))
    assert [relation for relation, rows in full.items() if rows != scoped[relation]] == [], seed
    assert one(admin, "select value is not null from ops.setting where name = 'full_build'")


@pytest.mark.timeout(600)
def test_every_table_that_a_feed_can_change_is_selected(built: str):
    """With all feeds in the scope, only the tables that read reference lists alone are left to a build of everything."""
    settings = load_settings()
    results = run_dbt(["compile", *nodes_of_feeds(load_contracts(), decided=True)], settings)
    manifest = json.loads((settings.home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))

    def sources(node: str) -> set[str]:
        if not node.startswith("model."):
            return {node}
        return set().union(*map(sources, manifest["parent_map"][node]))

    changing = {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "incremental"
        and any(source.startswith("source.") for source in sources(name))
    }  # fmt: skip
    assert len(changing) > 15
    assert {result["unique_id"] for result in results if result["resource_type"] == "model"} == changing


def fact_feeds() -> set[tuple[str, str]]:
    """Pairs of a fact and a feed that it is written from, as the models declare them."""
    manifest = json.loads((load_settings().home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    found = set()
    for node in manifest["nodes"].values():
        feed = node["config"].get("meta", {}).get("feed") if node["resource_type"] == "model" else None
        found |= {(node["name"], name) for name in ([feed] if isinstance(feed, str) else feed or [])}
    return found


# a fact that reads a feed of which it takes nothing that can change
UNCHANGED_BY = {
    ("fct_job_order", "fair_attendance"): "a visit that names an employer adds one without attributes",
    ("fct_labour_demand", "fair_attendance"): "and a version of it, which no registered employer has",
    ("fct_labour_demand", "job_orders"): "the same of an order",
}


@pytest.mark.timeout(600)
def test_the_contracts_name_every_feed_that_a_fact_reads(admin: psycopg.Connection):
    """PostgreSQL records what the compiled query reads. A feed that is not named would change and leave the fact as it was."""
    results = run_dbt(["compile", "--select", "path:models/marts,config.materialized:incremental"], load_settings())
    queries = {result["unique_id"].rsplit(".", 1)[-1]: result["compiled_code"] for result in results}
    pairs = fact_feeds()
    facts = {fact: {feed for other, feed in pairs if other == fact} for fact, _ in pairs}

    def tables(query: str) -> set[tuple[str, str]]:
        with admin.transaction(force_rollback=True):
            admin.execute("create view public.compiled as " + query)
            rows = admin.execute(
                "with recursive read as ("
                " select to_regclass('public.compiled')::oid as oid"
                " union select d.refobjid from read join pg_rewrite as r on r.ev_class = read.oid"
                " join pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass)"
                " select n.nspname, c.relname from read join pg_class as c using (oid) join pg_namespace as n on n.oid = c.relnamespace"
                " where c.relkind = 'r'"
            ).fetchall()
            return set(rows)

    def feeds(model: str) -> set[str]:
        found = set()
        for schema, name in tables(queries[model]):
            if schema == "core":
                found.add(name)
            elif schema == "marts":
                found |= facts.get(name) or feeds(name)
        return found

    contracts = load_contracts()

    def upstream(of: set[str]) -> set[str]:
        more = of | {dependency.feed for feed in of for dependency in contracts[feed].depends_on}
        return more if more == of else upstream(more)

    missing = {(fact, feed) for fact, own in facts.items() for feed in feeds(fact) - upstream(own)}
    assert len(facts) > 10
    assert missing == set(UNCHANGED_BY)
