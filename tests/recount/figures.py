"""The figures of each metric, recounted from what is published. A figure has a numerator, and a denominator where it is a ratio.

RECOUNTS has the function of each metric. It gives a data frame with the columns numerator, denominator (None: not a ratio, or not known)
and, where the value is an estimate, value; the index is the cell.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

import pandas as pd

from tests.recount.published import CHECKS, FOR_EVER, GROUPS, PROVINCE, Published, first_day, rows_of, values_of

CELL = ["period_kind", "period", "area_mode", "area_code", "breakdown"]
PERSONS = ["all", "group", "border", "sex"]
RECOUNTS: dict[str, Callable[[Published], pd.DataFrame]] = {}


def recounts(*metrics: str) -> Callable[[Callable[..., pd.DataFrame]], Callable[..., pd.DataFrame]]:
    """Registers the recount of metrics. That of several takes the metric too."""

    def register(function: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
        for metric in metrics:
            RECOUNTS[metric] = function if len(metrics) == 1 else lambda published, metric=metric: function(published, metric)
        return function

    return register


def in_cells(
    frame: pd.DataFrame, kinds: Iterable[str], breakdowns: Iterable[str], province_only: Iterable[str] = (), outside: Iterable[str] = ()
) -> pd.DataFrame:
    """Each row once in each cell that it belongs to, with its `weight`.

    Args:
        frame: The rows; `areas` has the places of a row (without it, the province alone).
        kinds: Kinds of period, each a column with the period, or `all`.
        breakdowns: `all`, `group` (columns `groups`), `border`, or keys joined by a semicolon, each a column.
        province_only: Breakdowns that only the province has.
        outside: Kinds of period that the province has not.
    """
    kinds, breakdowns, rows = list(kinds), list(breakdowns), []
    for row in rows_of(frame):
        values = [
            (breakdown, value)
            for breakdown in breakdowns
            for value in (
                ["all"]
                if breakdown == "all"
                else [f"priority_group={group}" for group in GROUPS if group in row["groups"]]
                if breakdown == "group"
                else ["area_group=border"] * bool(row["border"])
                if breakdown == "border"
                else []
                if any(row[key] is None for key in breakdown.split(";"))
                else [";".join(f"{key}={row[key]}" for key in breakdown.split(";"))]
            )
        ]
        for mode, area, weight in row.get("areas", [PROVINCE]):
            for kind in kinds:
                period = "all" if kind == "all" else row[kind]
                if period is None or (area == "all" and kind in outside):
                    continue
                rows.extend(
                    {
                        **row,
                        "period_kind": kind,
                        "period": period,
                        "area_mode": mode,
                        "area_code": area,
                        "breakdown": value,
                        "weight": weight,
                    }
                    for breakdown, value in values
                    if area == "all" or (breakdown != "border" and breakdown not in province_only)
                )
    return pd.DataFrame(rows, columns=[*dict.fromkeys([*frame.columns, *CELL, "weight"])], dtype=object)


def total(cells: pd.DataFrame, amount: str | None = None) -> pd.Series:
    """The sum of an amount, or of rows, in each cell."""
    if cells.empty:
        return pd.Series(dtype=object)
    parts = (
        cells["weight"]
        if amount is None
        else pd.Series([weight * value for weight, value in values_of(cells, "weight", amount)], cells.index, dtype=object)
    )
    return parts.groupby([cells[column] for column in CELL]).agg(lambda values: sum(values, Fraction(0)))


def distinct(cells: pd.DataFrame, unit: str = "unit") -> pd.Series:
    """The number of units in each cell: one of several rows counts once, with its greatest weight."""
    if cells.empty:
        return pd.Series(dtype=object)
    return cells.groupby([*CELL, unit])["weight"].agg(max).groupby(level=CELL).agg(lambda values: sum(values, Fraction(0)))


def count(numerator: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"numerator": numerator, "denominator": None}, dtype=object)


def ratio(numerator: pd.Series, denominator: pd.Series) -> pd.DataFrame:
    both = pd.DataFrame({"numerator": numerator, "denominator": denominator}, dtype=object)
    return both.where(both.notna(), Fraction(0))


# the job market


def _with_month(frame: pd.DataFrame, day: str) -> pd.DataFrame:
    return frame.assign(month=[value.isoformat()[:7] for value in frame[day]])


def _quarter(day: date) -> str:
    return f"{day.year}-Q{(day.month + 2) // 3}"


@cache
def _stock_days(published: Published) -> list[tuple[str, str, date]]:
    """Months and quarters from the first order or wish to the cutoff date, each with the day on which its stock is counted."""
    wishes = published.survey.loc[published.survey["need"].astype(bool), "surveyed_on"]
    first = min([*published.orders["posted_on"], *wishes])
    months = pd.period_range(first, published.cutoff, freq="M")
    days = {("month", str(month)): month.end_time.date() for month in months}
    days |= {("quarter", _quarter(month.start_time.date())): month.asfreq("Q").end_time.date() for month in months}
    return [(kind, period, min(day, published.cutoff)) for (kind, period), day in days.items()]


def _live(frame: pd.DataFrame, begins: str, ends: str, published: Published) -> pd.DataFrame:
    """The rows that are live on the last day of each period, with the columns month and quarter."""
    return (
        pd.concat(
            [
                frame[(frame[begins] <= day) & (frame[ends] > day)].assign(
                    month=period if kind == "month" else None, quarter=period if kind == "quarter" else None
                )
                for kind, period, day in _stock_days(published)
            ]
        )
        .astype(object)
        .pipe(lambda rows: rows.where(rows.notna(), None))
    )


@cache
def _open_orders(published: Published) -> pd.DataFrame:
    live = _live(published.orders, "posted_on", "ended_on", published)
    return pd.concat([in_cells(live, ["month"], ["all"]), in_cells(live, ["quarter"], ["all", "occupation"])])


@cache
def _live_wishes(published: Published) -> pd.DataFrame:
    """A wish is live from its day until the sender begins its next round or the person starts a job."""
    wishes = published.survey[published.survey["need"].astype(bool)].copy()
    starts: dict[str, list[date]] = {}
    for person, day in values_of(published.starts, "person", "start_date"):
        starts.setdefault(person, []).append(day)
    wishes["ends"] = [
        min([published.round_ends[sender, period], *(day for day in starts.get(person, ()) if person is not None and day >= wished)])
        for sender, period, person, wished in values_of(wishes, "sender_code", "period", "person", "surveyed_on")
    ]
    wishes["occupation"] = wishes["wanted"]
    wishes["groups"] = [set(groups or ()) for groups in wishes["priority_groups"]]
    live = _live(wishes, "surveyed_on", "ends", published)
    return pd.concat([in_cells(live, ["month"], PERSONS), in_cells(live, ["quarter"], [*PERSONS, "occupation"])])


@recounts("openings_stock")
def openings_stock(published: Published) -> pd.DataFrame:
    return count(total(_open_orders(published), "openings"))


@recounts("openings_flow")
def openings_flow(published: Published) -> pd.DataFrame:
    return count(total(in_cells(_with_month(published.orders, "posted_on"), ["month"], ["all"]), "openings"))


@recounts("jobseekers_stock")
def jobseekers_stock(published: Published) -> pd.DataFrame:
    return count(distinct(_live_wishes(published)))


@recounts("jobseekers_flow")
def jobseekers_flow(published: Published) -> pd.DataFrame:
    wishes = published.survey[published.survey["need"].astype(bool)]
    return count(distinct(in_cells(_with_month(wishes, "surveyed_on"), ["month"], ["all"])))


@recounts("tension")
def tension(published: Published) -> pd.DataFrame:
    """Of each sender from the day on which both its orders and its survey are known; the series begins in the first month that has both."""
    first_order, first_form = (
        frame[frame[day].notna()].groupby("sender_code")[day].min()
        for frame, day in ((published.orders, "posted_on"), (published.survey, "surveyed_on"))
    )
    comparable = {sender: max(day, first_form[sender]) for sender, day in first_order.items() if sender in first_form}
    days = {(kind, period): day for kind, period, day in _stock_days(published)}

    def compared(cells: pd.DataFrame) -> pd.DataFrame:
        rows = values_of(cells, "sender_code", "period_kind", "period")
        return cells[[comparable.get(sender, FOR_EVER) <= days[kind, period] for sender, kind, period in rows]]

    wishes = _live_wishes(published)
    wishes = wishes[(wishes["breakdown"] == "all") | wishes["breakdown"].str.startswith("occupation=")]
    cells = ratio(total(compared(_open_orders(published)), "openings"), distinct(compared(wishes)))
    first = max(min(published.orders["posted_on"]), min(published.survey.loc[published.survey["need"].astype(bool), "surveyed_on"]))
    known = {(kind, period) for kind, period, day in _stock_days(published) if day >= first}
    return cells[[cell[:2] in known for cell in cells.index]]


@recounts("fill_rate")
def fill_rate(published: Published) -> pd.DataFrame:
    orders = _with_month(published.orders, "posted_on")
    cells = in_cells(orders[orders["ended_on"] <= published.cutoff], ["month"], ["all"])
    return ratio(total(cells[cells["close_reason"] == "filled"], "openings"), total(cells, "openings"))


@recounts("still_open")
def still_open(published: Published) -> pd.DataFrame:
    cells = in_cells(_with_month(published.orders, "posted_on"), ["month"], ["all"])
    return ratio(total(cells[cells["ended_on"] > published.cutoff], "openings"), total(cells, "openings"))


# how long it takes


@cache
def _order_durations(published: Published) -> pd.DataFrame:
    """An order that is not filled is followed until it was closed, or until the cutoff date."""
    orders = published.orders.copy()
    orders["quarter"] = [_quarter(day) for day in orders["posted_on"]]
    orders["days"] = [((closed or published.cutoff) - posted).days for posted, closed in values_of(orders, "posted_on", "closed_on")]
    orders["event"] = orders["close_reason"] == "filled"
    return in_cells(orders[orders["days"] >= 0], ["quarter"], ["all", "occupation"], province_only=["occupation"])


@cache
def _search_durations(published: Published) -> pd.DataFrame:
    """From a person's first registration to the first job start on or after it; until the cutoff date for a person without one."""
    survey, visits = published.survey, published.visits
    wishes = survey[survey["need"].astype(bool)].assign(registered=lambda rows: rows["surveyed_on"], order=0)
    wishes["groups"] = [set(groups or ()) for groups in wishes["priority_groups"]]
    met = visits[visits["held_on"].notna()].assign(registered=lambda rows: rows["held_on"], order=1)
    columns = ["person", "registered", "areas", "groups", "border", "sex"]
    rows = pd.concat([wishes[columns], met[columns]])
    rows = rows[rows["person"].notna()]
    first_days = rows.groupby("person")["registered"].agg(min)
    rows = rows[[day == first_days[person] for person, day in values_of(rows, "person", "registered")]]
    starts: dict[str, list[date]] = {}
    for person, day in values_of(published.starts, "person", "start_date"):
        starts.setdefault(person, []).append(day)
    searches = rows.drop_duplicates("person").copy()
    started = [
        min((day for day in starts.get(person, ()) if day >= since), default=None)
        for person, since in values_of(searches, "person", "registered")
    ]
    searches["event"] = [day is not None for day in started]
    searches["days"] = [((day or published.cutoff) - since).days for day, since in zip(started, searches["registered"], strict=True)]
    searches["year"] = [str(day.year) for day in searches["registered"]]
    return in_cells(searches[searches["days"] >= 0], ["year"], PERSONS)


