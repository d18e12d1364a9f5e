"""All figures that the public knows, read with one connection as bi_reader and named by what they count."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import psycopg
from labour_market.settings import DBT_DIR

Number = Fraction | int
CURRENT = ""  # the vintage of bi.indicator
ALL_AREAS = "all areas"  # in the place of an area mode: a session has no cell of the province

# What a metric counts, above and below the line. Two metrics that name the same count show the same number in the same cell.
COUNTS: dict[str, tuple[str, str | None]] = {
    "placements": ("starts", None),
    "placed_persons": ("placed_persons", None),
    "successful_match": ("matched_persons", "placed_persons"),
    **{f"sustained_{k}": (f"in_job_{k}", f"reached_{k}") for k in ("m3", "m6", "m12")},
    **{f"lost_{k}": (f"lost_{k}", f"reached_{k}") for k in ("m3", "m6", "m12")},
    **{f"not_reached_{k}": (f"not_reached_{k}", f"checked_{k}") for k in ("m3", "m6", "m12")},
    "attended_visits": ("visits", None),
    "attended_persons": ("attended", None),
    "counselled_persons": ("counselled", None),
    "interviewed_of_attended": ("interviewed", "attended"),
    "passed_of_interviewed": ("passed", "interviewed"),
    "started_of_passed": ("started", "passed"),
    "started_per_employer": ("started", "session_employers"),
    "started_per_million_vnd": ("started", "session_million_vnd"),
    "employers_at_sessions": ("session_employers", None),
    "openings_stock": ("open_openings", None),
    "jobseekers_stock": ("seekers", None),
    "tension": ("compared_openings", "compared_seekers"),
    "jobseekers_flow": ("new_seekers", None),
    "employed": ("employed", None),
    "seekers_surveyed": ("surveyed_seekers", None),
    "openings_planned": ("planned_openings", None),
    "tension_planned": ("compared_planned", "compared_wishes"),
    "counselling_coverage_a": ("ever_counselled", "working_age"),
    "counselling_coverage_b": ("ever_counselled", "with_need"),
    "poor_rate": ("poor", "households"),
    "near_poor_rate": ("near_poor", "households"),
    "poverty_reduction": ("fall", "poor_in_baseline"),
    "poor_household_coverage": ("sustained_households", "poor_working_households"),
    "poor_households_without_placement": ("unplaced_households", "poor_working_households"),
    "time_to_place": ("found_work", "registered"),
    "placed_within_90_days": ("found_work", "registered"),
    "cost_per_placement": ("settled_vnd", "session_starts"),
    "coded_provisional": ("provisional_jobs", "jobs"),
    "coded_level_2": ("coded_jobs", "jobs"),
}
# Ratios that are no numerator over denominator, but estimates.
ESTIMATES = {"time_to_place", "placed_within_90_days"}
# Shares: the persons outside are the denominator less the numerator.
SHARES = {
    "successful_match", "interviewed_of_attended", "passed_of_interviewed", "started_of_passed", "poor_rate", "near_poor_rate",
    "poor_household_coverage", "poor_households_without_placement", "time_to_place", "placed_within_90_days",
    *(f"{outcome}_{k}" for outcome in ("sustained", "lost", "not_reached") for k in ("m3", "m6", "m12")),
}  # fmt: skip
# Amounts that are no persons or households.
IMPERSONAL = {
    "session_employers", "session_million_vnd", "open_openings", "planned_openings", "settled_vnd", "fall", "jobs", "provisional_jobs",
    "coded_jobs", "compared_openings", "compared_planned",
}  # fmt: skip
FRACTIONS = {"session_million_vnd", "settled_vnd", "session_starts"}
# A person with several rows is one person in a cell, so the parts of a total can add up to more than the total.
PERSONS = {
    "placed_persons", "matched_persons", "attended", "counselled", "interviewed", "passed", "started", "seekers", "new_seekers",
    "surveyed_seekers", "ever_counselled", "working_age", "with_need", "session_employers",
    "compared_seekers", "compared_wishes",
}  # fmt: skip
# Of a hidden cell the public knows that it has somebody: a zero is shown.
FILLED = {
    *("placements", "placed_persons", "attended_visits", "attended_persons", "jobseekers_stock", "jobseekers_flow", "employed"),
    "seekers_surveyed",
}
FILLED_BELOW = {
    *("successful_match", "not_reached_m3", "not_reached_m6", "not_reached_m12", "interviewed_of_attended", "tension", "tension_planned"),
    *("counselling_coverage_a", "poor_rate", "near_poor_rate", "poor_household_coverage", "poor_households_without_placement"),
    *("time_to_place", "placed_within_90_days"),
}
# Feeds whose records are persons or households.
FEEDS_OF_PERSONS = {"labour_survey", "fair_attendance", "placements", "poverty_register"}
COLUMNS = "metric, period_kind, period, area_mode, area_code, breakdown, numerator, denominator, value, is_suppressed"
INDICATOR = f"select {COLUMNS} from bi.indicator where metric = any(%s)"  # noqa: S608
STEPS = ("attended", "counselled", "interviewed", "passed", "offered", "accepted", "started")


class Cell(NamedTuple):
    """One number that is counted: what, when, where, of whom; known_from is the vintage."""

    count: str
    period_kind: str
    period: str
    area_mode: str
    area_code: str
    breakdown: str
    known_from: str = CURRENT

    def of(self, **changes: str) -> "Cell":
        return self._replace(**changes)

    def __str__(self) -> str:
        return f"{self.count} {self.period} {self.area_mode}/{self.area_code} {self.breakdown}" + f" @{self.known_from}" * bool(
            self.known_from
        )


class Row(NamedTuple):
    """A row of bi.indicator or of bi.indicator_vintage."""

    metric: str
    period_kind: str
    period: str
    area_mode: str
    area_code: str
    breakdown: str
    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    is_suppressed: bool
    known_from: str = CURRENT

    def cell(self, count: str) -> Cell:
        return Cell(count, self.period_kind, self.period, self.area_mode, self.area_code, self.breakdown, self.known_from)


@dataclass
class Published:
    """What was read. `moments` has the rows that were valid together: those of today, then each earlier vintage."""

    moments: list[list[Row]]
    funnel: list[dict] = field(default_factory=list)  # bi.fair_funnel
    records: Mapping[tuple[str, str], int] = field(default_factory=dict)  # published records by feed and sender
    quality: list[dict] = field(default_factory=list)  # bi.data_quality


def read(connection: psycopg.Connection, vintages: int = 0) -> Published:
    """Read everything that is counted from the views of `bi`.

    Args:
        connection: A connection of the role bi_reader.
        vintages: How many earlier builds are read besides the figures of today.

    Returns:
        The figures as the public sees them.
    """
    wanted = list(COUNTS)
    if vintages:
        builds = connection.execute(
            "select distinct known_from from bi.indicator_vintage order by 1 desc limit %s", [vintages + 1]
        ).fetchall()
        moments = [
            [
                Row(*row[:-1], row[-1].isoformat())
                for row in connection.execute(
                    f"select {COLUMNS}, known_from from bi.indicator_vintage"  # noqa: S608
                    " where metric = any(%s) and known_from <= %s and %s < known_to",
                    [wanted, moment, moment],
                )
            ]
            for (moment,) in builds
        ]  # fmt: skip
    else:
        moments = [[Row(*row) for row in connection.execute(INDICATOR, [wanted])]]
    records = connection.execute(
        "select feed, sender_code, sum(records_published)::int from bi.batches where state = 'published' group by 1, 2"
    ).fetchall()
    return Published(
        moments,
        _dictionaries(connection, "select * from bi.fair_funnel"),
        {(feed, sender): count for feed, sender, count in records},
        _dictionaries(connection, "select feed, sender_code, period, rule_id, rows from bi.data_quality"),
    )


def _dictionaries(connection: psycopg.Connection, query: str) -> list[dict]:
    cursor = connection.execute(query)
    names = [column.name for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor]


class Geography:
    """The published lists of areas: in which former districts a commune of today is, and which of them have shares of a divided commune."""

    def __init__(self, units: Iterable[Mapping[str, str]], successions: Iterable[Mapping[str, str]]) -> None:
        communes = [unit for unit in units if unit["level"] == "commune"]
        reform = date(2025, 7, 1).isoformat()
        parent = {(unit["code"], unit["valid_to"]): unit["parent_district_code"] for unit in communes}
        self.districts: dict[str, set[str]] = defaultdict(set)
        self.divided: set[str] = set()
        became: dict[str, set[str]] = defaultdict(set)
        divided: set[str] = set()
        for step in sorted((s for s in successions if s["level"] == "commune"), key=lambda s: s["effective_date"]):
            if step["effective_date"] == reform:
                self.districts[step["to_code"]].add(parent.get((step["from_code"], reform), ""))
                became[step["from_code"]].add(step["to_code"])
            elif step["weight"] not in ("", "1"):
                divided.add(step["to_code"])
        for commune in divided:
            self.divided |= became[commune] or {commune}

    @classmethod
    def published(cls) -> "Geography":
        folder = DBT_DIR / "seeds" / "area"
        with (folder / "area_unit.csv").open(encoding="utf-8") as units, (folder / "area_succession.csv").open(encoding="utf-8") as steps:
            return cls(csv.DictReader(units), csv.DictReader(steps))


@dataclass
class Figures:
    """Each number of a row under the name of its cell: known, or hidden with its least value."""

    known: dict[Cell, Fraction] = field(default_factory=dict)
    hidden: dict[Cell, int] = field(default_factory=dict)
    rows: dict[Row, list[Cell]] = field(default_factory=dict)  # the hidden rows with the cells that they must not reveal
    steps: dict[Cell, Mapping] = field(default_factory=dict)  # hidden steps of sessions of bi.fair_funnel that are shown


def figures_of(published: Published) -> Figures:
    """The numbers of all rows. A number that one row hides and another shows is known."""
    figures = Figures()
    for row in dict.fromkeys(row for moment in published.moments for row in moment):
        above, below = COUNTS[row.metric]
        for count, number, filled in ((above, row.numerator, FILLED), (below, row.denominator, FILLED_BELOW)):
            if count is None:
                continue
            if number is not None:
                figures.known[row.cell(count)] = Fraction(number)
            elif row.is_suppressed:
                cell = row.cell(count)
                figures.hidden[cell] = max(figures.hidden.get(cell, 0), int(row.metric in filled))
        if row.is_suppressed:
            counts = [count for count in (above, below) if count and count not in IMPERSONAL]
            figures.rows[row] = [row.cell(count) for count in counts]
            if row.metric in SHARES:
                figures.rows[row].append(row.cell(f"{below} less {above}"))
    for session in published.funnel:
        for step, cell in funnel_cells(session).items():
            if session[step] is not None:
                figures.known[cell] = Fraction(session[step])
            elif session["attended"] is not None:
                figures.hidden[cell] = 1  # of a session that is shown, a step is hidden by itself
                figures.steps[cell] = session
    return figures


def funnel_cells(session: Mapping) -> dict[str, Cell]:
    """The steps of a session of bi.fair_funnel, as the cells of the session in all its areas together."""
    if session["sender_code"] == "all":
        return {}
    name = f"{session['sender_code']}/{session['session_no']}"
    return {
        step: Cell(
            {"attended": "visits"}.get(step, f"visits_{step}") if session["measure"] == "visits" else step,
            "session",
            name,
            ALL_AREAS,
            "all",
            "all",
        )
        for step in STEPS
    }
