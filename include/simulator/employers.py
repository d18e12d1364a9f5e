"""Employers (Form 02, labour demand) and their job orders (Form 03).

Each office numbers its employers and orders from 1, so that the same number is another employer in another office. Tax codes begin
with 99, which no tax office has, and have a correct check digit.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from simulator.area import REFERENCE_DAY, District
from simulator.chance import by_weight
from simulator.people import Office, born, full_name, phone
from simulator.survey import Record
from simulator.titles import TRADES, Trade, slip, without_diacritics
from simulator.words import NAMES, listed, read_words

SIZE_BANDS = (
    ("1-9", 1),
    ("10-49", 10),
    ("50-99", 50),
    ("100-199", 100),
    ("200-299", 200),
    ("300-499", 300),
    ("500-999", 500),
    ("1000-9999", 1000),
    ("10000+", 10_000),
)


@dataclass(frozen=True)
class Industry:
    """The industry of an employer, from data/industries.csv."""

    codes: tuple[str, ...]
    words: tuple[str, ...]
    women: float
    trades: tuple[str, ...]


_TYPES = by_weight({"private": 56, "household_business": 27, "fdi": 9, "public_body": 6, "individual": 1.4, "state": 0.6})
_ROWS = read_words("industries")
INDUSTRIES = {
    row["key"]: Industry(tuple(row["codes"].split()), listed(row["words"]), float(row["women"]), tuple(row["trades"].split()))
    for row in _ROWS
}
_OF_TYPE = {
    kind: by_weight([(INDUSTRIES[row["key"]], float(row[kind])) for row in _ROWS])
    for kind in ("private", "fdi", "state", "public_body", "household_business", "individual")
}
_HEADCOUNT = {  # median and spread of a log-normal
    "private": (34, 1.1),
    "fdi": (260, 1.0),
    "public_body": (38, 0.5),
    "household_business": (4, 0.5),
    "individual": (3, 0.4),
    "state": (90, 0.7),
}
SURVEYED_FROM, SURVEYED_DAYS = date(2023, 6, 1), 12


def check_digit(nine: str) -> int:
    """The check digit of a tax code (Circular 105/2020/TT-BTC); 10 where there is none."""
    return 10 - sum(w * int(d) for w, d in zip((31, 29, 23, 19, 17, 13, 7, 5, 3), nine, strict=True)) % 11


def tax_code(office: int, serial: int) -> str:
    """A tax code: 99, the office, the serial, the first filler digits that have a check digit, and the check digit."""
    for filler in range(10):
        nine = f"99{office:02d}{serial:04d}{filler}"
        if check_digit(nine) < 10:
            return nine + str(check_digit(nine))
    raise ValueError(f"no check digit for {office}/{serial}")


def size_band(headcount: int) -> str:
    """The band of the form that contains a number of employees."""
    return next(band for band, least in reversed(SIZE_BANDS) if headcount >= least)


def employer_records(office: Office, index: int, count: int, rng: Random) -> list[Record]:
    """The employers of an office, by commune. index: the number of the office, for tax codes."""
    records = [_employer(office, index, serial, rng) for serial in range(1, count + 1)]
    records.sort(key=lambda record: (record["commune_code"], record["employer_no"]))
    return records


def _employer(office: Office, index: int, serial: int, rng: Random) -> Record:
    kind = _TYPES(rng)
    industry = _OF_TYPE[kind](rng)
    median, spread = _HEADCOUNT[kind]
    headcount = min(18_000, max(1, round(median * rng.lognormvariate(0, spread))))
    women = min(headcount, round(headcount * min(1.0, max(0.0, rng.gauss(industry.women, 0.08)))))
    big = headcount >= 50 and kind in ("private", "fdi", "state")
    grid = _demand(industry, headcount, rng)
    sex = rng.choice(("male", "female"))
    return {
        "employer_no": f"{serial:05d}",
        "tax_code": _tax_code(office, index, serial, kind, rng),
        "name": _name(kind, industry, serial, office.district, rng),
        "employer_type": kind,
        "vsic_code": rng.choice(industry.codes),
        "size_band": size_band(headcount),
        "headcount": headcount,
        "headcount_female": women,
        "commune_code": rng.choice(office.district.communes).code,
        "industrial_zone": rng.choice(office.district.zones) if big and office.district.zones and rng.random() < 0.8 else None,
        "contact_name": full_name(rng, sex),
        "contact_phone": phone(rng),
        "contact_email": f"tuyendung{serial}.{office.district.code}@congty.example" if kind != "household_business" else None,
        "planned_hires_6m": sum(item["quantity"] for item in grid),
        "demand_grid": grid,
        "surveyed_on": (SURVEYED_FROM + timedelta(days=rng.randrange(SURVEYED_DAYS))).isoformat(),
    }


def _tax_code(office: Office, index: int, serial: int, kind: str, rng: Random) -> str | None:
    draw = rng.random()
    if kind in ("household_business", "individual"):
        if draw < 0.15:
            return None
        if draw < 0.5:
            sex = rng.choice(("male", "female"))
            return office.citizen_number(sex, born(rng, rng.randrange(28, 65), REFERENCE_DAY), rng)
    code = tax_code(index, serial)
    return f"{code}-{rng.randrange(1, 4):03d}" if kind == "private" and draw < 0.03 else code


def _name(kind: str, industry: Industry, serial: int, district: District, rng: Random) -> str:
    word = rng.choice(industry.words)
    brand = f"{rng.choice(NAMES['brand_first'])} {rng.choice(NAMES['brand_second'])}"
    if kind == "public_body":
        return f"{word} {rng.choice(district.communes).name.split(' ', 1)[1]} {serial}"
    if kind == "fdi":
        return f"Công ty TNHH {word} {rng.choice(NAMES['brand_foreign'])} Việt Nam"
    if kind in ("household_business", "individual"):
        return f"Hộ kinh doanh {word} {brand}" if kind == "household_business" else f"Trại {word.lower()} {brand}"
    if kind == "state":
        return f"Công ty MTV {word} {brand}"
    return f"{rng.choice(('Công ty TNHH', 'Công ty TNHH MTV', 'Công ty Cổ phần', 'DNTN'))} {word} {brand}"


def _demand(industry: Industry, headcount: int, rng: Random) -> list[Record]:
    """The grid of item 4: for one to four occupations of level 2 the number of workers and of women among them."""
    if rng.random() < 0.42:
        return []
    total = max(1, round(headcount * rng.uniform(0.02, 0.3)))
    trades = rng.sample(industry.trades, k=min(len(industry.trades), 1 + (total > 2) + (total > 15) + (total > 60)))
    quantities: dict[str, int] = {}
    for place, trade in enumerate(trades):
        # the first trade is the main one
        wanted = max(1, round(total * (0.7 if place == 0 and len(trades) > 1 else 0.3 / max(1, len(trades) - 1))))
        group = TRADES[trade].group
        quantities[group] = quantities.get(group, 0) + wanted
    return [
        {"vsco2": group, "quantity": quantity, "quantity_female": min(quantity, round(quantity * industry.women))}
        for group, quantity in sorted(quantities.items())
    ]


_OPENINGS = by_weight({1: 22, 2: 16, 3: 12, 5: 14, 10: 13, 20: 9, 30: 5, 50: 5, 100: 3, 200: 1})
_CONTRACTS = by_weight({"fixed_12_36m": 52, "open_ended": 24, "fixed_under_12m": 17, "seasonal": 7})
_TIMES = by_weight({"full_time": 66, "shift": 28, "part_time": 6})
_PRIORITY = by_weight(
    {(): 86, ("poor", "near_poor"): 6, ("poor", "near_poor", "newly_escaped"): 3, ("disabled",): 3, ("ethnic_minority",): 2}
)
_SCHOOL = by_weight({"none": 1, "primary": 1, "lower_secondary": 2})
_HOW_CODED = by_weight({4: 44, 2: 22, 3: 12, 5: 7, 1: 3, 0: 12})
_AGES = by_weight([(days, 3 if days < 14 else 1) for days in range(61)])


def order_records(office: Office, employers: list[Record], count: int, rng: Random) -> list[Record]:
    """Job orders of an office's employers that are open on the reference day or were closed recently; oldest first."""
    draw = by_weight([(n, 1 + employer["planned_hires_6m"] ** 0.5) for n, employer in enumerate(employers)])
    orders = [_order(office, employers[draw(rng)], rng) for _ in range(count)]
    orders.sort(key=lambda order: order["posted_on"])
    return [{"order_no": f"VL{serial:05d}", **order} for serial, order in enumerate(orders, 1)]


