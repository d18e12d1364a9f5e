"""Hidden cells of provinces drawn by chance: no hidden cell can be computed from a total, also where one requires others."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from random import Random
from typing import NamedTuple

import numpy as np
import psycopg
import pytest
from labour_market.settings import load_settings
from labour_market.transform.dbt import run_dbt

from tests.dbt.rows import Core

PROVINCES = 25
SESSIONS = 40
YEARS = (2023, 2025, 2026)  # before, in and after the reform
PROVINCE = ("as_reported", "all")
INSERT = (
    "insert into indicators.indicator_cell (metric, period_kind, period, area_mode, area_code, area, breakdown, numerator, value, persons,"
    " is_suppressed) values (%s, %s, %s, %s, %s, '', %s, %s, %s, %s, %s)"
)
ANALYZED = "analyze protected_cell;"
SHUFFLED = """
    create temp table shuffled on commit drop as select * from protected_cell order by random();
    truncate protected_cell;
    insert into protected_cell select * from shuffled;
    drop table shuffled;
"""


class Group(NamedTuple):
    """Persons of one sex, occupation and group, at one session."""

    metric: str
    session: str
    commune: str
    district: str
    sex: str
    occupation: int
    is_poor: bool
    persons: int


Cell = tuple[str, str, str, str, str, str]


def province(core: Core) -> None:
    """Nothing: the cells are drawn by the tests."""


@pytest.fixture(scope="module")
def statements(built: str) -> dict[str, str]:
    """The hook that suppresses cells and the nightly test that no hidden cell can be computed, as dbt compiles them."""
    hook = "{{ apply_complementary_suppression('indicators.indicator_cell') }}"
    compiled = {}
    for name, selection in (("hide", ["--inline", hook]), ("worked_out", ["--select", "no_hidden_cell_can_be_worked_out"])):
        (result,) = run_dbt(["compile", *selection], load_settings())
        compiled[name] = result["compiled_code"]
    return compiled


@pytest.fixture
def cells(admin: psycopg.Connection) -> Iterator[psycopg.Cursor]:
    """A transaction of its own, taken back in the end."""
    with admin.transaction(force_rollback=True):
        yield admin.cursor()


def drawn(rng: Random, year: int, communes: list[tuple[str, str]]) -> list[Group]:
    """The persons of two metrics at some sessions, most of them few. A session is named after its month."""
    months = rng.sample(range(1, 13), k=rng.randint(1, 6))
    groups = []
    for metric in ("attended", "placements"):
        for number in range(rng.randint(5, SESSIONS)):
            commune, district = rng.choice(communes)
            session = f"{year}-{rng.choice(months):02d}/{number}"
            most = rng.choice((1, 4, 40))
            for sex, occupation, is_poor in product(("male", "female"), (61, 75, 92), (False, True)):
                persons = rng.choice((0, 0, 0, rng.randint(0, 1), rng.randint(0, most), rng.randint(0, most)))
                groups.append(Group(metric, session, commune, district, sex, occupation, is_poor, persons))
    return groups


def cells_of(groups: list[Group], border: set[str]) -> dict[Cell, set[int]]:
    """Every cell that counts them, and which groups it counts: attended like sessions, placements like job starts and costs. What is
    reported is the districts' until June 2025, and since then that of the communes of today. The border is a group of the province."""
    cells = defaultdict(set)
    for number, group in enumerate(groups):
        month, year = group.session[:7], group.session[:4]
        reported = ("as_reported", group.district if month < "2025-07" or group.commune == "unknown" else group.commune)
        restated = [("restated", group.commune), ("restated_former_district", group.district)]
        breakdowns = ["all", f"sex={group.sex}", f"occupation={group.occupation}", *["priority_group=poor"] * group.is_poor]
        places = [*product([PROVINCE, reported, *restated], breakdowns), *[(PROVINCE, "area_group=border")] * (group.commune in border)]
        cells_of_group = [("year", year, *place, by) for place, by in places]
        if group.metric == "attended":
            half = f"{year}-H{1 if month[5:] <= '06' else 2}"
            cells_of_group += [("session", group.session, *place, "all") for place in (reported, *restated)]
            cells_of_group += [(*period, *place, by) for period, (place, by) in product([("month", month), ("half", half)], places)]
        else:
            cells_of_group += [("month", month, *place, "all") for place in (PROVINCE, reported)]
            cells_of_group += [
                ("year", year, *place, f"sex={group.sex};occupation={group.occupation}") for place in (PROVINCE, reported, *restated)
            ]
        for cell in cells_of_group:
            cells[group.metric, *cell].add(number)
    return cells


