"""A correction takes a row out of one partition: a build of the scope describes its person or employer as a full build does.

Each case has a district of its own, so that its partitions are in the scope only for its own reason.
"""

import psycopg
import pytest
from labour_market import transform
from labour_market.database import connect

from tests.dbt.rows import Core, employer, person, session, visit
from tests.dbt.test_programme import check, household
from tests.dbt.test_scoped_build import content

ENTERPRISE, BRANCH = {"tax_code_kind": "enterprise"}, {"tax_code_kind": "branch"}
LATER = {"surveyed_on": "2024-03-01"}
HISTORY = ("vintages.", "bi.vintage_batch", "bi.indicator_vintage")  # one build more


def province(core: Core) -> None:
    """Persons and employers of several partitions, before any correction."""
    # 794: the latest survey describes persons who were at a session
    core.publish("fair_sessions", "794", "2023-06", [session("A")])
    core.publish("fair_attendance", "794", "2023-06", [visit(str(n), "A", f"k:{n}") for n in range(1, 7)])
    core.publish("labour_survey", "794", "2024", [person(str(n), priority_groups=["poor"], **LATER) for n in range(1, 7)])
    # 795: a session describes persons of a survey
    core.publish("labour_survey", "795", "2022", [person(f"b{n}") for n in range(1, 7)])
    core.publish("fair_sessions", "795", "2023-06", [session("B")])
    core.publish("fair_attendance", "795", "2023-06", [visit(str(n), "B", f"k:b{n}") for n in range(1, 7)])
    # 796: the survey of a linked pseudonym describes the person
    core.publish("labour_survey", "796", "2022", [person("c")])
    core.publish("labour_survey", "796", "2024", [person("c-alias", sex="male", **LATER)])
    # 797: employers of two registers, one with an order; 798: of one register, with an order
    for period, name, industry in (("2023-05", "Old", "0111"), ("2023-06", "New", "1410")):
        core.publish("employers", "797", period, [employer(number, name=name, vsic_code=industry) for number in "12"] + [employer("3")])
    core.publish("job_orders", "797", "2023-06-14", [order("thợ hàn")])
    core.publish("employers", "798", "2023-06", [employer("1", vsic_code="1410"), employer("3")])
    core.publish("job_orders", "798", "2023-06-14", [order("thợ may")])
    # 799 and 800: an enterprise and its branch; 801 and 802: a branch that changed its enterprise
    core.publish("employers", "799", "2023-06", [employer("1", tax_code="0300000001", **ENTERPRISE)])
    core.publish("employers", "800", "2023-06", [employer("5", tax_code="0300000001-001", **BRANCH)])
    core.publish("employers", "801", "2023-05", [employer("5", tax_code="0300000003-001", **BRANCH)])
    core.publish("employers", "801", "2023-06", [employer("5", tax_code="0300000004-001", **BRANCH)])
    core.publish("employers", "802", "2023-06", [employer("4", tax_code="0300000004", **ENTERPRISE)])
    # 803: three pseudonyms of one person, whose address is known from the survey of one of them
    core.publish("labour_survey", "803", "2022", [person("a")])
    core.publish("placements", "SC", "2023-06", [check("V1", "start", "k:b", True)])
    core.publish("placements", "SC", "2025-06", [check("V2", "start", "k:p", True)])
    # 804: persons, an employer with one register, and households that a correction takes out of their only delivery
    core.publish("labour_survey", "804", "2022", [person("d1"), person("d2")])
    core.publish("employers", "804", "2023-06", [employer("8"), employer("9")])
    core.publish("poverty_register", "DOLISA", "2022", [household("1", "poor"), household("2", "poor")])
    decide("k:c-alias", "k:c", "confirmed")
    decide("k:a", "k:p", "confirmed")
    decide("k:b", "k:p", "confirmed")


@pytest.fixture(scope="module")
def corrected(built: str) -> str:
    """The warehouse after a build of the corrections alone."""
    with connect("loader", autocommit=True) as connection:
        core = Core(connection)
        core.publish("labour_survey", "794", "2024", [person("9", **LATER)], sequence=2)
        core.publish("fair_attendance", "795", "2023-06", [visit("9", "B", "k:b9")], sequence=2)
        core.publish("labour_survey", "796", "2024", [person("c9", **LATER)], sequence=2)
        core.publish("employers", "797", "2023-06", [employer("3")], sequence=2)
        core.publish("employers", "798", "2023-06", [employer("3")], sequence=2)
        core.publish("employers", "799", "2023-06", [employer("1", tax_code="0300000002", **ENTERPRISE)], sequence=2)
        core.publish("employers", "802", "2023-05", [employer("3", tax_code="0300000003", **ENTERPRISE)])
        core.publish("labour_survey", "804", "2022", [person("d2")], sequence=2)
        core.publish("employers", "804", "2023-06", [employer("9")], sequence=2)
        core.publish("poverty_register", "DOLISA", "2022", [household("2", "poor")], sequence=2)
    decide("k:a", "k:p", "refused")
    assert transform.build().build_id
    return built


def order(title: str) -> dict:
    return {"order_no": "1", "employer_no": "1", "title": title, "openings": 3, "posted_on": "2023-06-14"}


def decide(alias: str, key: str, state: str) -> None:
    """A steward's decision on two pseudonyms."""
    with connect("steward") as connection:
        connection.execute(
            "insert into ops.person_link (alias_key, person_key, method, score, state, decided_by, reason)"
            " values (%s, %s, 'name_birth_sex', 0.8, %s, 'tests', 'x')",
            [alias, key, state],
        )


