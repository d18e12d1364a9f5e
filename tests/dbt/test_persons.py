"""Persons under two numbers, households and employers with a history in the star, from a few rows written by hand."""

import json
from decimal import Decimal

import pytest
from labour_market import transform
from labour_market.cli import app
from labour_market.database import connect
from labour_market.errors import UsageError
from labour_market.persons import links
from typer.testing import CliRunner

from tests.dbt.rows import Core, employer, one, person, session, visit
from tests.dbt.test_programme import check, household

BRANCH, ENTERPRISE = {"tax_code_kind": "branch"}, {"tax_code_kind": "enterprise", "tax_code": "0300588569"}
OLD = {"person_method": "old_id"}
FORM = {"person_method": "form"}


def at_fair(number: str, key: str | None, match: str | None = None, **values) -> dict:
    return visit(number, values.pop("session_no", "A"), key, **{"sex": "female", "match_key": match, **values})


def province(core: Core) -> None:
    """Anh once by the old and once by the new number; two Hoas born on one day; Phượng by a form and by a number; Ân, who left poverty."""
    core.publish("labour_survey", "794", "2022", [
        person("1", person_key="k:anh-9", match_key="m:anh", priority_groups=["poor"], commune_code="27697", **OLD),
        person("2", person_key="k:anh-9", match_key="m:anh", surveyed_on="2022-10-09", **OLD),
        person("3", person_key="k:hoa-9", match_key="m:hoa", **OLD),
        person("4", person_key="k:phuong-form", match_key="m:phuong", commune_code="27697", **FORM),
        person("5", person_key="k:an", priority_groups=["poor"], household_no="H1"),
        person("6", person_key="k:binh", household_no="H1", activity_status="unemployed"),
        person("7", person_key="k:dung", household_no="H1", commune_code="27697"),
    ])  # fmt: skip
    core.publish("fair_sessions", "794", "2023-06", [session("A"), session("B", held_on="2023-06-20", kind="commune_counselling")])
    core.publish("fair_attendance", "794", "2023-06", [
        at_fair("1", "k:anh-12", "m:anh"), at_fair("2", "k:anh-12", session_no="B", commune_code=None, counselled=False),
        at_fair("3", "k:hoa-12", "m:hoa"), at_fair("4", "k:hoa-12-too", "m:hoa"),
        at_fair("5", "k:phuong-12", "m:phuong"), at_fair("6", None, "m:anh"), at_fair("7", "k:an", session_no="B"),
    ])  # fmt: skip
    core.publish("poverty_register", "DOLISA", "2022-01", [household("H1", "poor", "2022-01-01"), household("H2", "poor", "2022-01-01")])
    core.publish("poverty_register", "DOLISA", "2022", [household("H1", "near_poor")])
    core.publish("poverty_register", "DOLISA", "2024", [household("H1", "poor", "2024-12-31")])
    core.publish("employers", "794", "2023-05", [employer("1", size_band="small", surveyed_on="2023-05-02", **ENTERPRISE)])
    core.publish("employers", "794", "2023-06", [
        employer("1", size_band="medium", name="Công ty Một", **ENTERPRISE), employer("2", tax_code="0300588569-001", **BRANCH),
        employer("3", tax_code="0312345678-001", **BRANCH),
    ])  # fmt: skip
    core.publish("employers", "794", "2025-06", [employer("1", size_band="medium", name="Công ty Một", headcount=99, **ENTERPRISE)])
    core.publish("employers", "803", "2023-06", [
        employer("1", commune_code="28003", **ENTERPRISE), employer("2", tax_code="0300588569-002", commune_code="28003", **BRANCH),
    ])  # fmt: skip
    core.publish(
        "job_orders", "794", "2023-05", [{"order_no": "1", "employer_no": "1", "title": "may", "posted_on": "2023-05-20", "openings": 1}]
    )
    core.publish(
        "job_orders", "794", "2023-06", [{"order_no": "2", "employer_no": "1", "title": "may", "posted_on": "2023-06-20", "openings": 1}]
    )
    core.publish("placements", "SC", "2023-05", [
        check("V1", "start", "k:an", True, start_date="2023-06-12"), check("V2", "start", "k:anh-9", True, start_date="2023-06-12", **OLD),
    ])  # fmt: skip


