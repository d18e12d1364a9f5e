"""A correction of one delivery writes again the partitions that depend on it, and no other row of any fact."""

import psycopg
import pytest
from labour_market import transform
from psycopg import sql

from tests.dbt.rows import Core, employer, person, session, visit

Partition = tuple[str, str, str]  # fact, sender, period
TOOK = {"interviewed": True, "interview_result": "passed", "offered": True, "accepted": True, "start_date": "2023-06-20"}


def province(core: Core) -> None:
    """Two districts with two periods of each feed; orders of employer 1, and visitors whom it hired."""
    for district, commune in (("794", "27694"), ("803", "28003")):
        for period in ("2021", "2022"):
            core.publish("labour_survey", district, period, [person(f"{district}-{n}", commune_code=commune) for n in range(6)])
        for month in ("2023-05", "2023-06"):
            core.publish("employers", district, month, [employer("1", commune_code=commune)])
            core.publish("fair_sessions", district, month, [session(month, commune_code=commune, held_on=f"{month}-10")])
            hired = [visit(str(n), month, f"k:{district}-{n}", employer_no="1", order_no="1", **TOOK) for n in range(6)]
            core.publish("fair_attendance", district, month, hired)
        order = {"order_no": "1", "employer_no": "1", "title": "công nhân may", "openings": 20, "posted_on": "2023-06-14"}
        core.publish("job_orders", district, "2023-06-14", [order])


def written_since(admin: psycopg.Connection, transaction: int) -> set[Partition]:
    """The partitions of facts with a row that this transaction or a later one wrote."""
    facts = admin.execute(
        "select table_name from information_schema.columns where table_schema = 'marts' and table_name like 'fct%'"
        " and column_name in ('sender_code', 'period', 'batch_id') group by table_name having count(*) = 3"
    ).fetchall()
    assert len(facts) >= 10
    return {
        (fact, sender, period)
        for (fact,) in facts
        for sender, period in admin.execute(
            sql.SQL("select distinct sender_code, period from marts.{} where xmin::text::bigint >= %s").format(sql.Identifier(fact)),
            [transaction],
        )
    }


@pytest.mark.parametrize(
    ("feed", "period", "rows", "written"),
    [
        (
            "labour_survey", "2022", [person(f"794-{n}") for n in range(5)],
            {("fct_labour_supply", "2022")},
        ),
        (
            "fair_attendance", "2023-06", [visit(str(n), "2023-06", f"k:794-{n}", employer_no="1", order_no="1", **TOOK) for n in range(5)],
            {(f"fct_{fact}", "2023-06") for fact in ("fair_attendance", "fair_interview", "placement", "counselling")},
        ),
        (
            "fair_sessions", "2023-05", [session("2023-05", held_on="2023-05-11")],
            {(f"fct_{fact}", "2023-05") for fact in ("fair_session", "fair_attendance", "fair_interview", "placement", "counselling")},
        ),
    ],
    ids=["survey", "attendance", "sessions"],
)  # fmt: skip
def test_a_correction_writes_its_own_partitions_again_and_no_other(admin, core, feed, period, rows, written):
    (before,) = admin.execute("select txid_current()").fetchone()
    core.publish(feed, "794", period, rows, sequence=2)
    transform.build()
    assert written_since(admin, before) == {(fact, "794", of) for fact, of in written}


def test_visits_of_a_withdrawn_session_have_an_unknown_one_until_it_is_sent_again(admin, core):
    """The sender alone must not make the build of everybody red."""
    query = "select distinct session_sk = -1 from marts.{} where sender_code = '803' and period = '2023-06'"
    for sequence, (sessions, is_unknown) in enumerate(
        [([], True), ([session("2023-06", commune_code="28003", held_on="2023-06-10")], False)], start=2
    ):
        core.publish("fair_sessions", "803", "2023-06", sessions, sequence=sequence)
        transform.build()
        for fact in ("fct_fair_attendance", "fct_fair_interview", "fct_counselling", "fct_placement"):
            assert admin.execute(query.format(fact)).fetchall() == [(is_unknown,)], fact