def described(admin: psycopg.Connection, table: str, columns: str, sender: str) -> list[tuple]:
    """Rows of a dimension or fact whose batch is of this sender."""
    query = f"select {columns} from marts.{table} join ops.batch using (batch_id) where batch.sender_code = %s order by 1"  # noqa: S608
    return admin.execute(query, [sender]).fetchall()


@pytest.mark.usefixtures("corrected")
def test_a_person_who_left_the_latest_survey_is_described_by_visits(admin):
    assert sorted(described(admin, "dim_person", "sex, is_poor", "794")) == [("female", False), *[("male", False)] * 6]


@pytest.mark.usefixtures("corrected")
def test_a_person_who_left_the_visits_is_described_by_the_survey(admin):
    assert sorted(described(admin, "dim_person", "sex", "795")) == [*[("female",)] * 6, ("male",)]


@pytest.mark.usefixtures("corrected")
def test_a_person_is_described_without_the_sighting_that_a_pseudonym_lost(admin):
    persons = described(admin, "dim_person", "sex, same_person_sk = -2", "796")
    assert sorted(persons) == [("female", True), ("female", True)]  # the pseudonym, which no record names any more, has no row


@pytest.mark.usefixtures("corrected")
def test_an_employer_that_left_the_latest_register_is_described_by_the_one_before(admin):
    employers = "select name, vsic_code from marts.dim_employer where sender_code = '797' and employer_no in ('1', '2')"
    assert admin.execute(employers).fetchall() == [("Old", "0111")] * 2
    versions = "select name, is_current from marts.dim_employer_version where name in ('Old', 'New')"
    assert admin.execute(versions).fetchall() == [("Old", True)] * 2


@pytest.mark.usefixtures("corrected")
def test_an_employer_that_left_its_only_register_is_inferred_from_its_orders(admin):
    employers = "select name, is_inferred from marts.dim_employer where sender_code = '798' and employer_no = '1'"
    assert admin.execute(employers).fetchall() == [(None, True)]


@pytest.mark.usefixtures("corrected")
def test_a_branch_loses_an_enterprise_whose_tax_code_was_corrected(admin):
    assert described(admin, "dim_employer", "parent_employer_sk", "800") == [(-1,)]


@pytest.mark.usefixtures("corrected")
def test_a_branch_that_changed_its_enterprise_keeps_the_present_one(admin):
    parents = (
        "select parent.employer_no from marts.dim_employer as branch"
        " join marts.dim_employer as parent on parent.employer_sk = branch.parent_employer_sk where branch.sender_code = '801'"
    )
    assert admin.execute(parents).fetchall() == [("4",)]


@pytest.mark.usefixtures("corrected")
@pytest.mark.parametrize(("title", "contexts"), [("thợ hàn", ["industry:0111", "industry:1410"]), ("thợ may", ["", "industry:1410"])])
def test_titles_are_coded_again_when_their_employer_leaves_a_register(admin, title, contexts):
    coded = admin.execute("select context from ops.title_coding where title_key = %s order by 1", [title]).fetchall()
    assert [context for (context,) in coded] == contexts


@pytest.mark.usefixtures("corrected")
def test_a_refused_link_changes_the_facts_of_the_other_pseudonyms(admin):
    assert described(admin, "fct_placement", "placement_no, area_sk", "SC") == [("V1", -1), ("V2", -1)]


PERSONS = " union ".join(
    f"select person_key from core.{feed} where recorded_to = 'infinity' and person_key is not null"  # noqa: S608
    for feed in ("labour_survey", "fair_attendance", "placements")
)
EMPLOYERS = " union ".join(
    f"select sender_code, employer_no from core.{feed} where recorded_to = 'infinity' and employer_no is not null"  # noqa: S608
    for feed in ("employers", "job_orders", "fair_attendance")
)
# what current records of core name, and the rows of the dimension
NAMED = [
    (f"select count(*) from ({PERSONS} union select person_key from ops.person_identity) as named", "dim_person where person_sk > 0"),  # noqa: S608
    (f"select count(*) from ({EMPLOYERS}) as named", "dim_employer where employer_sk > 0"),  # noqa: S608
    (
        f"select count(*) from ({EMPLOYERS}) as named",  # noqa: S608
        "(select distinct employer_sk from marts.dim_employer_version where employer_sk > 0) as employers",
    ),
    ("select count(*) from core.poverty_register where recorded_to = 'infinity'", "dim_household where household_sk > 0"),
]


@pytest.mark.usefixtures("corrected")
@pytest.mark.parametrize(("named", "dimension"), NAMED, ids=["persons", "employers", "versions", "households"])
def test_a_dimension_has_a_row_for_what_current_records_name_and_for_nothing_else(admin, named, dimension):
    relation = dimension if dimension.startswith("(") else f"marts.{dimension}"
    assert admin.execute(named).fetchone() == admin.execute(f"select count(*) from {relation}").fetchone()  # noqa: S608


@pytest.mark.usefixtures("corrected")
def test_a_full_build_changes_nothing_more(admin):
    scoped = content(admin)
    assert transform.build(full=True).build_id
    full = content(admin)
    assert [name for name, rows in full.items() if rows != scoped[name] and not name.startswith(HISTORY)] == []
