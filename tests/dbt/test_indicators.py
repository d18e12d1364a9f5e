"""The indicators of the catalogue from a few rows written by hand; every figure is computed by hand next to it."""

import re
from collections import Counter
from decimal import Decimal

import pytest
from labour_market.cli import app
from labour_market.database import connect
from labour_market.figures.questions import load_questions, run_question
from typer.testing import CliRunner

from tests.dbt.rows import Core, employer, one, person, session, visit
from tests.dbt.test_programme import household, move, step

COUNSELLED = {"794": 13, "795": 3, "796": 7, "797": 9}
COMMUNES = {"794": "27694", "795": "27787", "796": "27721", "797": "27757"}
SEWER = {"title": "công nhân may", "employer_no": "1", "occupation_code": "8153"}
STARTED = {
    "interviewed": True, "interview_result": "passed", "offered": True, "accepted": True, "employer_no": "1", "start_date": "2023-06-12",
}  # fmt: skip


def checked_start(number: int, kind: str, in_job: bool | None, **values) -> dict:
    """A check of the start of the fair's visitor of that number; a year-old one by default."""
    return {
        "placement_no": f"V{number}", "check_kind": kind, "person_key": f"k:{number}", "person_method": "national_id", "in_job": in_job,
        "checked_on": "2023-06-14", "start_date": "2022-06-01", "channel": "counter", **values,
    }  # fmt: skip


def province(core: Core) -> None:
    core.publish("employers", "794", "2023-06", [employer("1")])
    core.publish("job_orders", "794", "2023-06-14", [
        {"order_no": "open", "openings": 14, "posted_on": "2023-06-01", **SEWER},
        {"order_no": "filled", "openings": 4, "posted_on": "2023-06-01", "closed_on": "2023-06-10", "close_reason": "filled", **SEWER},
        {"order_no": "past its deadline", "openings": 6, "posted_on": "2023-06-01", "deadline": "2023-06-05", **SEWER},
        {"order_no": "withdrawn", "openings": 3, "posted_on": "2023-06-05", "closed_on": "2023-06-12",
         "close_reason": "withdrawn", **SEWER},
    ])  # fmt: skip
    for code, counselled in COUNSELLED.items():
        core.publish("labour_survey", code, "2022", [
            person(f"{code}-{n}", commune_code=COMMUNES[code], wants_job=code == "794" and n < 8, wanted_job_text="công nhân may",
                   household_no=f"H{n}") for n in range(20)
        ])  # fmt: skip
        core.publish("fair_attendance", code, "2023-06", [
            visit(str(n), "A", f"k:{code}-{n}", commune_code=COMMUNES[code], sex="female", **(STARTED if code == "794" and n < 6 else {}))
            for n in range(counselled)
        ] + [visit(f"not surveyed {key}", "A", key, sex="female") for key in (None, "k:elsewhere") if code == "797"])  # fmt: skip
        funds = [("subproject_4_3", 60), ("unemployment_insurance", 40)] if code == "794" else [("subproject_4_3", 100)]
        core.publish("fair_sessions", code, "2023-06", [
            session("A", fund, share, kind="fixed", commune_code=COMMUNES[code],
                    cost_settled_vnd=share * 100_000 if code == "794" else None) for fund, share in funds
        ])  # fmt: skip
    # attendance of June may come for 45 days from the first; the others' came today
    core.connection.execute("update ops.batch set delivery_created_at = case sender_code when '794' then '2023-07-15T23:59+07'::timestamptz"
                            " else '2023-07-16T00:00+07' end where feed = 'fair_attendance' and sender_code in ('794', '795')")  # fmt: skip
    # the fair's six starts: five confirmed, one not reached; twelve starts at the counter a year ago
    at_fair = {"channel": "fair", "session_no": "A", "employer_no": "1", "employer_district": "794", "start_date": "2023-06-12"}
    core.publish("placements", "SC", "2023-06", [
        *(checked_start(n, "start", True if n < 5 else None, evidence="contract", **{**at_fair, "person_key": f"k:794-{n}"})
          for n in range(6)),
        *(checked_start(n, kind, in_job, evidence=evidence, person_key=f"k:old-{n}")
          for n, (in_job, evidence) in enumerate([(True, "payslip")] * 18 + [(True, "phone_call")] * 6, 100)
          for kind in ("start",)),
        *(checked_start(n, "m3", in_job, person_key=f"k:old-{n}") for n, in_job in enumerate([True] * 12 + [False] * 6 + [None] * 6, 100)),
    ])  # fmt: skip
    for period, as_of, standard, poor in (
        ("2021", "2021-12-31", "2016-2020", 30), ("2022-01", "2022-01-01", "2022-2025", 20), ("2022", "2022-12-31", "2022-2025", 17),
    ):  # fmt: skip
        core.publish("poverty_register", "DOLISA", period, [
            household(f"H{n}", "poor" if n < poor else "other", as_of, standard_version=standard) for n in range(50)
        ])  # fmt: skip
    core.publish("programme_plans", "DOLISA", "2022", [
        step("794", "submitted", "2022-10-10"), step("794", "approved", "2022-11-20"), step("803", "not_submitted", "2022-10-01"),
    ])  # fmt: skip
    core.publish("budget_movements", "DOLISA", "2022", [
        move("1", "allocation", 100, "2022-11-01"), move("2", "disbursement", 70, "2022-12-01"),
        move("3", "carry_over_out", 30, "2022-12-31"),
    ])  # fmt: skip
    core.publish("budget_movements", "DOLISA", "2023-06", [
        move("4", "carry_over_in", 30, "2023-01-31", 2023), move("5", "disbursement", 20, "2023-03-31", 2023),
    ])  # fmt: skip