def _survival(cases: pd.DataFrame) -> list[tuple[int, Fraction]]:
    """The Kaplan-Meier estimate: the share without an event after each day on which a case has one or is lost from sight."""
    at_risk, survival, steps = sum(cases["weight"], Fraction(0)), Fraction(1), []
    by_day: dict[int, list[Fraction]] = {}
    for day, event, weight in values_of(cases, "days", "event", "weight"):
        of_day = by_day.setdefault(day, [Fraction(0), Fraction(0)])
        of_day[0] += weight
        of_day[1] += weight if event else 0
    for day, (leaving, events) in sorted(by_day.items()):
        survival *= 1 - events / at_risk
        at_risk -= leaving
        steps.append((day, survival))
    return steps


def _quantile(steps: list[tuple[int, Fraction]], share: Fraction) -> int | None:
    return next((day for day, survival in steps if survival <= 1 - share), None)


def _share_by(steps: list[tuple[int, Fraction]], days: int) -> Fraction | None:
    """The share with an event by a day. Not known where nobody was observed for so long and some have had no event."""
    if steps[-1][0] < days and steps[-1][1] > 0:
        return None
    return 1 - min((survival for day, survival in steps if day <= days), default=Fraction(1))


def _estimate(cases: pd.DataFrame, value: Callable[[list[tuple[int, Fraction]]], Any]) -> pd.DataFrame:
    rows = {
        cell: {
            "numerator": sum(of_cell.loc[of_cell["event"].astype(bool), "weight"], Fraction(0)),
            "denominator": sum(of_cell["weight"], Fraction(0)),
            "value": value(_survival(of_cell)),
        }
        for cell, of_cell in cases.groupby(CELL)
    }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=object)


