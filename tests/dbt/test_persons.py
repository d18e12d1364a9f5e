"""Persons under two numbers in the star, from a few rows laid by hand: what is linked, by whom, and what is frozen."""

from decimal import Decimal

import pytest
from labour_market import transform
from labour_market.database import connect
from labour_market.persons import links

from tests.dbt.rows import Core, one, person, session, visit
from tests.dbt.test_programme import check

OLD = {"person_method": "old_id"}
FORM = {"person_method": "form"}


def at_fair(number: str, key: str | None, match: str | None = None, **values) -> dict:
    return visit(number, values.pop("session_no", "A"), key, **{"sex": "female", "match_key": match, **values})


def province(core: Core) -> None:
    """Anh once by the old and once by the new number; two Hoas of one birthday; Phượng by a form and by a number; Ân, who left poverty."""
    core.publish("labour_survey", "794", "2022", [
        person("1", person_key="k:anh-9", match_key="m:anh", priority_groups=["poor"], commune_code="27697", **OLD),
        person("2", person_key="k:anh-9", match_key="m:anh", surveyed_on="2022-10-09", **OLD),
        person("3", person_key="k:hoa-9", match_key="m:hoa", **OLD),
        person("4", person_key="k:phuong-form", match_key="m:phuong", commune_code="27697", **FORM),
        person("5", person_key="k:an", priority_groups=["poor"]),
    ])  # fmt: skip
    core.publish("fair_sessions", "794", "2023-06", [session("A"), session("B", held_on="2023-06-20", kind="commune_counselling")])
    core.publish("fair_attendance", "794", "2023-06", [
        at_fair("1", "k:anh-12", "m:anh"), at_fair("2", "k:anh-12", session_no="B", commune_code=None, counselled=False),
        at_fair("3", "k:hoa-12", "m:hoa"), at_fair("4", "k:hoa-12-too", "m:hoa"),
        at_fair("5", "k:phuong-12", "m:phuong"), at_fair("6", None, "m:anh"), at_fair("7", "k:an", session_no="B"),
    ])  # fmt: skip
    core.publish("placements", "SC", "2023-05", [
        check("V1", "start", "k:an", True, start_date="2023-06-12"), check("V2", "start", "k:anh-9", True, start_date="2023-06-12", **OLD),
    ])  # fmt: skip


def by_alias(state: str | None = None) -> dict[tuple[str, str], dict]:
    with connect("steward") as connection:
        return {(link["alias_key"], link["person_key"]): link for link in links.links(connection, state)}


def persons_of(admin, form_no: str) -> tuple:
    """The person of a form, and how many pseudonyms stand for that person."""
    query = (
        "select p.person_method, (select count(*) from marts.dim_person as a where a.same_person_sk = p.person_sk)"
        " from marts.fct_labour_supply as f join marts.dim_person as p using (person_sk) where f.form_no = %s"
    )
    return admin.execute(query, [form_no]).fetchone()


def test_an_old_number_and_a_new_one_of_one_name_birth_sex_and_commune_are_one_person(admin):
    """Anh: two forms, two visits and a placement, under two numbers; the walk-in of that name stays nobody."""
    keys = "select person_sk from marts.{} where {}"
    told = [
        one(admin, keys.format("fct_labour_supply", "form_no = '1'")),
        one(admin, keys.format("fct_labour_supply", "form_no = '2'")),
        one(admin, keys.format("fct_fair_attendance", "session_no = 'B' and not is_counselled")),
        one(admin, keys.format("fct_placement", "placement_no = 'V2'")),
    ]
    assert len(set(told)) == 1
    assert persons_of(admin, "1") == ("national_id", 1)
    seen = "select link_state, link_method, link_score, person_method from marts.dim_person where same_person_sk is not null"
    assert admin.execute(seen).fetchall() == [("linked", "name_birth_sex_commune", Decimal("0.95"), "old_id")]
    assert one(admin, "select count(*) from marts.fct_fair_attendance where person_sk = -1") == 1


