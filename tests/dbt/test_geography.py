"""Geography through two reforms, in a real build: the bridges, the area modes of the views, and facts dated on both sides of a reform."""

import re
from decimal import Decimal

import pytest
from labour_market.settings import DBT_DIR

from tests.dbt.rows import Core, employer, person, session, visit
from tests.dbt.test_trace import UNEQUAL

MODES = ("as_reported", "restated", "restated_former_district")


def province(core: Core) -> None:
    """1,000 seekers of Tân Hòa in 2022; firms in a commune that was split without head-counts, and in 27694 before and after July 2025.

    Sessions of 803 in Tân Hòa, of 794 in the same place and at home; forty persons came to all three, ten of them with an employer.
    """
    core.publish("labour_survey", "803", "2022", [person(str(n), commune_code="28006", wants_job=True) for n in range(1000)])
    core.publish("labour_survey", "794", "2022", [person(f"w{n}", commune_code="27688", wants_job=True) for n in range(7)])
    core.publish("employers", "794", "2025-06", [employer("1", surveyed_on="2025-06-30")])
    core.publish("employers", "803", "2025-07", [employer("2", surveyed_on="2025-07-10")])
    core.publish("employers", "798", "2025-06", [employer("3", commune_code="27829", surveyed_on="2025-06-30")])
    core.publish("employers", "799", "2025-07", [employer("4", commune_code="28006", surveyed_on="2025-07-10")])
    for sender, sessions in {"803": {"A": "28006"}, "794": {"A": "28006", "B": "27694"}}.items():
        core.publish("fair_sessions", sender, "2023-06", [
            session(number, commune_code=commune, cost_settled_vnd=1_000_000) for number, commune in sessions.items()
        ])  # fmt: skip
        core.publish("fair_attendance", sender, "2023-06", [
            visit(f"{number}{n}", number, f"k:{n}", interviewed=n < 10, interview_result="pending" if n < 10 else None,
                  employer_no="1" if n < 10 else None)
            for number in sessions for n in range(40)
        ])  # fmt: skip


@pytest.fixture
def query(admin):
    return lambda statement, *values: admin.execute(statement, values).fetchall()


def test_tan_hoa_is_divided_by_the_published_head_counts(query):
    rows = query(
        "select to_code, round(weight, 3), weight_kind, is_default from marts.bridge_area_succession where from_code = '28006' order by 1"
    )
    assert rows == [
        ("28003", Decimal("0.177"), "published", False),
        ("28009", Decimal("0.232"), "published", False),
        ("28012", Decimal("0.591"), "published", True),
    ]
    steps = query("select to_code, 1000 * weight from marts.bridge_area_succession where from_code = '28006' order by 1")
    assert [round(value, 2) for _, value in steps] == [Decimal("177.19"), Decimal("231.58"), Decimal("591.23")]
    assert sum(value for _, value in steps) == 1000


def test_a_unit_of_2023_reaches_the_communes_of_today_through_two_reforms(query):
    """Each weight is the product of December 2024 and July 2025, worked out here from the bridge by hand."""
    first = query("select to_code, weight from marts.bridge_area_succession where from_code = '28006' and effective_date = '2024-12-01'")
    expected: dict[str, Decimal] = {}
    for middle, weight in first:
        for last, share in query(
            "select to_code, weight from marts.bridge_area_succession where from_code = %s and effective_date = '2025-07-01'", middle
        ):
            expected[last] = expected.get(last, Decimal(0)) + weight * share
    seen = dict(query("select area_code, sum(seekers) from bi.supply_demand_by_occupation where area_mode = 'restated'"
                    " and seekers > 0 and area_code not in ('all', '27694') group by area_code"))  # fmt: skip
    assert expected and seen == {code: 1000 * weight for code, weight in expected.items() if weight}
    assert sum(seen.values()) == 1000


def test_sums_over_the_province_are_equal_in_every_mode(query):
    rows = query("select area_mode, sum(seekers), sum(openings_planned), sum(employed) from bi.supply_demand_by_occupation"
               " where area_code <> 'all' group by 1 order by 1")  # fmt: skip
    assert [mode for mode, *_ in rows] == list(MODES)
    for mode, seekers, openings, employed in rows:
        assert abs(seekers - 1007) < Decimal("1e-6") and abs(employed - 1007) < Decimal("1e-6"), mode
        assert openings == 60, mode
    coverage = query("select area_mode, sum(denominator_a_working_age) from bi.counselling_coverage where priority_group = 'all'"
                   " and area_code <> 'all' group by 1")  # fmt: skip
    assert len(coverage) == 3 and all(abs(value - 1007) < Decimal("1e-6") for _, value in coverage)


def test_a_succession_without_a_split_moves_integer_counts(query):
    """Phường 2 went to Phường 1 in 2024, and that to Phường Long An in 2025."""
    assert query(
        "select seekers from bi.supply_demand_by_occupation where area_mode = 'restated' and area_code = '27694' and seekers > 0"
    ) == [(7,)]


def test_a_split_without_head_counts_goes_to_its_default_with_that_weight_kind(query):
    rows = query(
        "select to_code, weight, weight_published, weight_kind from marts.bridge_area_succession where from_code = '27829' order by 1"
    )
    assert rows == [("27817", 0, None, "default"), ("27841", 1, None, "default")]


def test_a_fact_has_the_version_of_its_day_and_a_code_that_ended_has_none(query):
    rows = dict(query("select demand.employer_no, coalesce(area.valid_from::text, '') || ' ' || area.code "
                    "from marts.fct_labour_demand as demand"
                    " join marts.dim_area as area using (area_sk)"))  # fmt: skip
    assert rows == {"1": "2024-12-01 27694", "2": "2025-07-01 27694", "3": "1900-01-01 27829", "4": "1900-01-01 unknown"}


