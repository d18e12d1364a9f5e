"""Labour survey (Form 01): the households of an office's communes, their members, and the answers of each by the form's jump rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Any

from simulator.area import Commune, District, share_out
from simulator.chance import by_weight
from simulator.people import FAMILY_NAMES, Office, as_typed, born, full_name, phone, with_phone
from simulator.titles import DRAW_TRADE, TRADES, written

Record = dict[str, Any]

ROUND_START, ROUND_DAYS = date(2022, 10, 1), 61
_COUNTED_FROM = date(2022, 10, 1)  # ages are counted on this day; persons under 15 have no form

_SIZES = by_weight({1: 16, 2: 34, 3: 28, 4: 16, 5: 6})
_HEAD_AGES = by_weight([(age, 3 if 35 <= age <= 60 else 1.4 if age < 35 else 1.5) for age in range(26, 82)])
_ETHNICITIES = by_weight({"Kinh": 98.9, "Khmer": 0.6, "Hoa": 0.4, "Chăm": 0.1})
# shares of households, close to those of the register; poor households are a little more frequent, so that small groups have rows
_POVERTY = by_weight({"": 93.2, "poor": 2.2, "near_poor": 3.2, "newly_escaped": 1.4})

_SCHOOL = {  # education by birth cohort: none, primary, lower secondary, upper secondary
    "old": by_weight({"none": 26, "primary": 40, "lower_secondary": 22, "upper_secondary": 12}),
    "middle": by_weight({"none": 9, "primary": 32, "lower_secondary": 34, "upper_secondary": 25}),
    "young": by_weight({"none": 3, "primary": 14, "lower_secondary": 33, "upper_secondary": 50}),
    "pupil": by_weight({"primary": 8, "lower_secondary": 92}),
}
_QUALIFICATION = {
    "none": by_weight({"none": 93, "skilled_no_certificate": 7}),
    "primary": by_weight({"none": 86, "skilled_no_certificate": 12, "other": 2}),
    "lower_secondary": by_weight({"none": 74, "skilled_no_certificate": 14, "other": 5, "elementary": 6, "intermediate": 1}),
    "upper_secondary": by_weight(
        {"none": 42, "skilled_no_certificate": 11, "other": 4, "elementary": 8, "intermediate": 10, "college": 9}
        | {"university": 15, "postgraduate": 1}
    ),
}
_FIELDS = {  # fields of training, by trained qualification
    "elementary": ("5102", "5401", "8401", "8104", "5103"),
    "intermediate": ("5102", "5103", "3403", "7203", "5101", "6201", "4802"),
    "college": ("3403", "5103", "1402", "4802", "3401", "7203", "5101"),
    "university": ("3403", "3401", "1402", "4802", "3801", "5202", "6201", "7201", "3402", "2202"),
    "postgraduate": ("3401", "3801", "1401", "7201"),
}

_DURATIONS = by_weight({"under_3m": 38, "3_12m": 40, "over_12m": 22})


@dataclass(frozen=True)
class _Member:
    """One member of a household, before the questions."""

    sex: str
    age: int
    family: str


def survey_records(office: Office, count: int, rng: Random, next_door: Sequence[Record] = ()) -> list[Record]:
    """The forms of one office, by commune and household.

    next_door: the forms of another office; one in four hundred persons moved in from there during the round and has forms in both.
    """
    weights = {commune: rng.uniform(0.6, 1.4) * (1.6 if commune.urban else 1.0) for commune in office.district.communes}
    records: list[Record] = []
    for commune, forms in share_out(count, weights).items():
        enumerators = [full_name(rng, rng.choice(("male", "female"))) for _ in range(1 + forms // 400)]
        household = 0
        made: list[Record] = []
        while len(made) < forms:
            household += 1
            made += _household(office, commune, household, rng.choice(enumerators), rng)
        for serial, record in enumerate(made[:forms], 1):
            record["form_no"] = f"{commune.code}-{serial:05d}"
        records += made[:forms]
    movers = rng.sample(next_door, k=min(len(next_door), len(records), max(1, len(records) // 400)))
    for place, mover in zip(rng.sample(range(len(records)), k=len(movers)), movers, strict=True):
        records[place] = mover | {name: records[place][name] for name in _OF_THE_PLACE}
    return records


_OF_THE_PLACE = ("form_no", "commune_code", "area_type", "household_no", "surveyed_on", "enumerator")


def _members(rng: Random) -> list[_Member]:
    """Head, spouse, grown children with the father's family name, or an old parent."""
    head = _Member("male" if rng.random() < 0.62 else "female", _HEAD_AGES(rng), FAMILY_NAMES(rng))
    members = [head]
    for place in range(1, _SIZES(rng)):
        if place == 1 and rng.random() < 0.8:
            other = "female" if head.sex == "male" else "male"
            age = head.age + rng.randrange(-5, 3) * (1 if other == "female" else -1)
            members.append(_Member(other, max(19, min(85, age)), FAMILY_NAMES(rng)))
        elif head.age >= 38 and rng.random() < 0.85:
            child = _Member(rng.choice(("male", "female")), rng.randrange(15, max(16, min(40, head.age - 20))), head.family)
            father = members[1] if head.sex == "female" and len(members) > 1 and members[1].sex == "male" else head
            members.append(replace(child, family=father.family))
        else:
            members.append(_Member(rng.choice(("male", "female")), min(94, head.age + rng.randrange(19, 33)), head.family))
    return members