def test_homonyms_of_one_birthday_stay_two_persons_and_no_rule_chooses_between_them(admin):
    assert one(admin, "select count(distinct person_sk) from marts.fct_fair_attendance where person_sk <> -1") == 5
    pairs = by_alias("proposed")
    assert {("k:hoa-9", "k:hoa-12"), ("k:hoa-9", "k:hoa-12-too")} <= pairs.keys()
    assert ("k:hoa-12", "k:hoa-12-too") not in by_alias()


def test_a_form_without_a_number_is_proposed_and_never_linked_by_rule(admin):
    link = by_alias("proposed")["k:phuong-form", "k:phuong-12"]
    assert (link["method"], link["decided_by"]) == ("name_birth_sex", "rule")
    assert persons_of(admin, "4") == ("form", 0)


def test_the_address_told_last_wins_and_a_sighting_without_one_does_not_take_it_away(admin):
    """Anh told 27697 on 10 October 2022 and 27694 on 10 June 2023; on 20 June nothing."""
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


@pytest.fixture(scope="module")
def decided(built: str) -> dict[str, int]:
    """Phượng confirmed, the first Hoa refused, and a namesake of Anh that comes later; built again."""
    numbers = {key[1]: link["link_id"] for key, link in by_alias("proposed").items()}
    with connect("steward", autocommit=True) as connection:
        links.confirm(connection, numbers["k:phuong-12"], by="chị Lan", because="đã xem phiếu gốc")
        links.refuse(connection, numbers["k:hoa-12"], by="chị Lan", because="hai người khác nhau")
    with connect("loader", autocommit=True) as connection:
        Core(connection).publish("fair_sessions", "803", "2023-06", [session("C")])
        Core(connection).publish("fair_attendance", "803", "2023-06", [at_fair("1", "k:anh-12-too", "m:anh", session_no="C")])
    transform.build()
    return numbers


def test_what_a_steward_confirms_the_facts_say_and_the_trail_keeps_it(decided, admin):
    assert persons_of(admin, "4") == ("national_id", 1)
    trail = "select state, decided_by, reason from ops.person_link where alias_key = 'k:phuong-form' order by link_id"
    assert admin.execute(trail).fetchall() == [
        ("proposed", "rule", "for a steward to decide"),
        ("confirmed", "chị Lan", "đã xem phiếu gốc"),
    ]


def test_a_homonym_that_comes_later_takes_the_rules_link_back(decided, admin):
    assert persons_of(admin, "1") == ("old_id", 0)
    states = "select state, reason from ops.person_link where alias_key = 'k:anh-9' and person_key = 'k:anh-12' order by link_id"
    assert admin.execute(states).fetchall()[-1] == ("proposed", "no longer unique")
    assert one(admin, "select count(distinct person_sk) from marts.fct_placement") == 2


def test_a_refused_pair_never_comes_back_and_a_pseudonym_is_one_person(decided, admin):
    assert by_alias("refused").keys() == {("k:hoa-9", "k:hoa-12")}
    assert by_alias("proposed").keys() >= {("k:hoa-9", "k:hoa-12-too")}
    with connect("steward") as connection:
        with pytest.raises(ValueError, match="cannot be confirmed"):
            links.confirm(connection, decided["k:hoa-12"], by="x", because="y")
        links.confirm(connection, decided["k:hoa-12-too"], by="x", because="y")
        with pytest.raises(ValueError, match="needs a reason"):
            links.refuse(connection, decided["k:hoa-12-too"], by="x", because=" ")
        connection.rollback()


def test_the_ledger_of_links_is_only_added_to(built):
    for role in ("steward", "transformer"):
        with connect(role) as connection, pytest.raises(Exception, match="permission denied"):
            connection.execute("update ops.person_link set state = 'confirmed'")
