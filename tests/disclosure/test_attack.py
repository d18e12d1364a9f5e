"""The attacker finds each kind of leak in a small province, and nothing where nothing can be found."""

from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.disclosure.attack import attack
from tests.disclosure.published import STEPS, Published
from tests.disclosure.small import hidden, published, visible


def found(province: Published) -> dict[str, tuple[str, int, int]]:
    """The findings by cell."""
    report = attack(province)
    assert not report.contradictions
    return {str(cell): (finding.kind, int(finding.low), int(finding.high)) for cell, finding in report.findings.items()}


def test_five_months_of_one_under_a_year_are_computed():
    """The seven months that are shown have 341 of 346 starts, and each of the five that are hidden has at least one."""
    months = [40, 52, 37, 61, 44, 58, 49]
    rows = [visible("placements", "all", 346)]
    rows += [visible("placements", "all", starts, period=f"2023-{month:02d}") for month, starts in enumerate(months, 6)]
    rows += [hidden("placements", period=f"2023-{month:02d}") for month in range(1, 6)]
    assert found(published(*rows)) == {f"starts 2023-{month:02d} as_reported/all all": ("exact", 1, 1) for month in range(1, 6)}


def test_months_that_share_six_are_small_and_not_exact():
    rows = [visible("placements", "all", 46), visible("placements", "all", 40, period="2023-01")]
    rows += [hidden("placements", period=f"2023-{month:02d}") for month in (2, 3, 4)]
    assert set(found(published(*rows)).values()) == {("small", 1, 4)}


def test_two_hidden_cells_that_can_be_large_are_no_finding():
    rows = [visible("placements", "all", 46), visible("placements", "all", 30, period="2023-01")]
    rows += [hidden("placements", period="2023-02"), hidden("placements", period="2023-03")]
    report = attack(published(*rows))
    assert report.findings == {}
    assert report.hidden_cells == 2


def test_a_total_of_one_part_is_computed():
    rows = [
        visible("placements", "all", 23, mode="restated_former_district", area="801"),
        hidden("placements", mode="restated", area="27880"),
    ]
    rows += [visible("placements", "all", 23)]
    assert found(published(*rows)) == {"starts 2023 restated/27880 all": ("exact", 23, 23)}


def test_a_count_that_another_metric_shows_is_computed():
    rows = [hidden("successful_match", "sex=female"), visible("placed_persons", "sex=female", 12)]
    assert "placed_persons 2023 as_reported/all sex=female" in found(published(*rows))


def test_a_shown_share_of_a_shown_denominator_gives_the_numerator():
    rows = [visible("successful_match", "all", 3, 12)._replace(numerator=None, is_suppressed=True)]
    assert found(published(*rows))["matched_persons 2023 as_reported/all all"] == ("exact", 3, 3)


def test_a_shown_share_bounds_the_hidden_counts():
    """At most four of ten starts were checked, and a quarter of them was not reached: one of four."""
    rows = [
        visible("not_reached_m3", "all", 1, 4)._replace(numerator=None, denominator=None, is_suppressed=True),
        visible("placements", "all", 6),
    ]
    assert found(published(*rows))["not_reached_m3 2023 as_reported/all all"] == ("exact", 1, 1)


def test_a_hidden_member_unknown_is_computed():
    rows = [visible("placements", "all", 25), visible("placements", "sex=male", 10), visible("placements", "sex=female", 12)]
    rows += [hidden("placements", "sex=unknown")]
    assert found(published(*rows)) == {"starts 2023 as_reported/all sex=unknown": ("exact", 3, 3)}


def test_two_linked_tables_reveal_what_neither_reveals():
    """In each district two sexes are hidden, and in the province one sex has two: each district has one."""
    rows = [visible("placements", "all", 24), visible("placements", "sex=female", 2), visible("placements", "sex=male", 22)]
    for area in ("794", "801"):
        rows += [
            visible("placements", "all", 12, area=area),
            hidden("placements", "sex=female", area=area),
            hidden("placements", "sex=male", area=area),
        ]
    cells = {f"starts 2023 as_reported/{area} sex={sex}" for area in ("794", "801") for sex in ("female", "male")}
    assert {cell: ends[0] for cell, ends in found(published(*rows)).items()} == dict.fromkeys(cells, "exact")


def test_an_area_that_is_the_same_in_two_modes_is_computed():
    rows = [visible("placements", "all", 7, area="794"), hidden("placements", mode="restated_former_district", area="794")]
    assert found(published(*rows)) == {"starts 2023 restated_former_district/794 all": ("exact", 7, 7)}


def test_a_quarter_reveals_the_stock_of_its_last_month():
    rows = [
        visible("jobseekers_stock", "sex=male", 9, period="2023-Q1", kind="quarter"),
        hidden("jobseekers_stock", "sex=male", period="2023-03"),
    ]
    assert found(published(*rows)) == {"seekers 2023-03 as_reported/all sex=male": ("exact", 9, 9)}


def test_provisional_codes_reveal_a_hidden_trade():
    """All jobs are of the latest survey, so the provisional codes are those of the trades."""
    rows = [
        visible("employed", "all", 80, period="all", kind="all"),
        visible("coded_provisional", "feed=labour_survey", 12, 80, period="all", kind="all"),
    ]
    rows += [
        visible("employed", "trade=61129-L01", 9, period="all", kind="all"),
        hidden("employed", "trade=61129-L02", period="all", kind="all"),
    ]
    assert found(published(*rows)) == {"employed all as_reported/all trade=61129-L02": ("exact", 3, 3)}