QUANTILES = {"time_to_{}": Fraction(1, 2), "time_to_{}_p25": Fraction(1, 4)}
DAYS = (30, 60, 90, 180)
CASES = {"fill": _order_durations, "place": _search_durations}
DONE = {"fill": "filled", "place": "placed"}

for _subject, _cases in CASES.items():
    for _name, _share in QUANTILES.items():
        RECOUNTS[_name.format(_subject)] = lambda published, cases=_cases, share=_share: _estimate(
            cases(published), lambda steps: _quantile(steps, share)
        )
    for _days in DAYS:
        RECOUNTS[f"{DONE[_subject]}_within_{_days}_days"] = lambda published, cases=_cases, days=_days: _estimate(
            cases(published), lambda steps: _share_by(steps, days)
        )


# supply and demand by occupation


@cache
def _planned(published: Published) -> pd.DataFrame:
    """A row for each occupation that an employer plans to hire for, in the latest register of its sender in each year."""
    registers = published.registers.merge(
        published.latest_of_year("employers")[["sender_code", "period", "year"]], on=["sender_code", "period"]
    )
    rows = [
        {**row, "occupation": line["vsco2"], "openings": int(line["quantity"] or 0)}
        for row in rows_of(registers)
        for line in row["demand_grid"] or ()
        if line.get("vsco2") is not None
    ]
    return in_cells(pd.DataFrame(rows, dtype=object), ["year"], ["all", "occupation"])