def _household(office: Office, commune: Commune, household: int, enumerator: str, rng: Random) -> list[Record]:
    poverty, shared_phone = _POVERTY(rng), phone(rng)
    common = {
        "commune_code": commune.code,
        "registered_commune_code": commune.code if rng.random() < 0.92 else rng.choice(office.neighbours),
        "area_type": "urban" if commune.urban else "rural",
        "household_no": f"{commune.code}-H{household:04d}",
        "ethnicity": _ETHNICITIES(rng),
        "surveyed_on": (ROUND_START + timedelta(days=rng.randrange(ROUND_DAYS))).isoformat(),
        "enumerator": enumerator,
    }
    groups = [poverty] if poverty else []
    return [_form(office, common, groups, member, shared_phone, rng) for member in _members(rng)]


def _form(office: Office, common: Record, groups: list[str], member: _Member, shared_phone: str, rng: Random) -> Record:
    birth = born(rng, member.age, _COUNTED_FROM)
    disabled = rng.random() < (0.05 if member.age > 60 else 0.015)
    has_phone = rng.random()
    education = _education(rng, member.age)
    qualification = "none" if member.age < 18 else _QUALIFICATION[education](rng)
    minority = [] if common["ethnicity"] == "Kinh" else ["ethnic_minority"]
    return {
        "form_no": None,
        "full_name": full_name(rng, member.sex, member.age, member.family),
        "birth_date": as_typed(rng, birth, member.age),
        "sex": member.sex,
        "national_id": _number(office, member.sex, birth, rng),
        "phone": None if has_phone < 0.14 else shared_phone if has_phone < 0.3 else phone(rng),
        **common,
        "priority_groups": groups + (["disabled"] if disabled else []) + minority,
        "education_level": education,
        "qualification": qualification,
        "training_field": rng.choice(_FIELDS[qualification]) if qualification in _FIELDS else None,
        **_activity(office.district, common["area_type"], member, disabled, qualification, rng),
    }


def _number(office: Office, sex: str, birth: date, rng: Random) -> str | None:
    draw = rng.random()
    return office.citizen_number(sex, birth, rng) if draw < 0.92 else office.old_number() if draw < 0.96 else None


def _education(rng: Random, age: int) -> str:
    cohort = "pupil" if age < 18 else "young" if age < 35 else "middle" if age < 60 else "old"
    return _SCHOOL[cohort](rng)


