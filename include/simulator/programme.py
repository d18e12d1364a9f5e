"""Deliveries of the two offices of the province: the service centre's checks of job starts; the department's register, plans and money.

The register has the published counts of each review, and the money is the published 3.6 billion of 2023; names and places are generated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from simulator.area import REFERENCE_DAY, District, share_out
from simulator.chance import by_weight
from simulator.deliveries import VIETNAM, HandOver
from simulator.files import JSON
from simulator.survey import Record

CHECKS = {"m3": (85, 100), "m6": (175, 195), "m12": (360, 380)}
_ANSWERS = by_weight({True: 80, False: 11, None: 9})
_PROOF = by_weight({"contract": 40, "social_insurance": 30, "payslip": 15, "phone_call": 15})
_CHANNELS = by_weight({"counter": 70, "online": 18, "commune": 12})


def hand_over(feed: str, office: District, period: str, created: datetime, records: list[Record]) -> HandOver:
    """A delivery of JSON records by an office."""
    return HandOver(feed, office, period, records, JSON, created)


def _at(day: date, hour: int = 16) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM)


# the service centre


def placement_hand_overs(
    office: District,
    attendance: Mapping[str, list[Record]],
    surveys: Mapping[str, list[Record]],
    orders: Mapping[str, list[Record]],
    count: int,
    rng: Random,
) -> list[HandOver]:
    """One hand-over for the time until May, one for June. attendance, surveys, orders: of the districts; count: starts from the counter,
    of which one in five is of a person from a poor household, whom the centre visits."""
    checks: list[Record] = []
    jobs = [(code, order) for code, found in orders.items() for order in found]
    known = [form for found in surveys.values() for form in found if form["national_id"]]
    poor = [form for form in known if "poor" in form["priority_groups"] and form["activity_status"] != "inactive"]
    seekers = [form for form in known if form["wants_job"] and "poor" not in form["priority_groups"]]
    if jobs and seekers:
        visited = rng.sample(poor, k=min(count // 5, len(poor)))
        for form in visited + rng.sample(seekers, k=min(count - len(visited), len(seekers))):
            started = date(2022, 3, 1) + timedelta(days=rng.randrange((REFERENCE_DAY - date(2022, 3, 1)).days))
            district, order = rng.choice(jobs)
            checks += _checks(form["national_id"], district, order, started, _CHANNELS(rng), None, rng)
    titles = {(code, order["order_no"]): order["title"] for code, order in jobs}
    for code, rows in attendance.items():
        for row in rows:
            if row["start_date"] and rng.random() < 0.85:
                order = {**row, "title": titles.get((code, row["order_no"]))}
                started = date.fromisoformat(row["start_date"])
                checks += _checks(row["national_id"], code, order, started, "fair", row["session_no"], rng)
    checks.sort(key=lambda check: (check["start_date"], check["national_id"], check["checked_on"]))
    numbers: dict[tuple[str, str, str | None], str] = {}
    for check in checks:
        start = (check["national_id"], check["start_date"], check["session_no"])
        check["placement_no"] = numbers.setdefault(start, f"VL-{len(numbers) + 1:06d}")
    before, june = [], []
    for check in checks:
        (june if check["checked_on"] >= "2023-06-01" else before).append(check)
    return [
        hand_over("placements", office, "2023-05", _at(date(2023, 6, 5)), before),
        hand_over("placements", office, "2023-06", _at(REFERENCE_DAY), june),
    ]


def _checks(number: str, district: str, order: Record, started: date, channel: str, session: str | None, rng: Random) -> Iterator[Record]:
    """The checks of one job start that were due by the reference day; there is no check after the loss of the job."""
    common: Record = {
        "placement_no": None,
        "national_id": number,
        "employer_no": order["employer_no"],
        "employer_district": district,
        "order_no": order["order_no"],
        "session_no": session,
        "channel": channel,
        "job_text": order["title"],
        "occupation_code": None,
        "start_date": started.isoformat(),
        "contract_type": rng.choice(("open_ended", "fixed_12_36m", "fixed_under_12m")),
        "wage_vnd": rng.randrange(48, 130) * 100_000,
    }
    answer: bool | None = True if rng.random() < 0.95 else None
    day = started + timedelta(days=rng.randrange(0, 5))
    due = iter(CHECKS.items())
    kind = "start"
    while day <= REFERENCE_DAY:
        evidence = "none" if answer is None else _PROOF(rng) if answer else "phone_call"
        yield {**common, "check_kind": kind, "checked_on": day.isoformat(), "in_job": answer, "evidence": evidence}
        following = next(due, None)
        if answer is False or following is None:
            return
        kind, (first, last) = following
        day, answer = started + timedelta(days=rng.randrange(first, last)), _ANSWERS(rng)


# the register


@dataclass(frozen=True)
class Vintage:
    """A review of households with its published counts; other counts are chosen so that the published rates result."""

    period: str
    as_of: date
    standard: str
    poor: int
    near_poor: int
    newly_escaped: int
    households: int


VINTAGES = (
    Vintage("2021", date(2021, 12, 31), "2016-2020", 6_269, 11_570, 1_500, 479_500),
    Vintage("2022-01", date(2022, 1, 1), "2022-2025", 6_234, 14_000, 1_500, 479_632),
    Vintage("2022", date(2022, 12, 31), "2022-2025", 4_764, 11_049, 1_900, 482_000),
)


@dataclass(frozen=True)
class Household:
    """A household of the survey: its number and commune, and the number of its members who are able to work."""

    number: str
    commune: str
    persons: int
    able: int


Surveyed = dict[tuple[str, str], list[Household]]  # by district and status


def register_hand_overs(
    office: District,
    districts: Mapping[str, District],
    surveys: Mapping[str, list[Record]],
    share: float,
    vintages: Sequence[Vintage],
    rng: Random,
) -> list[HandOver]:
    """The register of each vintage. share: 1 gives exactly the published counts, less a smaller province.

    Households that reported their status in the survey come first, with their number there; the others are not in the survey.
    """
    surveyed = _surveyed_households(surveys, rng)
    return [
        hand_over("poverty_register", office, v.period, _at(max(v.as_of, date(2022, 1, 10)) + timedelta(days=20)), records)
        for v in vintages
        for records in [_households(v, districts, surveyed, share, rng)]
    ]


def _surveyed_households(surveys: Mapping[str, list[Record]], rng: Random) -> Surveyed:
    forms: dict[tuple[str, str, str, str], list[Record]] = {}
    for code, found in surveys.items():
        for form in found:
            for status in {"poor", "near_poor", "newly_escaped"} & set(form["priority_groups"]):
                forms.setdefault((code, status, form["commune_code"], form["household_no"]), []).append(form)
    surveyed: Surveyed = {}
    for (code, status, commune, number), of in forms.items():
        able = sum(form["activity_status"] != "inactive" for form in of)
        surveyed.setdefault((code, status), []).append(Household(number, commune, len(of), able))
    for households in surveyed.values():
        rng.shuffle(households)
    return surveyed


def _households(vintage: Vintage, districts: Mapping[str, District], surveyed: Surveyed, share: float, rng: Random) -> list[Record]:
    other = vintage.households - vintage.poor - vintage.near_poor - vintage.newly_escaped
    counts = {"poor": vintage.poor, "near_poor": vintage.near_poor, "newly_escaped": vintage.newly_escaped, "other": other}
    people = {code: d.people for code, d in districts.items()}
    sizes = [rng.choices((1, 2, 3, 4, 5, 6, 7), (8, 16, 22, 28, 15, 8, 3))[0] for _ in range(4096)]
    as_of, serial, records = vintage.as_of.isoformat(), 0, []
    for status, count in counts.items():
        for code, number in share_out(round(count * share), people).items():
            communes = [commune.code for commune in districts[code].communes]
            for n in range(number):
                serial += 1
                size = sizes[serial * 7 % 4096]
                listed = surveyed.get((code, status), [])
                other = Household(f"{code}-{serial:06d}", communes[n % len(communes)], size, min(size, sizes[serial * 11 % 4096] // 2))
                household = listed[n] if n < len(listed) else other
                records.append(
                    {
                        "household_no": household.number,
                        "district_code": code,
                        "commune_code": household.commune,
                        "status": status,
                        "members": max(household.persons, size),
                        "working_age_members": household.able,
                        "standard_version": vintage.standard,
                        "as_of_date": as_of,
                    }
                )
    return records


# plans and money

_OF_DISTRICT = (("job_transactions", "recurrent", "phiên"), ("worker_management", "recurrent", "người"))
_ACTIVITIES = {
    "SC": (("vacancy_jobseeker_database", "recurrent", "hồ sơ"), ("job_matching", "recurrent", "người")),
    "DOLISA": (("market_information", "recurrent", "báo cáo"), ("information_system", "investment", "hệ thống")),
}
GIVEN = {2022: 1_840, 2023: 3_612}  # million đồng; 2023 is "more than 3.6 billion" of the press
_WEIGHTS = {"information_system": 10.0, "market_information": 4.0, "vacancy_jobseeker_database": 5.0, "job_matching": 6.0}
_LATE = ("796", "798", "800")  # their plan of 2023 had not arrived by June


def programme_hand_overs(office: District, districts: Mapping[str, District], rng: Random) -> list[HandOver]:
    """Plans and movements of 2022, and of 2023 until the reference day; all accounts balance."""
    wanted = {
        (unit, *activity): _WEIGHTS.get(activity[0], 1.0)
        for unit in (*districts, *_ACTIVITIES)
        for activity in _ACTIVITIES.get(unit, _OF_DISTRICT)
    }
    plans: dict[int, list[Record]] = {}
    moves: dict[int, list[Record]] = {}
    carried: dict[tuple[str, str], int] = {}
    for year, given in GIVEN.items():
        planned = share_out(given, wanted)
        steps = {key: list(_steps(key, year, million, rng)) for key, million in planned.items()}
        plans[year] = [step for found in steps.values() for step in found]
        moves[year], carried = _moves(year, planned, steps, carried)
    in_2023 = [plan for plan in plans[2022] if plan["status_on"] >= "2023"]
    plans = {2022: [plan for plan in plans[2022] if plan["status_on"] < "2023"], 2023: in_2023 + plans[2023]}
    ends = {2022: ("2022", date(2023, 1, 6)), 2023: ("2023-06", REFERENCE_DAY)}
    return [
        hand_over(feed, office, ends[year][0], _at(ends[year][1], 17), records)
        for feed, found in (("programme_plans", plans), ("budget_movements", moves))
        for year, records in found.items()
    ]


def _steps(key: tuple[str, str, str, str], year: int, million: int, rng: Random) -> Iterator[Record]:
    """The status history of one plan: late, returned, approved; plans of 2022 are carried over after a late approval."""
    unit, activity, fund_type, measure = key
    late = (year == 2023 and unit in _LATE) or (fund_type == "investment")
    common: Record = {
        "unit_code": unit,
        "plan_year": year,
        "activity": activity,
        "fund_type": fund_type,
        "target_quantity": 1 + million // 30,
        "target_unit": measure,
        "planned_vnd": million * 1_000_000,
    }

    def step(status: str, day: date, decision: str | None = None) -> Record:
        return {**common, "plan_status": status, "status_on": day.isoformat(), "decision_no": decision}

    day = (date(2022, 9, 5) if year == 2022 else date(2023, 2, 20)) + timedelta(days=rng.randrange(45))
    if late and year == 2023:
        yield step("not_submitted", date(2023, 4, 3))
        return
    yield step("submitted", day)
    for _ in range(2 if late else rng.choices((0, 1, 2), (60, 30, 10))[0]):
        yield step("returned", day := day + timedelta(days=rng.randrange(7, 15)))
        yield step("submitted", day := day + timedelta(days=rng.randrange(5, 12)))
    day += timedelta(days=rng.randrange(5, 20))
    if day <= REFERENCE_DAY:
        yield step("approved", day, f"{rng.randrange(100, 999)}/QĐ-UBND")
    if year == 2022 and (late or day >= date(2022, 10, 20)):
        yield step("carried_over", date(2023, 1, 5) + timedelta(days=rng.randrange(10)))


def _moves(
    year: int,
    planned: Mapping[tuple[str, str, str, str], int],
    steps: Mapping[tuple[str, str, str, str], list[Record]],
    carried: Mapping[tuple[str, str], int],
) -> tuple[list[Record], dict[tuple[str, str], int]]:
    """The movements of a year, and the rest of each unit at the end of 2022 by kind of money, which is returned in carried."""
    moves: list[Record] = []
    left: dict[tuple[str, str], int] = {}

    def move(unit: str, movement: str, amount: int, day: date, fund_type: str, activity: str | None, fund_year: int = year) -> None:
        moves.append(
            {
                "movement_no": f"{year}-{len(moves) + 1:04d}",
                "unit_code": unit,
                "movement": movement,
                "budget_year": year,
                "fund_year": fund_year,
                "fund_type": fund_type,
                "fund_source": "central" if fund_type == "investment" or activity != "worker_management" else "province",
                "activity": activity,
                "amount_vnd": amount,
                "moved_on": day.isoformat(),
                "treasury_ref": f"KBNN-{year}-{len(moves) + 1:05d}",
            }
        )

    given_on = date(2022, 7, 20) if year == 2022 else date(2023, 1, 16)
    for fund_type in ("recurrent", "investment"):
        allocated = sum(million for key, million in planned.items() if key[2] == fund_type)
        move("DOLISA", "allocation", allocated * 1_000_000, given_on, fund_type, None)
    for (unit, fund_type), amount in carried.items():
        move(unit, "carry_over_in", amount, date(2023, 1, 31), fund_type, None, year - 1)
    for key, million in planned.items():
        unit, activity, fund_type, _ = key
        amount = million * 1_000_000
        if unit != "DOLISA":
            move("DOLISA", "transfer_out", amount, given_on + timedelta(days=10), fund_type, activity)
            move(unit, "transfer_in", amount, given_on + timedelta(days=10), fund_type, activity)
        status = {step["plan_status"]: step["status_on"] for step in steps[key]}
        spent = 0
        if "approved" in status and "carried_over" not in status:
            day = date.fromisoformat(status["approved"]) + timedelta(days=18)
            if day.year == year and day <= REFERENCE_DAY:
                spent = amount * 7 // 10
                move(unit, "disbursement", spent, day, fund_type, activity)
        if year == 2022 and amount > spent:
            left[unit, fund_type] = left.get((unit, fund_type), 0) + amount - spent
    for (unit, fund_type), amount in left.items():
        move(unit, "carry_over_out", amount, date(2022, 12, 31), fund_type, None)
    return moves, left
