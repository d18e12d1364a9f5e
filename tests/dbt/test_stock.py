"""Stocks of a province drawn by chance, counted again day by day: persons of two districts, rounds of surveys, starts that end a wish."""

from collections import defaultdict
from datetime import date, timedelta
from random import Random

import pytest

from tests.dbt.rows import Core, person
from tests.dbt.test_trace import UNEQUAL

RNG = Random(20230614)
COMMUNES = {"794": ("27694", "27688"), "803": ("28006", "28003"), "797": ("27763", "27757")}
BORDER = {"27763"}
ROUNDS = {"2021": date(2021, 10, 1), "2022": date(2022, 10, 1), "2022-01": date(2022, 1, 10)}
KNOWN_UNTIL = date(2023, 6, 14)
ORDERS = [
    {
        "order_no": f"O{number}", "openings": RNG.randint(1, 9), "title": "công nhân may", "employer_no": "1", "occupation_code": "8153",
        "posted_on": (posted := date(2022, 11, 1) + timedelta(RNG.randint(0, 200))),
        "closed_on": RNG.choice([None, min(posted + timedelta(RNG.randint(0, 90)), KNOWN_UNTIL)]),
        "deadline": RNG.choice([None, posted + timedelta(RNG.randint(0, 60))]),
    }
    for number in range(60)
]  # fmt: skip
WISHES = [  # (district, period, person, commune, surveyed on)
    (district, period, number, RNG.choice(communes), begins + timedelta(RNG.randint(0, 40)))
    for district, communes in COMMUNES.items()
    for period, begins in ROUNDS.items()
    for number in RNG.sample(range(60), 25)
]
STARTS = {number: date(2022, 1, 1) + timedelta(RNG.randint(0, 500)) for number in RNG.sample(range(60), 20)}


def province(core: Core) -> None:
    core.publish("job_orders", "794", "2023-06-14", ORDERS)
    for district in COMMUNES:
        for period in ROUNDS:
            core.publish("labour_survey", district, period, [
                person(f"{district}-{period}-{number}", person_key=f"k:{number}", commune_code=commune, surveyed_on=day, wants_job=True,
                       wanted_job_text="công nhân may")
                for of, in_period, number, commune, day in WISHES if (of, in_period) == (district, period)
            ])  # fmt: skip
    core.publish("placements", "SC", "2023-06", [
        {"placement_no": f"P{number}", "check_kind": "start", "person_key": f"k:{number}", "person_method": "national_id", "in_job": True,
         "checked_on": KNOWN_UNTIL, "start_date": day, "channel": "counter"}
        for number, day in STARTS.items()
    ])  # fmt: skip


def ends_on(district: str, period: str, number: int, day: date) -> date:
    """A wish ends with the first start after it, or with the first survey of its district's next round."""
    begun = {p: min(d for of, in_period, _, _, d in WISHES if (of, in_period) == (district, p)) for p in ROUNDS}
    later = [first for first in begun.values() if first > begun[period]]
    start = STARTS.get(number)
    return min([*later, *([start] if start and start >= day else []), date.max])


def month_ends() -> dict[str, date]:
    firsts = [date(2021 + n // 12, n % 12 + 1, 1) for n in range(9, 30)]
    return {f"{first:%Y-%m}": min((first + timedelta(31)).replace(day=1) - timedelta(1), KNOWN_UNTIL) for first in firsts}


@pytest.mark.parametrize(("breakdown", "communes"), [("all", set().union(*COMMUNES.values())), ("area_group=border", BORDER)])
def test_seekers_are_persons_with_a_live_wish_on_the_last_day_of_each_month_since_the_first_wish(admin, breakdown, communes):
    expected = {}
    for month, last in month_ends().items():
        there = [
            (number, day, ends_on(district, period, number, day))
            for district, period, number, commune, day in WISHES
            if commune in communes
        ]
        live = {number for number, begins, ends in there if begins <= last < ends}
        if live:
            expected[month] = len(live)
    found = admin.execute(
        "select period, numerator from indicators.indicator_cell where metric = 'jobseekers_stock' and period_kind = 'month'"
        " and area_code = 'all' and breakdown = %s",
        [breakdown],
    ).fetchall()
    assert dict(found) == expected
    assert min(expected) < "2022-01" and max(expected) == "2023-06"


def test_openings_are_those_of_orders_open_on_the_last_day_of_each_month_since_the_first_order(admin):
    expected: dict[str, int] = defaultdict(int)
    for month, last in month_ends().items():
        for order in ORDERS:
            ended = min(order["closed_on"] or date.max, (order["deadline"] or date.max - timedelta(1)) + timedelta(1))
            if last >= min(order["posted_on"] for order in ORDERS):
                expected[month] += order["openings"] if order["posted_on"] <= last < ended else 0
    found = admin.execute(
        "select period, numerator from indicators.indicator_cell where metric = 'openings_stock' and period_kind = 'month'"
        " and area_code = 'all' and breakdown = 'all'"
    ).fetchall()
    assert dict(found) == expected


def test_every_stock_is_the_sum_of_its_rows_in_every_place_and_group(admin):
    assert admin.execute(UNEQUAL).fetchall() == []


def test_persons_of_two_districts_at_once_are_among_those_counted(admin):
    """Otherwise the tests above would not cover them."""
    wishes = admin.execute("select person_key, wished_on, ended_on::text from indicators.int_job_wishes__with_end_date").fetchall()
    crowded = [
        (person, begins, ends) for person, begins, ends in wishes
        if sum(other == person and starts.isoformat() < ends and begins.isoformat() < until for other, starts, until in wishes) > 1
    ]  # fmt: skip
    assert len(crowded) > 20
    assert len(wishes) - len(crowded) > 20
