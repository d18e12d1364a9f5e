"""Synthetic people: names of the south, birth dates, citizen numbers and phone numbers in the right format.

Citizen numbers have the structure of real ones (province of registration, century and sex, year) but only serials from 900000
up; phone numbers all have 000 after the operator's prefix.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from simulator.area import District
from simulator.chance import by_weight
from simulator.words import NAMES

FAMILY_NAMES = by_weight(NAMES["family"])
_MIDDLE = {"male": by_weight(NAMES["male_middle"]), "female": by_weight(NAMES["female_middle"])}

_PROVINCES = by_weight({"080": 87, "079": 5, "082": 3.5, "087": 1.5, "072": 1.5, "083": 0.7, "086": 0.5, "001": 0.3})
_PREFIXES = [
    "032",
    "033",
    "034",
    "035",
    "036",
    "037",
    "038",
    "039",
    "070",
    "076",
    "077",
    "078",
    "079",
    "081",
    "082",
    "083",
    "084",
    "085",
    "086",
    "088",
    "089",
    "090",
    "091",
    "093",
    "094",
    "096",
    "097",
    "098",
]

SERIALS_PER_OFFICE = 6_000
CitizenNumbers = Callable[[str, date, Random], str]
OldNumbers = Callable[[], str]


@dataclass(frozen=True)
class Office:
    """A district office while its records are generated. neighbours: codes of communes elsewhere in the province."""

    district: District
    neighbours: Sequence[str]
    citizen_number: CitizenNumbers
    old_number: OldNumbers


def full_name(rng: Random, sex: str, age: int = 40, family: str | None = None) -> str:
    """Family, middle and given name; the given name depends on the year of birth."""
    young = age < 25 and rng.random() < 0.5
    middle, given = _MIDDLE[sex](rng), rng.choice(NAMES[f"young_{sex}_given" if young else f"{sex}_given"])
    if young and middle == "Thị":
        middle = "Ngọc"
    return " ".join(filter(None, (family or FAMILY_NAMES(rng), middle, given)))


def born(rng: Random, age: int, day: date) -> date:
    """A birth date of a person of that age on that day; one in fifty is written as the first of January."""
    found = day - timedelta(days=int(age * 365.2425) + rng.randrange(2, 362))
    return found.replace(month=1, day=1) if rng.random() < 0.02 and age > 15 else found


def as_typed(rng: Random, birth: date, age: int) -> str:
    """A birth date on a form: dd/mm/yyyy, or only the year, more often for old people."""
    return str(birth.year) if rng.random() < (0.12 if age > 55 else 0.01) else f"{birth:%d/%m/%Y}"


def citizen_numbers(office: int) -> CitizenNumbers:
    """A source of citizen numbers (CCCD, 12 digits) without repetitions. office: 0 to 15, each with serials of its own.

    The source raises ValueError when an office runs out of serials for one province, sex and year.
    """
    issued: dict[str, int] = defaultdict(int)
    first = 900_000 + office * SERIALS_PER_OFFICE

    def issue(sex: str, birth: date, rng: Random) -> str:
        century = (birth.year // 100 - 19) * 2 + (sex == "female")
        head = f"{_PROVINCES(rng)}{century}{birth.year % 100:02d}"
        count = issued[head]
        if count >= SERIALS_PER_OFFICE:
            raise ValueError(f"office {office} has no more reserved citizen numbers that begin with {head}")
        issued[head] += 1
        return f"{head}{first + count * 2417 % SERIALS_PER_OFFICE}"  # 2417 is coprime to 6000, so that each serial comes once

    return issue


def old_numbers(office: int) -> OldNumbers:
    """A source of old numbers (CMND, 9 digits) without repetitions.

    Raises:
        ValueError: After 100,000.
    """
    issued = 0

    def issue() -> str:
        nonlocal issued
        if issued >= 100_000:
            raise ValueError(f"office {office} has no more old numbers")
        number = f"30{office:02d}{issued * 7919 % 100_000:05d}"
        issued += 1
        return number

    return issue


def phone(rng: Random) -> str:
    """A mobile number in the right format."""
    return f"{rng.choice(_PREFIXES)}000{rng.randrange(10_000):04d}"


def with_phone(text: str, rng: Random) -> str:
    """A free text with a phone number in it."""
    number = phone(rng)
    written = rng.choice((number, f"{number[:4]} {number[4:7]} {number[7:]}", f"{number[:4]}.{number[4:7]}.{number[7:]}"))
    return f"{text}, {rng.choice(('đt', 'sdt', 'ĐT:', 'gọi'))} {written}"