@pytest.fixture
def hidden_of(cells, statements):
    """Writes a random province and suppresses: its groups, the cells with the groups that each counts, and the hidden cells."""
    communes = cells.execute(
        "select commune.code, bridge.analysis_area_code, commune.is_border from marts.dim_area as commune"
        " join marts.bridge_area_analysis as bridge on commune.area_sk = bridge.area_sk and bridge.is_default"
        " where commune.level = 'commune' and commune.valid_to = 'infinity' order by 1"
    ).fetchall()
    cells.execute(
        "insert into marts.fct_fair_session (session_sk, sender_code, session_no, held_date_sk)"
        " select row_number() over (), to_char(date_day, 'YYYY-MM'), number::text, date_sk"
        " from marts.dim_date cross join generate_series(0, %s) as number where year = any(%s) and extract(day from date_day) = 1",
        [SESSIONS, list(YEARS)],
    )

    def hide(seed: int) -> tuple[list[Group], dict[Cell, set[int]], set[Cell]]:
        rng = Random(seed)
        year = rng.choice(YEARS)
        # of some rows only the district is known
        places = [
            (rng.choice((commune,) * 9 + ("unknown",)), district) for commune, district, _ in rng.sample(communes, k=rng.randint(2, 25))
        ]
        groups = drawn(rng, year, places)
        everything = cells_of(groups, {commune for commune, _, is_border in communes if is_border})
        cells.execute("drop table if exists protected_cell; delete from indicators.indicator_cell")
        counted = {cell: sum(groups[number].persons for number in numbers) for cell, numbers in everything.items()}
        cells.executemany(INSERT, [(*cell, persons, persons, persons, 0 < persons < 5) for cell, persons in counted.items()])
        assert cells.execute(statements["worked_out"]).fetchall() != [], "a province in which nothing can be computed proves nothing"
        cells.execute(statements["hide"])
        hidden = cells.execute(
            "select metric, period_kind, period, area_mode, area_code, breakdown from indicators.indicator_cell where is_suppressed"
        )
        return groups, everything, set(hidden)

    return hide


@pytest.mark.parametrize("seed", range(PROVINCES))
def test_no_hidden_cell_can_be_worked_out_of_a_province_drawn_by_chance(cells, statements, hidden_of, seed):
    groups, everything, hidden = hidden_of(seed)
    assert cells.execute(statements["worked_out"]).fetchall() == []
    assert len(hidden) > sum(is_small(groups, numbers) for numbers in everything.values())
    assert len(hidden) < len(everything)


def test_the_order_of_the_rows_does_not_change_which_cells_are_hidden(cells, statements):
    """Of two months of six persons one is hidden with that of three. If the next build hid the other one, both could be computed."""
    shuffled = statements["hide"].replace(ANALYZED, SHUFFLED)
    assert shuffled != statements["hide"]
    months = [("month", f"2023-{number:02d}", persons) for number, persons in enumerate([3, *[6] * 10], 1)]
    hidden = set()
    for _ in range(10):
        cells.execute("drop table if exists protected_cell; delete from indicators.indicator_cell")
        cells.executemany(
            INSERT,
            [
                ("a", *period, *PROVINCE, "all", persons, persons, persons, persons < 5)
                for *period, persons in [*months, ("year", "2023", 63)]
            ],
        )
        cells.execute(shuffled)
        hidden.add(tuple(cells.execute("select period from indicators.indicator_cell where is_suppressed order by 1").fetchall()))
    assert hidden == {(("2023-01",), ("2023-02",))}


def test_all_totals_solved_together_reveal_at_most_one_small_cell_in_fifty(hidden_of):
    """Each total is protected by itself; several totals together reveal no more than one small cell in fifty."""
    small = solved = 0
    for seed in range(10):
        groups, everything, hidden = hidden_of(seed)
        empty_groups = set().union(*(numbers for numbers in everything.values() if not any(groups[number].persons for number in numbers)))
        filled_groups = [number for number in range(len(groups)) if number not in empty_groups]
        few, visible_cells = (
            np.array([[number in numbers for number in filled_groups] for numbers in of], dtype=float)
            for of in (
                [numbers for numbers in everything.values() if is_small(groups, numbers)],
                [numbers for cell, numbers in everything.items() if cell not in hidden],
            )
        )
        # a cell can be solved if it is a combination of those that are visible_cells
        strength, directions = np.linalg.eigh(visible_cells.T @ visible_cells)
        spanned = directions[:, strength > 1e-8]
        beyond = np.abs(few - few @ spanned @ spanned.T).max(axis=1)
        small, solved = small + len(few), solved + int((beyond < 1e-6).sum())
    assert small > 500
    assert solved < small / 50, f"{solved} of {small}"


def is_small(groups: list[Group], numbers: set[int]) -> bool:
    return 0 < sum(groups[number].persons for number in numbers) < 5