@recounts("employed")
def employed(published: Published) -> pd.DataFrame:
    rows = published.rounds[published.rounds["activity_status"] == "employed"]
    return count(total(in_cells(rows, ["year"], ["all", "occupation", "trade"])))


@recounts("seekers_surveyed")
def seekers_surveyed(published: Published) -> pd.DataFrame:
    rows = published.rounds[published.rounds["need"].astype(bool)]
    return count(distinct(in_cells(rows.assign(occupation=rows["wanted"]), ["year"], ["all", "occupation"])))


@recounts("openings_planned")
def openings_planned(published: Published) -> pd.DataFrame:
    return count(total(_planned(published), "openings"))


@recounts("tension_planned")
def tension_planned(published: Published) -> pd.DataFrame:
    """Of each sender that has a register of the year, and a round in that year or before it, the latest of which has the seekers."""
    planned = _planned(published)
    rounds, registers = published.latest_of_year("labour_survey"), published.latest_of_year("employers")
    first_round = rounds.groupby("sender_code")["year"].min()
    planned = planned[[first_round.get(sender, "9999") <= year for sender, year in values_of(planned, "sender_code", "year")]]
    seekers = []
    for year in sorted(set(planned["year"])):
        senders = set(registers.loc[registers["year"] == year, "sender_code"])
        latest = rounds[(rounds["year"] <= year) & rounds["sender_code"].isin(senders)]
        latest = latest.sort_values("year").groupby("sender_code", as_index=False).last()
        rows = published.survey.merge(latest[["sender_code", "period"]], on=["sender_code", "period"])
        rows = rows[rows["need"].astype(bool)]
        seekers.append(in_cells(rows.assign(occupation=rows["wanted"], year=year), ["year"], ["all", "occupation"]))
    return ratio(total(planned, "openings"), distinct(pd.concat(seekers)))


@recounts("openings_ordered")
def openings_ordered(published: Published) -> pd.DataFrame:
    orders = published.orders.assign(year=[str(day.year) for day in published.orders["posted_on"]])
    return count(total(in_cells(orders, ["year"], ["trade"]), "openings"))


# who was counselled


@recounts("counselling_coverage_a", "counselling_coverage_b")
def counselling_coverage(published: Published, metric: str) -> pd.DataFrame:
    """Of the persons aged 15 to 64 of a round (B: who state a need), those counselled since it began and before the sender's next one.

    A round of a sender that held sessions in that time, of none of which anybody's attendance is known, has no figure.
    """
    counselled: dict[str, list[date]] = {}
    for person, day, was_counselled in values_of(published.visits, "person", "held_on", "counselled"):
        if was_counselled and day is not None and person is not None:
            counselled.setdefault(person, []).append(day)
    attended = set(values_of(published.visits, "sender_code", "session_no"))
    sessions: dict[str, list[tuple[str, date]]] = {}
    for sender, number, day in values_of(published.sessions, "sender_code", "session_no", "held_on"):
        sessions.setdefault(sender, []).append((number, day))
    rows = published.rounds[[age is not None and 15 <= age < 65 for age in published.rounds["age"]]]
    rows = rows[
        [
            not held or any(held)
            for held in (
                [
                    (sender, number) in attended
                    for number, day in sessions.get(sender, ())
                    if begins <= day < ends and day <= published.cutoff
                ]
                for sender, begins, ends in values_of(rows, "sender_code", "begins", "next_begins")
            )
        ]
    ].copy()
    rows["groups"] = [set(groups or ()) for groups in rows["priority_groups"]]
    rows["counselled"] = [
        any(begins <= day < ends for day in counselled.get(person, ()))
        for person, begins, ends in values_of(rows, "person", "begins", "next_begins")
    ]
    # a person of two rows in an area is in the groups of both, and has a need, or was counselled, when one of the rows says so
    places = (
        in_cells(rows, ["year"], ["all"])
        .groupby(["year", "area_mode", "area_code", "unit"], as_index=False)
        .agg(
            {
                "groups": lambda sets: set().union(*sets),
                "border": "max",
                "sex": "max",
                "need": "max",
                "counselled": "max",
                "weight": "max",
            }
        )
    )
    places["areas"] = [[area] for area in values_of(places, "area_mode", "area_code", "weight")]
    cells = in_cells(places, ["year"], PERSONS)
    if metric == "counselling_coverage_b":
        cells = cells[cells["need"].astype(bool)]
    return ratio(distinct(cells[cells["counselled"].astype(bool)]), distinct(cells))