def by_alias(state: str | None = None) -> dict[tuple[str, str], dict]:
    with connect("steward") as connection:
        return {(link["alias_key"], link["person_key"]): link for link in links.links(connection, state)}


def persons_of(admin, form_no: str) -> tuple:
    """The person of a form, and how many pseudonyms identify that person."""
    query = (
        "select p.person_method, (select count(*) from marts.dim_person as a where a.same_person_sk = p.person_sk)"
        " from marts.fct_labour_supply as f join marts.dim_person as p using (person_sk) where f.form_no = %s"
    )
    return admin.execute(query, [form_no]).fetchone()


def test_an_old_number_and_a_new_one_of_one_name_birth_sex_and_commune_are_one_person(admin):
    """Anh: two forms, two visits and a placement, under two numbers; the walk-in of that name stays unknown."""
    keys = "select person_sk from marts.{} where {}"
    person_keys = [
        one(admin, keys.format("fct_labour_supply", "form_no = '1'")),
        one(admin, keys.format("fct_labour_supply", "form_no = '2'")),
        one(admin, keys.format("fct_fair_attendance", "session_no = 'B' and not is_counselled")),
        one(admin, keys.format("fct_placement", "placement_no = 'V2'")),
    ]
    assert len(set(person_keys)) == 1
    assert persons_of(admin, "1") == ("national_id", 1)
    seen = "select link_state, link_method, link_score, person_method from marts.dim_person where same_person_sk > 0"
    assert admin.execute(seen).fetchall() == [("linked", "name_birth_sex_commune", Decimal("0.95"), "old_id")]
    assert one(admin, "select count(*) from marts.fct_fair_attendance where person_sk = -1") == 1


def test_homonyms_of_one_birthday_stay_two_persons_and_are_not_linked_by_rule(admin):
    assert one(admin, "select count(distinct person_sk) from marts.fct_fair_attendance where person_sk <> -1") == 5
    pairs = by_alias("proposed")
    assert {("k:hoa-9", "k:hoa-12"), ("k:hoa-9", "k:hoa-12-too")} <= pairs.keys()
    assert ("k:hoa-12", "k:hoa-12-too") not in by_alias()


def test_a_form_without_a_number_is_proposed_and_never_linked_by_rule(admin):
    link = by_alias("proposed")["k:phuong-form", "k:phuong-12"]
    assert (link["method"], link["decided_by"]) == ("name_birth_sex", "rule")
    assert persons_of(admin, "4") == ("form", 0)


def test_the_latest_address_is_kept_when_a_later_sighting_has_none(admin):
    """Anh lived in 27697 on 10 October 2022 and in 27694 on 10 June 2023; the visit of 20 June has no address."""
    anh = (
        "select area.code, last_seen_on::text from marts.dim_person as p join marts.dim_area as area using (area_sk)"
        " where person_sk = (select person_sk from marts.fct_placement where placement_no = 'V2')"
    )
    assert one(admin, anh) == ("27694", "2023-06-20")


def test_the_group_of_a_start_is_that_of_the_last_sighting_on_or_before_it(admin):
    """Ân was poor in October 2022, started on 12 June 2023, and was poor no more on 20 June."""
    assert one(admin, "select is_poor from marts.fct_placement where placement_no = 'V1'") is True
    assert one(admin, "select is_poor from marts.fct_fair_attendance where session_no = 'B' and is_counselled") is False
    assert one(admin, "select bool_or(is_poor) from marts.dim_person where last_seen_on = '2023-06-20'") is False


def test_a_counselling_is_a_visit_with_counselling_and_a_commune_session_is_its_own_channel(admin):
    """Five at the fair, the walk-in among them, and Ân in the commune; Anh was there too and was not counselled."""
    rows = admin.execute(
        "select channel, count(*), count(*) filter (where person_sk = -1) from marts.fct_counselling group by 1 order by 1"
    )
    assert rows.fetchall() == [("commune", 1, 0), ("fair", 5, 1)]
    days = "select distinct counselled_date_sk, is_poor from marts.fct_counselling where channel = 'commune'"
    assert one(admin, days) == (20230620, False)