@pytest.fixture
def cell(admin):
    """(numerator, denominator, value) of one cell of bi.indicator; the province and everybody by default."""

    def one_cell(metric, period, breakdown="all", area_code="all", area_mode="as_reported"):
        return admin.execute(
            "select numerator, denominator, value from bi.indicator"
            " where metric = %s and period = %s and breakdown = %s and area_code = %s and area_mode = %s",
            [metric, period, breakdown, area_code, area_mode],
        ).fetchone()

    return one_cell


def test_openings_are_a_stock_of_open_orders_and_a_flow_of_posted_ones(cell):
    """Posted 14 + 4 + 6 + 3; on the reporting cutoff date only the 14 are neither closed nor past their deadline."""
    assert cell("openings_flow", "2023-06")[2] == 27
    assert cell("openings_stock", "2023-06")[2] == 14


def test_tension_is_open_openings_over_live_wishes_at_level_2(cell):
    """Eight wished for work; six of them started at the fair, and a wish ends with a start: 14 to 2, too few to be shown."""
    assert cell("jobseekers_stock", "2023-Q2") == (None, None, None)
    assert cell("tension", "2023-Q2", "occupation=81") == (None, None, None)
    assert cell("jobseekers_flow", "2022-10")[2] == 8


def test_a_cohort_keeps_open_orders_apart_from_its_fill_rate(cell):
    """Ended 4 + 6 + 3 = 13 of 27, filled 4 of them."""
    assert cell("fill_rate", "2023-06") == (4, 13, Decimal("0.3077"))
    assert cell("still_open", "2023-06") == (14, 27, Decimal("0.5185"))


def test_time_to_fill_counts_open_orders(cell):
    """One of four was filled, on day 9, when three were still open (one had been withdrawn on day 7): a quarter by then, no median.

    The last one was observed for 13 days, so nothing is known of day 30 and later.
    """
    assert cell("time_to_fill", "2023-Q2") == (1, 4, None)
    assert cell("time_to_fill_p25", "2023-Q2") == (1, 4, 9)
    assert [cell(f"filled_within_{days}_days", "2023-Q2") for days in (30, 60, 90, 180)] == [(1, 4, None)] * 4


def test_a_session_yields_starts_for_its_employers_and_its_final_cost(cell, admin):
    """Six persons started at the only employer, for 10 million; the month has sessions that are not settled, so no rate of money.

    What 794 gave is hidden with its funnel; the commune of today and the former district have the same figures.
    """
    exact = admin.execute(
        "select metric, period_kind, area_mode, area_code, numerator::int, round(denominator), value from indicators.indicator_cell"
        " where metric in ('started_per_employer', 'started_per_million_vnd') and numerator > 0 and area_code <> 'all' and is_suppressed"
    ).fetchall()
    places = [("as_reported", "794"), ("restated", "27694"), ("restated_former_district", "794")]
    assert sorted(exact) == sorted(
        (*figure[:1], period_kind, *place, 6, *figure[1:])
        for figure in (("started_per_employer", 1, 6), ("started_per_million_vnd", 10, Decimal("0.60")))
        for period_kind in ("session", "month", "half", "year")
        for place in places
    )
    assert cell("started_per_employer", "2023-06") == (6, 1, 6)
    assert cell("started_per_million_vnd", "2023-06")[2] is None
    assert cell("sessions", "2023-06")[2] == 4
    assert [cell("sessions", "2023-06", area_mode=mode, area_code=area)[2] for mode, area in places] == [1, 1, 1]


def test_cost_is_final_cost_over_confirmed_starts_and_few_starts_are_hidden(cell):
    """10 million for 5 confirmed starts; each fund pays for a part, 3 and 2 starts, which are too few to show."""
    assert cell("cost_per_placement", "2023") == (10_000_000, 5, 2_000_000)
    assert cell("cost_per_placement", "2023", "kind=fixed") == (10_000_000, 5, 2_000_000)
    assert cell("cost_per_placement", "2023", "fund=subproject_4_3") == (None, None, None)