def test_persons_are_at_most_visits():
    rows = [hidden("attended_persons", "sex=male"), visible("attended_visits", "sex=male", 4)]
    assert found(published(*rows)) == {"attended 2023 as_reported/all sex=male": ("small", 1, 4)}


def test_persons_add_up_unless_the_shown_figures_refute_it():
    """One district has 20 of 23, so the other has three. Where one district has all 20, persons of the other are counted in both."""
    rows = [visible("placed_persons", "all", 23), visible("placed_persons", "all", 20, area="794"), hidden("placed_persons", area="801")]
    assert found(published(*rows)) == {"placed_persons 2023 as_reported/801 all": ("exact", 3, 3)}
    rows[0] = visible("placed_persons", "all", 20)
    assert found(published(*rows)) == {}


def test_a_hidden_cell_that_an_unchanged_vintage_shows_is_computed():
    """The total did not change between the two builds, so the group did not either."""
    old = [
        visible("placements", breakdown, starts, known_from="1")
        for breakdown, starts in (("all", 90), ("occupation=52", 7), ("occupation=61", 83))
    ]
    new = [old[0], hidden("placements", "occupation=52", known_from="2"), hidden("placements", "occupation=61", known_from="2")]
    assert found(Published([new, old])) == {
        "starts 2023 as_reported/all occupation=52 @2": ("exact", 7, 7),
        "starts 2023 as_reported/all occupation=61 @2": ("exact", 83, 83),
    }


def test_two_vintages_one_person_apart_show_the_profile_of_the_person():
    breakdowns = {"all": 40, "sex=female": 18, "sex=male": 22, "priority_group=poor": 9}
    old = [visible("employed", breakdown, persons, period="all", kind="all", known_from="1") for breakdown, persons in breakdowns.items()]
    new = [
        visible("employed", breakdown, persons - (breakdown != "sex=male"), period="all", kind="all", known_from="2")
        for breakdown, persons in breakdowns.items()
    ]
    new[2] = old[2]
    changes = attack(Published([new, old])).changes
    assert {(change.later.breakdown, change.persons) for change in changes} == {("all", 1), ("sex=female", 1), ("priority_group=poor", 1)}


def test_a_step_of_a_shown_session_that_is_hidden_by_itself_is_small():
    steps = dict(zip(STEPS, (60, 50, 40, 20, 9, None, 0), strict=True))
    session = {"sender_code": "794", "session_no": "A", "held_on": None, "measure": "persons", **steps}
    assert found(published(funnel=[session])) == {"accepted 794/A all areas/all all": ("small", 1, 4)}


tables = st.tuples(
    st.lists(st.lists(st.integers(0, 7), min_size=3, max_size=3), min_size=3, max_size=3), st.sets(st.sampled_from(range(16)), max_size=7)
)


@settings(max_examples=150)
@given(tables)
def test_the_verdict_is_that_of_trying_every_solution(table):
    """An oracle without equations: all whole numbers of at least one in the hidden cells of districts and sexes, one after the other."""
    counts, chosen = table
    areas, sexes = ("794", "801", "803", "all"), ("female", "male", "unknown", "all")
    full = [[*row, sum(row)] for row in counts]
    full.append([sum(column) for column in zip(*full, strict=True)])
    where = {(areas[i], sexes[j]): full[i][j] for i, j in product(range(4), range(4))}
    hides = {cell for number, cell in enumerate(where) if number in chosen and where[cell] > 0}
    assume(hides)
    rows = []
    for (area, sex), starts in where.items():
        breakdown = "all" if sex == "all" else f"sex={sex}"
        rows.append(
            hidden("placements", breakdown, area=area) if (area, sex) in hides else visible("placements", breakdown, starts, area=area)
        )
    inner = [cell for cell in where if "all" not in cell]
    most = 999
    solutions = _solutions(where, hides, [cell for cell in inner if cell in hides], most)
    ends = {cell: (min(s[cell] for s in solutions), max(s[cell] for s in solutions)) for cell in hides}
    expected = {
        cell: "exact" if low == high else "small" for cell, (low, high) in ends.items() if low == high or high < 5
    }  # fmt: skip
    report = attack(published(*rows))
    assert {(cell.area_code, cell.breakdown.removeprefix("sex=")): finding.kind for cell, finding in report.findings.items()} == expected


def _solutions(where, hides, open_cells, most):
    """Every completion of the table; totals that are hidden follow from their parts."""
    areas, sexes = ("794", "801", "803"), ("female", "male", "unknown")
    found_solutions: list[dict] = []

    def limit(cell, values):
        """What shown totals leave for a cell."""
        area, sex = cell
        best = most
        for total, line in (((area, "all"), [(area, s) for s in sexes]), (("all", sex), [(a, sex) for a in areas])):
            if total not in hides:
                best = min(best, where[total] - sum(values.get(c, 0) if c in hides else where[c] for c in line))
        return min(best, 12)  # a cell without a shown total can be large, and no other one depends on how large

    def fill(number, values):
        if number == len(open_cells):
            full = {cell: values.get(cell, where[cell]) for cell in where if "all" not in cell}
            for area in areas:
                full[area, "all"] = sum(full[area, sex] for sex in sexes)
            for sex in sexes:
                full["all", sex] = sum(full[area, sex] for area in areas)
            full["all", "all"] = sum(full[area, "all"] for area in areas)
            if all(full[cell] == where[cell] for cell in where if cell not in hides) and all(full[cell] >= 1 for cell in hides):
                found_solutions.append(full)
            return
        cell = open_cells[number]
        for value in range(1, limit(cell, values) + 1):
            fill(number + 1, {**values, cell: value})

    fill(0, {})
    return found_solutions
