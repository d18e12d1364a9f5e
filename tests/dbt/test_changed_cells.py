"""A build counts only the indicators that its scope can change, and the cells are those of a count of everything."""

from datetime import UTC, datetime

import pytest
from labour_market import transform

from tests.dbt.rows import Core, employer, person, session, visit

HIRED = {"interviewed": True, "interview_result": "passed", "offered": True, "accepted": True, "start_date": "2023-06-20"}
KEY = ("metric", "period_kind", "period", "area_mode", "area_code", "breakdown")


def seekers(district: str, commune: str, count: int, day: str) -> list[dict]:
    return [
        person(f"{district}-{n}", commune_code=commune, surveyed_on=day, activity_status="unemployed", wants_job=True, job_text=None,
               wanted_job_text="công nhân may", sex=("female", "male")[n % 2])
        for n in range(count)
    ]  # fmt: skip


def order(number: str, day: str, **values) -> dict:
    return {"order_no": number, "employer_no": "1", "title": "công nhân may", "openings": 20, "posted_on": day, **values}


def province(core: Core) -> None:
    """Two districts with seekers since 2021, orders, sessions and starts."""
    for district, commune in (("794", "27694"), ("803", "28003")):
        core.publish("labour_survey", district, "2021", seekers(district, commune, 9, "2021-10-10"))
        core.publish("labour_survey", district, "2022", seekers(district, commune, 12, "2022-10-10"))
        core.publish("employers", district, "2023-05", [employer("1", commune_code=commune)])
        core.publish("fair_sessions", district, "2023-05", [session("S", commune_code=commune, held_on="2023-05-10")])
        hired = [visit(str(n), "S", f"k:{district}-{n}", commune_code=commune, employer_no="1", **HIRED) for n in range(6)]
        core.publish("fair_attendance", district, "2023-05", hired)
        core.publish("job_orders", district, "2023-06-14", [order(f"{district}-1", "2023-06-14")])
    core.publish("fair_sessions", "794", "2024", [session("T", held_on="2024-02-10")])


def cells(admin) -> dict[tuple, tuple]:
    rows = admin.execute(
        "select metric, period_kind, period, area_mode, area_code, breakdown, numerator, denominator, value, is_suppressed"
        " from bi.indicator"
    )
    return {row[:6]: row[6:] for row in rows}


def recounted() -> dict[tuple, tuple]:
    return {
        tuple(row[key] for key in KEY): (row["numerator"], row["denominator"], row["value"], row["is_suppressed"])
        for row in transform.recount(datetime.now(UTC))
    }


def written(admin, before: int) -> set[tuple[str, str]]:
    """Metric and period of each cell that this transaction or a later one wrote."""
    return set(admin.execute("select metric, period from indicators.indicator_cell where xmin::text::bigint >= %s", [before]).fetchall())


CHANGES = {
    "a later survey ends older wishes": ("labour_survey", "2024", seekers("794", "27694", 7, "2024-02-01")),
    "a survey of a finished year is corrected": ("labour_survey", "2021", seekers("794", "27694", 4, "2021-11-20")),
    "an order of an earlier day is added": ("job_orders", "2023-05", [order("794-2", "2023-05-02", closed_on="2023-06-01")]),
    "visits are withdrawn": ("fair_attendance", "2023-05", [visit("0", "S", "k:794-0")]),
    "a period is emptied": ("labour_survey", "2022", []),
    "the last session is withdrawn, and the cutoff moves back a year": ("fair_sessions", "2024", []),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_changed_cells_are_those_of_a_count_of_everything(admin, core, change):
    feed, period, rows = CHANGES[change]
    (before,) = admin.execute("select txid_current()").fetchone()
    core.publish(feed, "794", period, rows, sequence=2)
    transform.build()
    assert written(admin, before), "the build changed nothing"
    assert admin.execute("select count(*) from ops.cell_scope").fetchone() == (0,)
    assert cells(admin) == recounted()


def test_a_build_leaves_other_subjects_and_finished_years_as_they_are(admin, core):
    (before,) = admin.execute("select txid_current()").fetchone()
    core.publish("job_orders", "803", "2023-06", [order("803-2", "2023-06-16")])
    transform.build()
    touched = written(admin, before)
    assert ("openings_stock", "2023-06") in touched
    assert {metric for metric, _ in touched}.isdisjoint({"counselled_persons", "placements", "counselling_coverage_a", "employed"})
    assert {period[:4] for metric, period in touched if metric.endswith("stock")} == {"2023"}


def test_a_change_of_the_reference_lists_counts_everything(admin, core):
    admin.execute("update indicators.indicator_cell set value = -1 where metric = 'placements'")
    admin.execute("update ops.setting set set_at = clock_timestamp() where name = 'seed_hash'")
    core.publish("employers", "803", "2023-06", [employer("2", commune_code="28003")])
    transform.build()
    assert cells(admin) == recounted()