def test_a_match_is_confirmed_by_evidence_and_a_call_is_none(cell):
    assert cell("successful_match", "2022") == (18, 24, Decimal("0.7500"))


def test_unknown_is_neither_in_the_job_nor_lost(cell):
    """Of 24 checks after three months 12 found the job, 6 found it lost and 6 did not reach the person: 12/18, 6/18 and 6/24."""
    assert cell("sustained_m3", "2022") == (12, 18, Decimal("0.6667"))
    assert cell("lost_m3", "2022") == (6, 18, Decimal("0.3333"))
    assert cell("not_reached_m3", "2022") == (6, 24, Decimal("0.2500"))


def test_carried_money_is_in_the_year_spent_with_its_age(cell):
    assert cell("disbursement_rate", "2022") == (70, 100, Decimal("0.7000"))
    assert cell("carry_over_rate", "2022") == (30, 100, Decimal("0.3000"))
    assert cell("disbursement_rate", "2023") == (20, 30, Decimal("0.6667"))
    assert cell("age_of_money", "2023", "fund_type=recurrent;fund_year=2022") == (20, 20, Decimal("1.00"))


def test_the_fall_in_poverty_names_its_baseline_and_stays_within_a_standard(cell, admin):
    """20 to 17 is exactly 15%; 30 to 17, against the other standard, is no figure at all."""
    assert cell("poverty_reduction", "2022", "standard=2022-2025;baseline=2022-01") == (3, 20, Decimal("0.1500"))
    assert one(admin, "select count(*) from bi.indicator where metric = 'poverty_reduction'") == 1
    assert cell("poor_rate", "2021", "standard=2016-2020")[2] == Decimal("0.6")
    assert cell("poor_rate", "2022", "standard=2022-2025")[2] == Decimal("0.34")


def test_a_household_whose_member_started_has_a_placement(cell):
    """Seventeen poor households; six of their members started at the fair, none is six months on: 11 have no member placed."""
    assert cell("poor_household_unplaced_rate", "2022", "standard=2022-2025")[:2] == (11, 17)
    assert cell("poor_household_coverage", "2022", "standard=2022-2025") == (0, 17, 0)


def test_a_start_of_a_later_year_places_no_household_of_an_earlier_review(cell):
    """The six started on 12 June 2023, more than a year after the reviews of 31 December 2021 and 1 January 2022."""
    assert cell("poor_household_unplaced_rate", "2021", "standard=2016-2020") == (30, 30, 1)
    assert cell("poor_household_unplaced_rate", "2022-01", "standard=2022-2025") == (20, 20, 1)


def test_the_next_smallest_cell_is_hidden_with_a_hidden_one(admin):
    """3 of 795 are too few; with the province's 32 and the others' 13, 7 and 9 shown, they could be computed by subtraction.

    The smallest of the others is 794: of its 13 eight state a need, and 5 do not.
    """
    rows = admin.execute(
        "select area_code, numerator::int, is_suppressed from bi.indicator where metric = 'counselling_coverage_a' and breakdown = 'all'"
        " and area_mode = 'as_reported' order by 1"
    ).fetchall()
    assert rows == [("794", None, True), ("795", None, True), ("796", 7, False), ("797", 9, False), ("all", 32, False)]


def test_coverage_is_of_those_who_were_surveyed_and_in_the_year_of_their_round(cell):
    """Twenty were surveyed in each of four districts; eight state a need, all of them counselled. Two visitors were not surveyed."""
    assert cell("counselling_coverage_a", "2022") == (32, 80, Decimal("0.4000"))
    assert cell("counselling_coverage_b", "2022") == (8, 8, Decimal("1.0000"))
    assert cell("counselled_persons", "2023")[2] == 34


def test_what_is_hidden_of_a_district_is_hidden_of_its_communes_in_every_mode(admin):
    rows = admin.execute(
        "select area_mode, count(*) filter (where is_suppressed), count(*) from bi.indicator"
        " where metric = 'counselling_coverage_a' and breakdown = 'all' and area_code <> 'all' group by 1 order by 1"
    ).fetchall()
    assert [row[0] for row in rows] == ["as_reported", "restated", "restated_former_district"]
    assert all(hidden >= 2 for _, hidden, _ in rows)
    exact = admin.execute(
        "select metric, period, breakdown, area_mode, persons, is_suppressed from indicators.indicator_cell"
        " where persons > 0 and area_code <> 'all'"
    ).fetchall()
    hidden = Counter((m, p, b, mode) for m, p, b, mode, _, suppressed in exact if suppressed)
    visible = {(m, p, b, mode) for m, p, b, mode, _, suppressed in exact if not suppressed}
    assert [total for total, count in hidden.items() if count == 1 and total in visible] == []
    assert [row for row in exact if row[4] < 5 and not row[5]] == []


