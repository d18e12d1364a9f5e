"""Job-fair sessions (phiên giao dịch việc làm) and their attendees: counselled, interviewed, passed, offered, accepted, started.

Each step needs the one before: a start needs an acceptance, that an offer, that a pass, and that an interview.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from simulator.area import REFERENCE_DAY
from simulator.chance import by_weight
from simulator.people import Office, as_typed, born, full_name, phone
from simulator.survey import Record, wanted_job


@dataclass(frozen=True)
class Session:
    """A session that an office holds. place: its commune; attendance: its share of all rows; funds: (fund, share in per cent).

    cost: planned, in million đồng.
    """

    sender: str
    session_no: str
    name: str
    place: str
    kind: str
    held_on: date
    attendance: int
    funds: tuple[tuple[str, int], ...]
    cost: int


_TWO_FUNDS = (("subproject_4_3", 70), ("unemployment_insurance", 30))
_PROJECT, _INSURANCE, _OTHER = (("subproject_4_3", 100),), (("unemployment_insurance", 100),), (("other", 100),)


def _june(day: int) -> date:
    return date(2023, 6, day)


SESSIONS = (
    Session("794", "P2306-01", "Phiên giao dịch việc làm định kỳ tháng 6", "Phường 1", "fixed", _june(1), 20, _INSURANCE, 45),
    Session("803", "P2306-01", "Ngày hội việc làm Bến Lức", "Thị trấn Bến Lức", "job_day", _june(3), 31, _TWO_FUNDS, 160),
    Session("802", "P2306-01", "Phiên lưu động Đức Hòa", "Thị trấn Hậu Nghĩa", "mobile", _june(6), 21, _PROJECT, 62),
    Session("807", "P2306-01", "Phiên lưu động xã Long Thượng", "Xã Long Thượng", "mobile", _june(7), 15, _PROJECT, 58),
    Session("794", "P2306-02", "Phiên giao dịch việc làm trực tuyến", "Phường 1", "online", _june(8), 7, _OTHER, 20),
    Session("806", "P2306-01", "Tư vấn việc làm tại xã", "Xã Long Hựu Đông", "commune_counselling", _june(9), 6, _PROJECT, 15),
)
GOLDEN_SESSIONS = (
    Session("794", "P2306-01", "Phiên giao dịch việc làm định kỳ", "Phường 1", "fixed", _june(1), 1, _PROJECT, 60),
    Session("803", "P2306-01", "Ngày hội việc làm Bến Lức", "Thị trấn Bến Lức", "job_day", _june(3), 1, _PROJECT, 160),
)
POSTPONED = Session("801", "P2306-01", "Phiên lưu động Đức Huệ", "Thị trấn Đông Thành", "mobile", _june(13), 0, _PROJECT, 55)

PERSON = ("full_name", "national_id", "birth_date", "sex", "phone", "commune_code", "priority_groups", "wanted_job_text")
_RESULTS = by_weight({"passed": 38, "failed": 47, "pending": 15})
_NO_INTERVIEW: Record = {
    "employer_no": None,
    "order_no": None,
    "interviewed": False,
    "interview_result": None,
    "offered": False,
    "accepted": False,
    "start_date": None,
}


def attendance_records(
    session: Session, office: Office, survey: list[Record], orders: list[Record], visitors: list[Record], count: int, rng: Random
) -> list[Record]:
    """The rows of one session; count: their exact number.

    survey: the forms of the office, from which most attendees are drawn; visitors: rows of an earlier session, some of whose attendees
    return.
    """
    wishing = [form for form in survey if form["wants_job"] and form["national_id"]]
    poor = [form for form in survey if form["priority_groups"] and form["national_id"] and _age(form) < 55]
    others = [form for form in survey if form["activity_status"] == "employed" and form["national_id"] and _age(form) < 55]
    on_offer = [o for o in orders if o["posted_on"] <= session.held_on.isoformat() <= (o["deadline"] or "9999")] or orders
    came: set[str] = set()
    known = list({row["national_id"]: _attendee(row) for row in visitors if row["national_id"]}.values())
    returning = iter(rng.sample(known, k=min(len(known), max(1, count // 60))))
    rows: list[Record] = []
    while len(rows) < count:
        draw = rng.random()
        if draw < 0.08:
            person = _walk_in(rng)
        elif draw < 0.11 and (back := next(returning, None)):
            person = back
        elif draw < 0.15 and poor:
            person = _attendee(rng.choice(poor))
        elif draw < 0.36 and wishing:
            person = _attendee(rng.choice(wishing))
        elif draw < 0.62 and others:
            person = _attendee(rng.choice(others))
        else:
            person = _newcomer(office, rng)
        if person["national_id"] not in came:
            came |= {person["national_id"]} - {None}
            rows += _visit(session, person, on_offer, count - len(rows), rng)
    for serial, row in enumerate(rows, 1):
        row["attendance_no"] = f"{session.session_no[-2:]}-{serial:05d}"
    return rows


def _age(form: Record) -> int:
    return 2023 - int(form["birth_date"][-4:])


def _attendee(form: Record) -> Record:
    """A person of the survey on the fair's sheet, with the same number, name and birth date."""
    return {name: form[name] for name in PERSON}