def test_after_the_districts_ended_a_commune_is_reported_as_itself(query):
    rows = query("select area_code, area, sum(openings_planned) from bi.supply_demand_by_occupation where area_mode = 'as_reported'"
               " and openings_planned > 0 and area_code <> 'all'"
               " group by 1, 2 order by 1")  # fmt: skip
    codes = {code: openings for code, _, openings in rows}
    assert codes == {"27694": 15, "794": 15, "799": 30}, "27829 belongs to 799, and so does the row whose commune is not known"


def test_five_communes_straddle_two_former_districts(query):
    rows = query("select area.code, array_agg(bridge.analysis_area_code order by bridge.analysis_area_code), sum(bridge.weight),"
               " count(*) filter (where bridge.is_default) from"
               " marts.bridge_area_analysis as bridge join marts.dim_area as area using (area_sk)"
               " where bridge.is_straddling group by area.code, area.valid_from order by 1")  # fmt: skip
    assert rows == [
        ("27694", ["794", "804"], 1, 1),
        ("27793", ["795", "798"], 1, 1),
        ("27817", ["795", "799"], 1, 1),
        ("27868", ["800", "801"], 1, 1),
        ("28087", ["804", "805"], 1, 1),
    ]
    assert query("select count(*) from marts.bridge_area_analysis where weight <= 0 or weight > 1") == [(0,)]


def test_code_80_is_long_an_before_july_2025_and_the_merged_province_after(query):
    rows = query("select name_vi, valid_from::text, valid_to::text from marts.dim_area where level = 'province' and code = '80' order by 2")
    assert rows == [("Tỉnh Long An", "1900-01-01", "2025-07-01"), ("Tỉnh Tây Ninh", "2025-07-01", "infinity")]
    joined = query("select from_code from marts.bridge_area_succession where level = 'province' order by 1")
    assert joined == [("72",), ("80",)]


@pytest.mark.parametrize(("day", "count"), [("2023-06-14", 188), ("2024-12-01", 186), ("2025-06-30", 186), ("2025-07-01", 60)])
def test_the_number_of_communes_in_force_is_that_of_the_resolutions(query, day, count):
    assert query("select count(*) from marts.dim_area where level = 'commune' and valid_from <= %s and valid_to > %s", day, day) == [
        (count,)
    ]


def test_names_repeat_so_no_model_joins_areas_by_name(query):
    twice = query("select count(*) from (select name_vi from marts.dim_area where level = 'commune' and valid_to = '2025-07-01'"
                " group by name_vi having count(distinct code) > 1) as homonym")  # fmt: skip
    assert twice[0][0] >= 7
    by_name = re.compile(r"\bon\b[^;]*?\barea\w*\.name_vi\s*=|=\s*area\w*\.name_vi", re.IGNORECASE)
    assert [path.name for path in DBT_DIR.glob("models/**/*.sql") if by_name.search(path.read_text(encoding="utf-8"))] == []


def test_every_view_that_has_an_area_has_its_mode(query):
    rows = query("select table_name, array_agg(column_name::text) from information_schema.columns where table_schema = 'bi' group by 1")
    lists_of_places = {"areas", "reporting_units"}
    with_area = {
        name: columns for name, columns in rows if {"area_code", "district_code", "area"} & set(columns) and name not in lists_of_places
    }
    assert len(with_area) >= 3
    assert [name for name, columns in with_area.items() if "area_mode" not in columns] == []


def test_a_session_is_counted_where_it_was_held_and_divided_where_its_commune_was_split(query):
    """Two sessions were in Tân Hòa, and a person at both is one; each successor of Tân Hòa has its weight of them."""
    shares = query("select unit.code, way.weight from intermediate.int_areas__mapped_to_today as way"
                 " join marts.dim_area as unit on unit.area_sk = way.to_area_sk"
                 " join marts.dim_area as before on before.area_sk = way.from_area_sk and before.code = '28006'")  # fmt: skip
    cells = query("select area_mode, area_code, metric, numerator from indicators.indicator_cell where period_kind = 'month'"
               " and breakdown = 'all'"
               " and metric in ('sessions', 'attended_visits', 'attended_persons', 'employers_at_sessions')")  # fmt: skip
    for mode, area, share in [
        ("as_reported", "803", Decimal(1)), *(("restated", code, weight) for code, weight in shares),
        ("restated_former_district", "803", Decimal(1)),
    ]:  # fmt: skip
        seen = {metric: round(value, 4) for cell_mode, cell_area, metric, value in cells if (cell_mode, cell_area) == (mode, area)}
        assert seen == {
            metric: round(total * share, 4)
            for metric, total in {"sessions": 2, "attended_visits": 80, "attended_persons": 40, "employers_at_sessions": 2}.items()
        }, (mode, area)
    assert len(shares) > 1
    assert {mode: sum(value for cell_mode, area, metric, value in cells if cell_mode == mode and metric == "sessions" and area != "all")
            for mode in MODES} == dict.fromkeys(MODES, 3)  # fmt: skip
    assert query("select area_mode, sum(denominator) from indicators.indicator_cell where metric = 'started_per_million_vnd'"
               " and period_kind = 'session' group by 1 order by 1") == [(mode, 3) for mode in MODES]  # fmt: skip
    assert query("select area_mode, sum(cost_settled_vnd) from bi.cost_per_placement where breakdown = 'all' and area_code <> 'all'"
               " group by 1 order by 1") == [(mode, 3_000_000) for mode in MODES]  # fmt: skip
    assert query(UNEQUAL) == []