def test_every_indicator_is_defined_once_and_counted(admin):
    defined = [metric for (metric,) in admin.execute("select metric from bi.metric_definition")]
    all_metrics = {metric for (metric,) in admin.execute("select distinct metric from bi.indicator")}
    assert len(defined) == len(set(defined))
    # no start was checked after six months or more here, and no order is for a trade of the province
    silent = {f"{name}_{months}" for name in ("sustained", "lost", "not_reached") for months in ("m6", "m12")}
    assert set(defined) - all_metrics == {"openings_ordered"} | silent
    assert all_metrics <= set(defined)


def test_the_long_view_is_read_in_a_moment(built):
    with connect("bi_reader", autocommit=True) as reader:
        plan = reader.execute("explain (analyze, format json) select * from bi.indicator").fetchone()
    assert plan[0][0]["Execution Time"] < 2000


@pytest.fixture
def answer(built):
    def rows_of(name, **given):
        with connect("bi_reader", autocommit=True) as reader:
            return run_question(reader, load_questions()[name], given)[1]

    return rows_of


def test_which_districts_had_no_approved_plan_is_asked_of_a_day(answer):
    """794 was approved on 20 November 2022; fourteen others sent nothing or reported not submitted."""
    before = {row[0]: row[2] for row in answer("plans_not_approved", day="2022-11-19")}
    after = {row[0]: row[2] for row in answer("plans_not_approved", day="2022-11-20")}
    assert len(before) == 15
    assert before.keys() - after.keys() == {"794"}
    assert (before["794"], before["803"], before["795"]) == ("submitted", "not_submitted", "unknown")


def test_which_occupations_were_tense_is_asked_of_a_threshold(answer, admin):
    """Seekers are too few to be shown in 794, so 794 is not listed at any threshold."""
    assert answer("tense_occupations", districts="794", more_than="0") == []


def test_poor_households_without_placement_are_listed_by_commune_of_today(answer):
    """All seventeen are in one commune, which became part of Phường Long An; the province comes first."""
    assert [(row[0], int(row[2]), int(row[3])) for row in answer("poor_households_without_placement", vintage="2022")] == [
        ("all", 11, 17),
        ("27694", 11, 17),
    ]


def test_uncodable_titles_in_agriculture_are_the_most_frequent_first(answer, admin):
    admin.execute(
        "insert into ops.title_coding (title_key, context, title, level, method, score, seen_count, first_seen, last_seen, coder_version)"
        " select t, '', t, 0, 'none', 0, n, '2023-06-01', '2023-06-01', 'x' from (values ('làm vườn gì đó', 7), ('nuôi con gì đó', 9),"
        " ('ngồi văn phòng', 50), ('làm rẫy gì đó', 4)) as said (t, n)"
    )
    assert [row[:2] for row in answer("uncodable_titles_in_agriculture")] == [("nuôi con gì đó", 9), ("làm vườn gì đó", 7)]


def test_a_question_says_what_it_asks_and_binds_its_parameters(built):
    questions = load_questions()
    assert len(questions) == 5
    for question in questions.values():
        assert question.text_vi
        assert question.text_en
        assert set(re.findall(r"%\((\w+)\)s", question.query)) - {"time_zone"} == set(question.defaults)
    run = CliRunner()
    listed = run.invoke(app, ["question"])
    assert listed.exit_code == 0
    assert "day=2023-06-30: ngày | day" in listed.output
    assert run.invoke(app, ["question", "plans_not_approved", "--set", "day=2022-11-20'; drop table x"]).exit_code == 2
    assert run.invoke(app, ["question", "plans_not_approved", "--set", "dya=2022-11-20"]).exit_code == 2
    assert '"unit_code": "803"' in run.invoke(app, ["question", "plans_not_approved", "--set", "day=2022-11-20", "--json"]).output


def test_the_funnel_hides_a_session_from_which_a_small_one_could_be_computed(admin):
    """3 of 795 are too few, and all of June are known: 34. The next smallest is hidden too: 794, where six of thirteen started."""
    funnel = admin.execute("select sender_code, attended, started from bi.fair_funnel where measure = 'persons' order by 1").fetchall()
    assert funnel == [("794", None, None), ("795", None, None), ("796", 7, 0), ("797", 11, 0), ("all", 34, 6)]


def test_a_delivery_is_on_time_until_the_last_day_that_its_contract_allows(cell):
    """794 came on the 45th day, a minute before midnight; 795 at midnight, two others today."""
    assert cell("on_time_rate", "all", "feed=fair_attendance") == (1, 4, Decimal("0.25"))
    assert cell("on_time_rate", "all", "feed=fair_attendance", area_code="795") == (0, 1, 0)