def test_a_household_of_a_vintage_has_the_persons_of_its_number_and_commune(admin):
    """H1 of 27694 has Ân and Bình in both vintages around the survey; H1 of another commune, and of two years later, has no person."""
    rows = admin.execute(
        "select vintage, link_method, count(*), min(days_apart) from intermediate.int_household_members__linked group by 1, 2 order by 1"
    ).fetchall()
    assert rows == [("2022", "number_and_commune", 2, 82), ("2022-01", "number_and_commune", 2, 282)]
    placed = (
        "select count(distinct p.person_sk) from intermediate.int_household_members__linked as b"
        " join marts.fct_poverty_household as h using (household_sk) join marts.fct_placement as p using (person_sk)"
        " where b.vintage = '2022-01' and h.is_poor"
    )
    assert one(admin, placed) == 1


PARENTS = (
    "select branch.sender_code, branch.employer_no, parent.sender_code, parent.employer_no from marts.dim_employer as branch"
    " join marts.dim_employer as parent on parent.employer_sk = branch.parent_employer_sk"
    " where branch.tax_code_kind = 'branch' order by 1, 2"
)


def test_a_branch_names_its_parent_in_its_own_district_first(admin):
    assert admin.execute(PARENTS).fetchall() == [
        ("794", "2", "794", "1"), ("794", "3", "unknown", "unknown"), ("803", "2", "803", "1"),
    ]  # fmt: skip
    assert one(admin, "select count(*) from marts.dim_employer where tax_code_kind = 'enterprise' and parent_employer_sk <> -2") == 0


def test_an_employer_has_a_version_for_each_change_and_a_fact_finds_that_of_its_day(admin):
    """Employer 1 grew and took another name in June 2023; in 2025 only the headcount is another, which makes no version."""
    versions = (
        "select valid_from::text, valid_to::text, is_current, v.name, v.size_band from marts.dim_employer_version as v"
        " join marts.dim_employer as e using (employer_sk) where e.sender_code = '794' and e.employer_no = '1' order by 1"
    )
    assert admin.execute(versions).fetchall() == [
        ("1900-01-01", "2023-06-01", False, "Công ty 1", "small"), ("2023-06-01", "infinity", True, "Công ty Một", "medium"),
    ]  # fmt: skip
    on_the_day = (
        "select o.order_no, v.size_band from marts.fct_job_order as o join marts.dim_date as d on o.posted_date_sk = d.date_sk"
        " join marts.dim_employer_version as v on o.employer_sk = v.employer_sk and v.valid_from <= d.date_day and d.date_day < v.valid_to"
        " order by 1"
    )
    assert admin.execute(on_the_day).fetchall() == [("1", "small"), ("2", "medium")]
    assert one(admin, "select size_band from marts.dim_employer where sender_code = '794' and employer_no = '1'") == "medium"


@pytest.fixture(scope="module")
def decided(built: str) -> dict[str, int]:
    """Phượng confirmed, the first Hoa refused, and another person with Anh's name added later; built again."""
    numbers = {key[1]: link["link_id"] for key, link in by_alias("proposed").items()}
    with connect("steward", autocommit=True) as connection:
        links.confirm(connection, numbers["k:phuong-12"], by="chị Lan", because="đã xem phiếu gốc")
        links.refuse(connection, numbers["k:hoa-12"], by="chị Lan", because="hai người khác nhau")
    with connect("loader", autocommit=True) as connection:
        Core(connection).publish("fair_sessions", "803", "2023-06", [session("C")])
        Core(connection).publish("fair_attendance", "803", "2023-06", [at_fair("1", "k:anh-12-too", "m:anh", session_no="C")])
        Core(connection).publish("employers", "803", "2023-05", [
            employer("7", tax_code="0312345678", tax_code_kind="enterprise", commune_code="28003", surveyed_on="2023-05-02"),
        ])  # fmt: skip
    transform.build()
    return numbers