# poor households


@recounts("poor_household_coverage", "poor_household_unplaced_rate")
def households_with_work(published: Published, metric: str) -> pd.DataFrame:
    """Of poor households with members of working age. A start counts when it is earlier than twelve months after the day of the review."""
    households = published.households
    households = households[
        [status == "poor" and (workers or 0) > 0 for status, workers in values_of(households, "status", "working_age_members")]
    ].copy()
    starts: dict[str, list[dict[str, Any]]] = {}
    for start in rows_of(published.starts):
        starts.setdefault(start["person"], []).append(start)
    placed, sustained = [], []
    for persons, as_of in values_of(households, "persons", "as_of_date"):
        until = as_of.replace(year=as_of.year + 1)
        of_household = [start for person in persons for start in starts.get(person, ()) if start["start_date"] < until]
        placed.append(bool(of_household))
        sustained.append(any("in_job" in (start["check_m6"], start["check_m12"]) for start in of_household))
    households = households.assign(
        vintage=households["period"], standard=households["standard_version"], sustained=sustained, unplaced=[not one for one in placed]
    )
    cells = in_cells(households, ["vintage"], ["standard"])
    chosen = cells["sustained" if metric == "poor_household_coverage" else "unplaced"].astype(bool)
    return ratio(total(cells[chosen]), total(cells))


@recounts("poor_rate", "near_poor_rate")
def rate_of_the_register(published: Published, metric: str) -> pd.DataFrame:
    households = published.households.assign(vintage=published.households["period"], standard=published.households["standard_version"])
    cells = in_cells(households, ["vintage"], ["standard"])
    return ratio(total(cells[cells["status"] == metric.removesuffix("_rate")]), total(cells))