def _order(office: Office, employer: Record, rng: Random) -> Record:
    industry = next(i for i in INDUSTRIES.values() if employer["vsic_code"] in i.codes)
    trade = TRADES[rng.choice(industry.trades)]
    openings = min(_OPENINGS(rng), max(1, employer["headcount"] // 2))
    posted = REFERENCE_DAY - timedelta(days=_AGES(rng))
    deadline = posted + timedelta(days=rng.choice((15, 30, 30, 45, 60, 90))) if rng.random() < 0.9 else None
    closed, reason = _closing(posted, deadline, rng)
    low, high, text = _wage(trade, rng)
    return {
        "employer_no": employer["employer_no"],
        "title": _title(trade, rng),
        "occupation_code": _occupation_code(trade, rng),
        "openings": openings,
        "openings_female": None if rng.random() < 0.35 else min(openings, round(openings * industry.women)),
        "wage_min_vnd": low,
        "wage_max_vnd": high,
        "wage_text": text,
        "contract_type": _CONTRACTS(rng),
        "work_time": _TIMES(rng),
        "education_level": "upper_secondary" if trade.schooling != "none" else _SCHOOL(rng),
        "qualification": trade.schooling,
        "commune_code": employer["commune_code"],
        "priority_groups": list(_PRIORITY(rng)),
        "posted_on": posted.isoformat(),
        "deadline": deadline and deadline.isoformat(),
        "closed_on": closed and closed.isoformat(),
        "close_reason": reason,
    }


def _closing(posted: date, deadline: date | None, rng: Random) -> tuple[date | None, str | None]:
    if deadline and deadline < REFERENCE_DAY:
        return deadline, "filled" if rng.random() < 0.6 else "expired"
    if posted < REFERENCE_DAY and rng.random() < 0.12:
        last = min(REFERENCE_DAY, deadline or REFERENCE_DAY)
        closed = posted + timedelta(days=rng.randrange(1, (last - posted).days + 1))
        return closed, "filled" if rng.random() < 0.75 else "withdrawn"
    return None, None


def _wage(trade: Trade, rng: Random) -> tuple[int | None, int | None, str]:
    """The lowest and the highest wage in đồng a month, and the text on the form."""
    if rng.random() < 0.14:
        return None, None, rng.choice(("Thỏa thuận", "thoả thuận khi phỏng vấn", "theo năng lực", "TT"))
    low = round(rng.uniform(trade.wage[0], sum(trade.wage) / 2) * 2) * 500_000
    high = max(low, round(rng.uniform(sum(trade.wage) / 2, trade.wage[1]) * 2) * 500_000)
    if low == high:
        return low, high, f"{_millions(low)} triệu"
    return low, high, rng.choice((f"{_millions(low)}-{_millions(high)} triệu", f"từ {_millions(low)} đến {_millions(high)} tr"))


def _millions(vnd: int) -> str:
    return f"{vnd / 1e6:g}".replace(".", ",")


def _title(trade: Trade, rng: Random) -> str:
    draw = rng.random()
    name = rng.choice(trade.names)
    if draw < 0.12:
        return rng.choice(trade.slang)
    if draw < 0.2:
        return f"Tuyển {name}"
    if draw < 0.27:
        return without_diacritics(name)
    if draw < 0.31:
        return slip(name, rng)
    if draw < 0.36:
        return name.upper()
    return name[0].upper() + name[1:]


# codes of level 4 with a single child in the list, so that a code of five digits can be right
_ONE_CHILD = frozenset(("9321", "9329"))


def _occupation_code(trade: Trade, rng: Random) -> str | None:
    """A code as clerks give it: often at another level than required, and one in eight without a code."""
    digits = _HOW_CODED(rng)
    if digits == 5 and trade.code in _ONE_CHILD:
        return trade.code + "0"
    return trade.code[: min(digits, 4)] or None