def _activity(district: District, area: str, member: _Member, disabled: bool, qualification: str, rng: Random) -> Record:
    """Items 11 to 13: employed people answer 12, the unemployed 13, the others give a reason for inactivity."""
    answers: Record = {
        **dict.fromkeys(("activity_status", "inactive_reason", "employment_status", "job_text", "workplace", "worked_before")),
        **dict.fromkeys(("unemployed_duration", "wants_job", "wanted_job_text")),
    }
    reason = _inactive_reason(rng, member, disabled)
    if reason:
        answers |= {"activity_status": "inactive", "inactive_reason": reason}
        wish = 0.04 if member.age < 60 else 0.0
    elif rng.random() < (0.075 if member.age < 25 else 0.024):
        answers |= {"activity_status": "unemployed", "unemployed_duration": _DURATIONS(rng)}
        answers["worked_before"] = rng.random() < (0.5 if member.age < 23 else 0.93)
        wish = 0.93
    else:
        answers |= {"activity_status": "employed", **_work(district, area, member, qualification, rng)}
        wish = 0.07
    answers["wants_job"] = rng.random() < wish
    if answers["wants_job"]:
        answers["wanted_job_text"] = wanted_job(rng, qualification)
    return answers


def _inactive_reason(rng: Random, member: _Member, disabled: bool) -> str | None:
    age, draw = member.age, rng.random()
    reason = None
    if disabled and draw < 0.55:
        reason = "disabled"
    elif age < 18:
        reason = "study" if draw < 0.86 else None
    elif age < 23:
        reason = "study" if draw < 0.34 else "housework" if draw < 0.36 + 0.05 * (member.sex == "female") else None
    elif age < 56:
        away = 0.13 if member.sex == "female" else 0.012
        reason = "housework" if draw < away else "other" if draw < away + 0.008 else None
    elif age < 66:
        away = 0.3 if member.sex == "female" else 0.12
        reason = "housework" if draw < away * 0.5 else "retired" if draw < away else None
    elif draw < min(0.95, 0.45 + (age - 66) * 0.03):
        reason = "retired" if draw < 0.4 else "other"
    return reason


def _work(district: District, area: str, member: _Member, qualification: str, rng: Random) -> Record:
    draw, farms = rng.random(), 0.16 if area == "urban" else 0.62
    if qualification in ("university", "postgraduate"):
        position = "employee" if draw < 0.9 else "employer" if draw < 0.94 else "own_account"
    elif member.age < 38:
        position = "employee" if draw < 0.72 else "own_account" if draw < 0.9 else "family_worker" if draw < 0.985 else "employer"
    else:
        position = "employee" if draw < 0.36 else "own_account" if draw < 0.82 else "family_worker" if draw < 0.97 else "employer"
    if position == "employee":
        trade = DRAW_TRADE[_training(qualification)](rng)
        if trade.sector == "factory" and district.zones and rng.random() < 0.6:
            place = rng.choice(district.zones)
        else:
            place = rng.choice(_PLACES["office" if trade.sector == "office" else "wage"])
    elif rng.random() < farms:
        draw = rng.random()
        trade = TRADES["own_use" if draw < 0.04 else "mixed" if draw < 0.32 else rng.choice(district.crops)]
        place = rng.choice(_PLACES["farm"])
    else:
        trade, place = DRAW_TRADE["own"](rng), rng.choice(_PLACES["own"])
    text = written(trade, rng)
    return {
        "employment_status": position,
        "job_text": with_phone(text, rng) if rng.random() < 0.003 else text,
        "workplace": place,
    }


def _training(qualification: str) -> str:
    return "graduate" if qualification in ("university", "postgraduate") else "trained" if qualification in _FIELDS else "low"


_PLACES = {
    "office": ("Công ty trong khu công nghiệp", "UBND xã", "Trường học trong xã", "Trung tâm y tế huyện", "Công ty tại TP.HCM"),
    "wage": ("Cơ sở trong xã", "Chợ huyện", "Quán ăn trong thị trấn", "Công trình xây dựng", "Công ty trong huyện"),
    "farm": ("Tại nhà", "Đất nhà", "Ruộng nhà", "Vườn nhà", "ấp nhà", "Đất thuê"),
    "own": ("Tại nhà", "Chợ xã", "Lưu động", "Mặt bằng thuê trong xã", "Thị trấn"),
}


def wanted_job(rng: Random, qualification: str) -> str:
    """A wished job in the person's own words."""
    return written(DRAW_TRADE[_training(qualification)](rng), rng)