def test_a_confirmed_link_is_in_the_facts_and_in_the_trail(decided, admin):
    assert persons_of(admin, "4") == ("national_id", 1)
    trail = "select state, decided_by, reason from ops.person_link where alias_key = 'k:phuong-form' order by link_id"
    assert admin.execute(trail).fetchall() == [
        ("proposed", "rule", "for a steward to decide"),
        ("confirmed", "chị Lan", "đã xem phiếu gốc"),
    ]


def test_a_later_homonym_revokes_the_automatic_link(decided, admin):
    assert persons_of(admin, "1") == ("old_id", 0)
    states = "select state, reason from ops.person_link where alias_key = 'k:anh-9' and person_key = 'k:anh-12' order by link_id"
    assert admin.execute(states).fetchall()[-1] == ("proposed", "no longer unique")
    assert one(admin, "select count(distinct person_sk) from marts.fct_placement") == 2


def test_a_refused_pair_never_comes_back_and_a_pseudonym_is_one_person(decided, admin):
    assert by_alias("refused").keys() == {("k:hoa-9", "k:hoa-12")}
    assert by_alias("proposed").keys() >= {("k:hoa-9", "k:hoa-12-too")}
    with connect("steward") as connection:
        with pytest.raises(UsageError, match="cannot be confirmed"):
            links.confirm(connection, decided["k:hoa-12"], by="x", because="y")
        links.confirm(connection, decided["k:hoa-12-too"], by="x", because="y")
        with pytest.raises(UsageError, match="needs a reason"):
            links.refuse(connection, decided["k:hoa-12-too"], by="x", because=" ")
        connection.rollback()


def test_the_ledger_of_links_is_only_added_to(built):
    for role in ("steward", "transformer"):
        with connect(role) as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute("update ops.person_link set state = 'confirmed'")


def test_a_parent_that_comes_later_and_elsewhere_is_found(decided, admin):
    assert ("794", "3", "803", "7") in admin.execute(PARENTS).fetchall()


def test_a_steward_reads_and_decides_from_a_terminal(built):
    listed = CliRunner().invoke(app, ["person", "links", "--state", "proposed", "--json"])
    assert listed.exit_code == 0, listed.output
    found = json.loads(listed.stdout)
    assert found and {tuple(link) for link in found} == {links.COLUMNS}
    assert {link["state"] for link in found} == {"proposed"}
    refused_unknown = CliRunner().invoke(app, ["person", "refuse", "999999", "--by", "x", "--because", "y"])
    assert refused_unknown.exit_code == 2
    done = CliRunner().invoke(app, ["person", "refuse", str(found[-1]["link_id"]), "--by", "chị Lan", "--because", "hai người"])
    assert done.exit_code == 0, done.output
    with connect("steward") as connection:
        last = next(link for link in links.links(connection, "refused") if link["alias_key"] == found[-1]["alias_key"])
        assert (last["decided_by"], last["reason"]) == ("chị Lan", "hai người")
        connection.rollback()


def test_a_check_under_the_other_number_of_a_person_is_a_check_of_the_start_at_the_fair(admin, core):
    """The attendance has Lan's new number; the service centre checks the job under the old one, in another delivery."""
    core.publish("fair_sessions", "803", "2023-06", [session("L", commune_code="28003")])
    took = {"interviewed": True, "interview_result": "passed", "offered": True, "accepted": True, "start_date": "2023-06-12"}
    core.publish("fair_attendance", "803", "2023-06", [at_fair("1", "k:lan-12", "m:lan", session_no="L", commune_code="28003", **took)])
    core.publish("labour_survey", "803", "2022", [person("L", person_key="k:lan-9", match_key="m:lan", commune_code="28003", **OLD)])
    transform.build()
    check_of_start = "select check_start from marts.fct_placement where sender_code = '803' and session_no = 'L'"
    assert admin.execute(check_of_start).fetchall() == [("not_checked",)]
    first_check = check("L1", "start", "k:lan-9", True, start_date="2023-06-12", session_no="L", channel="fair", **OLD)
    core.publish("placements", "SC", "2023-06", [first_check])
    transform.build()
    assert admin.execute(check_of_start).fetchall() == [("in_job",)]