@recounts("poverty_reduction")
def poverty_reduction(published: Published) -> pd.DataFrame:
    poor: dict[tuple[str, str], int] = {}
    days: dict[tuple[str, str], date] = {}
    for standard, vintage, status, day in values_of(published.households, "standard_version", "period", "status", "as_of_date"):
        poor[standard, vintage] = poor.get((standard, vintage), 0) + (status == "poor")
        days[standard, vintage] = min(day, days.get((standard, vintage), day))
    rows = {
        ("vintage", later, "as_reported", "all", f"standard={standard};baseline={baseline}"): {
            "numerator": Fraction(poor[standard, baseline] - poor[standard, later]),
            "denominator": Fraction(poor[standard, baseline]),
        }
        for standard, later in poor
        for other, baseline in poor
        if standard == other and days[standard, baseline] < days[standard, later]
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", dtype=object)
    frame.index = pd.MultiIndex.from_tuples(frame.index, names=CELL)
    return frame


# sessions

FAIR_PERIODS = ["session", "month", "half", "year"]


@cache
def _visits(published: Published, all_only: bool = False) -> pd.DataFrame:
    """Visits in the cells of the place where their session was held; persons by group and sex in months, half-years and years only."""
    held = published.sessions[["sender_code", "session_no", "areas", "session", "month", "half", "year"]]
    rows = published.visits.drop(columns=["areas"]).merge(held, on=["sender_code", "session_no"])
    sessions = in_cells(rows, ["session"], ["all"], outside=["session"])
    return pd.concat([sessions, in_cells(rows, ["month", "half", "year"], ["all"] if all_only else PERSONS)])


@cache
def _session_employers(published: Published) -> pd.Series:
    met = published.attendance[
        [bool(was) and employer is not None for was, employer in values_of(published.attendance, "interviewed", "employer_no")]
    ]
    met = met.assign(unit=[f"{sender}/{number}" for sender, number in values_of(met, "sender_code", "employer_no")])
    held = published.sessions[["sender_code", "session_no", "areas", *FAIR_PERIODS]]
    return distinct(
        in_cells(
            met[["sender_code", "session_no", "unit"]].merge(held, on=["sender_code", "session_no"]),
            FAIR_PERIODS,
            ["all"],
            outside=["session"],
        )
    )


def _stage(published: Published, stage: str | None, all_only: bool = False) -> pd.Series:
    cells = _visits(published, all_only)
    return distinct(cells if stage is None else cells[cells[stage].astype(bool)])


@recounts("attended_visits")
def attended_visits(published: Published) -> pd.DataFrame:
    return count(total(_visits(published)))


@recounts("attended_persons")
def attended_persons(published: Published) -> pd.DataFrame:
    return count(_stage(published, None))


@recounts("counselled_persons")
def counselled_persons(published: Published) -> pd.DataFrame:
    return count(_stage(published, "counselled"))


@recounts("interviewed_of_attended")
def interviewed_of_attended(published: Published) -> pd.DataFrame:
    return ratio(_stage(published, "interviewed"), _stage(published, None))


@recounts("passed_of_interviewed")
def passed_of_interviewed(published: Published) -> pd.DataFrame:
    return ratio(_stage(published, "passed"), _stage(published, "interviewed"))


@recounts("started_of_passed")
def started_of_passed(published: Published) -> pd.DataFrame:
    return ratio(_stage(published, "started"), _stage(published, "passed"))


@recounts("sessions")
def sessions(published: Published) -> pd.DataFrame:
    return count(total(in_cells(published.sessions, FAIR_PERIODS, ["all"], outside=["session"])))


@recounts("employers_at_sessions")
def employers_at_sessions(published: Published) -> pd.DataFrame:
    return count(_session_employers(published))


def _attended_sessions(published: Published) -> pd.DataFrame:
    attended = set(values_of(published.visits, "sender_code", "session_no"))
    return published.sessions[[session in attended for session in values_of(published.sessions, "sender_code", "session_no")]]


@recounts("started_per_employer")
def started_per_employer(published: Published) -> pd.DataFrame:
    return ratio(_stage(published, "started", all_only=True), _session_employers(published))


@recounts("started_per_million_vnd")
def started_per_million_vnd(published: Published) -> pd.DataFrame:
    """Of sessions whose attendance is known. Not known until the cost of every such session of the period in the area is settled."""
    cells = in_cells(_attended_sessions(published), FAIR_PERIODS, ["all"], outside=["session"])
    cells["millions"] = [Fraction(int(cost or 0), 1_000_000) for (cost,) in values_of(cells, "settled")]
    found = ratio(_stage(published, "started", all_only=True), total(cells, "millions"))
    unsettled = {tuple(cell) for *cell, cost in values_of(cells, *CELL, "settled") if cost is None}
    known = [None if cell in unsettled else cost for cell, cost in found["denominator"].items()]
    return found.assign(denominator=pd.Series(known, found.index, dtype=object))


@recounts("cost_per_placement")
def cost_per_placement(published: Published) -> pd.DataFrame:
    """The share of a fund in the cost and in the starts of its sessions, of which the first check found the person in the job."""
    starts: dict[tuple[str, str], int] = {}
    for session, check in values_of(published.starts, "session", "check_start"):
        if session and check == "in_job":
            starts[session] = starts.get(session, 0) + 1
    rows = pd.DataFrame(
        [
            {
                **session,
                "fund": fund,
                "cost": cost,
                "starts": starts.get((session["sender_code"], session["session_no"]), 0) * Fraction(int(share), 100),
            }
            for session in rows_of(_attended_sessions(published))
            for fund, share, cost in session["fund_row"]
            if cost is not None
        ],
        dtype=object,
    )
    cells = in_cells(rows, ["year"], ["all", "fund", "kind", "fund;kind"])
    return ratio(total(cells, "cost"), total(cells, "starts"))


# job starts


@cache
def _starts(published: Published) -> pd.DataFrame:
    starts = _with_month(published.starts, "start_date")
    starts["year"] = [month[:4] for month in starts["month"]]
    return pd.concat([in_cells(starts, ["month"], ["all"]), in_cells(starts, ["year"], [*PERSONS, "channel", "occupation"])])


def _without_occupations(cells: pd.DataFrame) -> pd.DataFrame:
    return cells[(cells["period_kind"] == "year") & ~cells["breakdown"].str.startswith("occupation=")]


@recounts("placements")
def placements(published: Published) -> pd.DataFrame:
    return count(total(_starts(published)))


@recounts("placed_persons")
def placed_persons(published: Published) -> pd.DataFrame:
    return count(distinct(_starts(published)))


@recounts("successful_match")
def successful_match(published: Published) -> pd.DataFrame:
    """A start that only the service centre reports has no day of service, and counts as within 90 days."""
    cells = _without_occupations(_starts(published))
    matched = [
        check == "in_job" and evidence in ("contract", "social_insurance", "payslip") and (days or 0) <= 90
        for check, evidence, days in values_of(cells, "check_start", "evidence", "days")
    ]
    return ratio(distinct(cells[matched]), distinct(cells))


for _check in CHECKS[1:]:
    for _metric, _outcome, _known in (
        ("sustained", "in_job", ("in_job", "lost")),
        ("lost", "lost", ("in_job", "lost")),
        ("not_reached", "unknown", ("in_job", "lost", "unknown")),
    ):

        def _outcome_of_check(
            published: Published, check: str = _check, outcome: str = _outcome, known: tuple[str, ...] = _known
        ) -> pd.DataFrame:
            cells = _without_occupations(_starts(published))
            cells = cells[cells[f"check_{check}"].isin(known)]
            return ratio(total(cells[cells[f"check_{check}"] == outcome]), total(cells))

        RECOUNTS[f"{_metric}_{_check}"] = _outcome_of_check


# the programme's money and plans


@cache
def _money(published: Published, *movements: str) -> pd.Series:
    """The amounts of movements by budget year; those transferred out count as less."""
    rows = published.core("budget_movements")
    rows = rows[rows["movement"].isin(movements)].copy()
    rows["year"] = rows["budget_year"].astype(str).astype(object)
    rows["unit"] = rows["unit_code"]
    rows["amount"] = [-amount if movement == "transfer_out" else amount for movement, amount in values_of(rows, "movement", "amount_vnd")]
    return total(in_cells(rows, ["year"], ["all", "fund_type", "fund_type;fund_year", "unit", "unit;fund_type"]), "amount")


ALLOCATED = ("allocation", "transfer_in", "transfer_out")


@recounts("allocated_vnd")
def allocated_vnd(published: Published) -> pd.DataFrame:
    return count(_money(published, *ALLOCATED))


@recounts("disbursed_vnd")
def disbursed_vnd(published: Published) -> pd.DataFrame:
    return count(_money(published, "disbursement"))


@recounts("disbursement_rate")
def disbursement_rate(published: Published) -> pd.DataFrame:
    return ratio(_money(published, "disbursement"), _money(published, *ALLOCATED, "carry_over_in"))


@recounts("carry_over_rate")
def carry_over_rate(published: Published) -> pd.DataFrame:
    return ratio(_money(published, "carry_over_out"), _money(published, *ALLOCATED, "carry_over_in"))


@recounts("age_of_money")
def age_of_money(published: Published) -> pd.DataFrame:
    rows = published.core("budget_movements")
    rows = rows[rows["movement"] == "disbursement"].copy()
    rows["year"], rows["unit"] = rows["budget_year"].astype(str).astype(object), rows["unit_code"]
    rows["years"] = [amount * (spent - fund) for amount, spent, fund in values_of(rows, "amount_vnd", "budget_year", "fund_year")]
    cells = in_cells(rows, ["year"], ["all", "fund_type", "fund_type;fund_year", "unit", "unit;fund_type"])
    return ratio(total(cells, "years"), total(cells, "amount_vnd"))


@recounts("programme_cost_per_placement")
def programme_cost_per_placement(published: Published) -> pd.DataFrame:
    spent = _money(published, "disbursement")
    starts = published.starts[published.starts["check_start"] == "in_job"].drop(columns=["areas"])
    starts = starts.assign(year=[str(day.year) for day in starts["start_date"]])
    cells = ratio(spent[[cell[-1] == "all" for cell in spent.index]], total(in_cells(starts, ["year"], ["all"])))
    spent_in = {cell for cell, amount in cells["numerator"].items() if amount}
    return cells[[cell in spent_in for cell in cells.index]]


PLAN = ["sender_code", "unit_code", "plan_year", "activity", "fund_type"]
STATUSES = ["not_submitted", "submitted", "returned", "approved", "carried_over"]


@cache
def _plans_at_month_ends(published: Published) -> pd.DataFrame:
    """The status of each plan at the end of each month: that of its latest step until then."""
    steps = published.core("programme_plans")
    steps["rank"] = [STATUSES.index(status) for status in steps["plan_status"]]
    steps = steps.sort_values(["status_on", "rank"])
    found = []
    for month in pd.period_range(steps["status_on"].iloc[0], published.cutoff, freq="M"):
        day = min(month.end_time.date(), published.cutoff)
        found.append(steps[steps["status_on"] <= day].groupby(PLAN, as_index=False).last().assign(month=str(month)))
    return pd.concat(found).astype(object)


@recounts("units_approved")
def units_approved(published: Published) -> pd.DataFrame:
    plans = _plans_at_month_ends(published)
    plans["approved"] = plans["plan_status"].isin(["approved", "carried_over"])
    units = plans.groupby(["month", "plan_year", "unit_code"], as_index=False)["approved"].agg("all")
    cells = in_cells(units, ["month"], ["plan_year"])
    return ratio(total(cells[cells["approved"].astype(bool)]), total(cells))


@recounts("plans_in_status")
def plans_in_status(published: Published) -> pd.DataFrame:
    plans = _plans_at_month_ends(published).assign(status=lambda rows: rows["plan_status"])
    found = count(total(in_cells(plans, ["month"], ["plan_year;status"])))
    known = total(in_cells(plans, ["month"], ["plan_year"]))
    found["denominator"] = [known[(*cell[:4], cell[4].split(";")[0])] for cell in found.index]
    return found


@recounts("plan_days_late")
def plan_days_late(published: Published) -> pd.DataFrame:
    deadlines = {
        int(year): date.fromisoformat(day)
        for year, day in published.query("select plan_year, deadline from reference.plan_deadline").itertuples(index=False)
    }
    steps = published.core("programme_plans")
    plans = steps[steps["plan_status"] == "submitted"].groupby(PLAN, as_index=False)["status_on"].agg(min)
    plans = plans[[year in deadlines for year in plans["plan_year"]]]
    plans = plans.assign(year=[str(year) for year in plans["plan_year"]], unit=plans["unit_code"])
    plans["late"] = [max((day - deadlines[year]).days, 0) for day, year in values_of(plans, "status_on", "plan_year")]
    cells = in_cells(plans, ["year"], ["all", "unit"])
    return ratio(total(cells, "late"), total(cells))


# quality


@cache
def _jobs(published: Published) -> pd.DataFrame:
    """Persons at work of all rounds, and all orders."""
    columns = ["areas", "code", "trade", "method", "feed"]
    working = published.survey[published.survey["activity_status"] == "employed"].assign(feed="labour_survey")
    return in_cells(pd.concat([working[columns], published.orders.assign(feed="job_orders")[columns]]), ["all"], ["feed"])


CODED: dict[str, Callable[[Any, Any, Any], bool]] = {
    **{f"coded_level_{level}": lambda code, trade, method, level=level: code is not None and len(code) >= level for level in (1, 2, 4, 5)},
    "coded_provisional": lambda code, trade, method: trade is not None,
    "coded_by_sender": lambda code, trade, method: method == "given",
    "uncodable": lambda code, trade, method: code is None,
}


@recounts(*CODED)
def coded(published: Published, metric: str) -> pd.DataFrame:
    jobs = _jobs(published)
    return ratio(total(jobs[[CODED[metric](*job) for job in values_of(jobs, "code", "trade", "method")]]), total(jobs))


@cache
def _deliveries(published: Published) -> pd.DataFrame:
    """Deliveries with an outcome, in the province and with their sender as the area."""
    rows = published.query(
        "select feed, sender_code, period, sequence, batch_id, state, published_at, declared_records, records_quarantined,"
        " (delivery_created_at at time zone 'Asia/Ho_Chi_Minh')::date as delivered_on from ops.batch"
    )
    rows["areas"] = [[PROVINCE, ("as_reported", sender, Fraction(1))] for sender in rows["sender_code"]]
    return rows.rename(columns={"period": "of_period"})


def _first_deliveries(published: Published) -> pd.DataFrame:
    rows = _deliveries(published)
    rows = rows[rows["state"].isin(["published", "superseded", "quarantined", "rejected"])]
    return rows.sort_values(["sequence", "batch_id"]).groupby(["feed", "sender_code", "of_period"], as_index=False, dropna=False).nth(0)


@recounts("first_pass_rate")
def first_pass_rate(published: Published) -> pd.DataFrame:
    cells = in_cells(_first_deliveries(published), ["all"], ["feed"])
    return ratio(total(cells[cells["published_at"].notna()]), total(cells))


@recounts("on_time_rate")
def on_time_rate(published: Published) -> pd.DataFrame:
    cells = in_cells(_first_deliveries(published), ["all"], ["feed"])
    on_time = [
        delivered < first_day(period) + timedelta(published.allowed_days(feed))
        for feed, period, delivered in values_of(cells, "feed", "of_period", "delivered_on")
    ]
    return ratio(total(cells[on_time]), total(cells))


@recounts("rows_put_aside")
def rows_quarantined(published: Published) -> pd.DataFrame:
    rows = _deliveries(published)
    cells = in_cells(rows[(rows["state"] == "published") & rows["declared_records"].notna()], ["all"], ["feed"])
    cells["records_quarantined"] = [value or 0 for value in cells["records_quarantined"]]
    return ratio(total(cells, "records_quarantined"), total(cells, "declared_records"))