def _walk_in(rng: Random) -> Record:
    """A person who gave a name and no number."""
    sex = rng.choice(("male", "female"))
    wish = wanted_job(rng, "none") if rng.random() < 0.5 else None
    return dict.fromkeys(PERSON) | {"full_name": full_name(rng, sex), "sex": sex, "priority_groups": [], "wanted_job_text": wish}


def _newcomer(office: Office, rng: Random) -> Record:
    """A person who is not in the survey; one in six is from another district."""
    sex, age = rng.choice(("male", "female")), rng.randrange(18, 45)
    birth = born(rng, age, REFERENCE_DAY)
    near = rng.random() < 0.83
    return {
        "full_name": full_name(rng, sex, age),
        "national_id": office.citizen_number(sex, birth, rng),
        "birth_date": as_typed(rng, birth, age),
        "sex": sex,
        "phone": phone(rng) if rng.random() < 0.85 else None,
        "commune_code": rng.choice(office.district.communes).code if near else rng.choice(office.neighbours),
        "priority_groups": rng.choice((["poor"], ["near_poor"])) if rng.random() < 0.04 else [],
        "wanted_job_text": wanted_job(rng, "none"),
    }


def _visit(session: Session, person: Record, orders: list[Record], room: int, rng: Random) -> list[Record]:
    """The rows of one person at a session: one for each vacancy of an interview, or one without a vacancy."""
    common = {
        "attendance_no": None,
        "session_no": session.session_no,
        **person,
        "counselled": rng.random() < (1.0 if session.kind == "commune_counselling" else 0.9),
    }
    chance = 0.0 if person["national_id"] is None or session.kind == "commune_counselling" else 0.42
    if not orders or rng.random() >= chance:
        return [{**common, **_NO_INTERVIEW}]
    interviews = rng.sample(orders, k=min(len(orders), room, 2 if rng.random() < 0.18 else 1))
    rows, taken = [], False
    for order in interviews:
        row = {**common, **_interview(session, order, rng, free=not taken)}
        taken = taken or row["accepted"]
        rows.append(row)
    return rows


def _interview(session: Session, order: Record, rng: Random, *, free: bool) -> Record:
    """One interview. free: whether the person has not accepted another job of the session."""
    result = _RESULTS(rng)
    offered = result == "passed" and rng.random() < 0.9
    accepted = offered and free and rng.random() < 0.82
    days = (REFERENCE_DAY - session.held_on).days
    starts = accepted and rng.random() < 0.78
    return {
        "employer_no": order["employer_no"],
        "order_no": order["order_no"],
        "interviewed": True,
        "interview_result": result,
        "offered": offered,
        "accepted": accepted,
        "start_date": (session.held_on + timedelta(days=rng.randrange(1, days + 1))).isoformat() if starts else None,
    }


def session_records(session: Session, office: Office, attendees: int, employers: int) -> list[Record]:
    """The session's rows, one for each fund that pays for it. attendees, employers: what the office declares."""
    return [
        {
            "session_no": session.session_no,
            "name": session.name,
            "kind": session.kind,
            "held_on": session.held_on.isoformat(),
            "commune_code": next(c.code for c in office.district.communes if c.name == session.place),
            "fund": fund,
            "fund_share_pct": share,
            "cost_planned_vnd": session.cost * share * 10_000,
            "cost_settled_vnd": session.cost * share * 9_600 if session.held_on < date(2023, 6, 7) else None,
            "employers_declared": employers,
            "attendees_declared": attendees,
        }
        for fund, share in session.funds
    ]


def visits(rows: list[Record]) -> int:
    """The number of attendees of a session: each person once, and each walk-in without a number as one."""
    known = {row["national_id"] for row in rows if row["national_id"]}
    return len(known) + sum(row["national_id"] is None for row in rows)
