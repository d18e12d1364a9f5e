"""Hidden cells of provinces drawn by chance: no total gives one away, however often hiding one calls for hiding more."""

from collections.abc import Iterator
from random import Random

import psycopg
import pytest
from labour_market import transform
from labour_market.settings import DBT_DIR, load_settings

from tests.dbt.rows import Core

PROVINCES = 25
INSERT = (
    "insert into marts.fct_indicator_cell (metric, period_kind, period, area_mode, area_code, area, breakdown, numerator, value, persons,"
    " is_suppressed) values (%s, %s, %s, %s, %s, '', %s, %s, %s, %s, %s)"
)


def province(core: Core) -> None:
    """Nothing: the cells are drawn by the tests."""


@pytest.fixture(scope="module")
def statements(built: str) -> dict[str, str]:
    """The hook that hides and the nightly test that nothing can be worked out, as dbt writes them."""
    nightly = (DBT_DIR / "tests" / "value" / "no_hidden_cell_can_be_worked_out.sql").read_text(encoding="utf-8")
    nightly = nightly.replace("{{ config(severity='error') }}", "")
    hook = "{{ hide_what_gives_away('marts.fct_indicator_cell') }}"
    compiled = {}
    for name, inline in (("hide", hook), ("worked_out", nightly)):
        (result,) = transform._dbt(["compile", "--inline", inline], load_settings())
        compiled[name] = result["compiled_code"]
    return compiled


@pytest.fixture
def cells(admin: psycopg.Connection) -> Iterator[psycopg.Cursor]:
    """A transaction of its own, taken back in the end."""
    with admin.transaction(force_rollback=True):
        yield admin.cursor()


def drawn(rng: Random, communes: list[tuple[str, str]]) -> Iterator[tuple[object, ...]]:
    """Cells of two metrics, some months, their halves and year, in all area modes, whole and broken down; most are small."""
    districts = sorted({district for _, district in communes})
    places = [("as_reported", "all"), *(("as_reported", d) for d in districts), *(("restated_former_district", d) for d in districts)]
    places += [("restated", commune) for commune, _ in communes]
    breakdowns = ["all", "sex=male", "sex=female", *(f"occupation={code}" for code in (61, 75, 92)), "priority_group=poor"]
    months = [("month", f"2023-{month:02d}") for month in rng.sample(range(1, 13), k=rng.randint(1, 6))]
    periods = [*months, ("half", "2023-H1"), ("half", "2023-H2"), ("year", "2023")]
    for metric in ("placements", "seekers"):
        for kind, period in periods:
            for mode, area in places:
                for breakdown in breakdowns:
                    persons = rng.choice((0, rng.randint(1, 6), rng.randint(1, 30), rng.randint(5, 400)))
                    yield metric, kind, period, mode, area, breakdown, persons, persons, persons, 0 < persons < 5


@pytest.mark.parametrize("seed", range(PROVINCES))
def test_no_hidden_cell_can_be_worked_out_of_a_province_drawn_by_chance(cells, statements, seed):
    rng = Random(seed)
    communes = cells.execute(
        "select commune.code, bridge.analysis_area_code from marts.dim_area as commune"
        " join marts.bridge_area_analysis as bridge on commune.area_sk = bridge.area_sk and bridge.is_default"
        " where commune.level = 'commune' and commune.valid_to = 'infinity' order by 1"
    ).fetchall()
    cells.executemany(INSERT, list(drawn(rng, rng.sample(communes, k=rng.randint(3, 25)))))
    small = cells.execute("select count(*) from marts.fct_indicator_cell where is_suppressed").fetchone()
    assert small
    assert cells.execute(statements["worked_out"]).fetchall() != [], "a province in which nothing can be worked out proves nothing"
    cells.execute(statements["hide"])
    assert cells.execute(statements["worked_out"]).fetchall() == []
    hidden, shown = cells.execute(
        "select count(*) filter (where is_suppressed), count(*) filter (where not is_suppressed and persons > 0)"
        " from marts.fct_indicator_cell"
    ).fetchone()
    assert hidden > small[0]
    assert shown > 0
