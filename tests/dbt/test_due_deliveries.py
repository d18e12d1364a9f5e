"""What was due and is not there, on days of the past; the due dates are written here by hand, apart from the rules."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from labour_market.database import connect


@pytest.fixture
def loader(warehouse: str) -> Iterator[psycopg.Connection]:
    with connect("loader", autocommit=True) as connection:
        yield connection


@pytest.fixture
def expect(loader: psycopg.Connection) -> Callable[..., None]:
    """Puts a sender of a feed into the list of gateways, from a day on."""

    def insert(feed: str, sender: str, listed: str = "2020-01-01") -> None:
        loader.execute("insert into ops.gateway_request (feed, sender_code, listed_at) values (%s, %s, %s)", [feed, sender, listed])

    return insert


@pytest.fixture
def send(loader: psycopg.Connection) -> Callable[..., None]:
    """Writes a delivery of that period and day into the ledger."""

    def insert(feed: str, sender: str, period: str, day: str, state: str = "published") -> None:
        loader.execute(
            "insert into ops.batch (feed, sender_code, delivery_id, period, sequence, media_type, declared_records, declared_bytes,"
            " declared_sha256, delivery_created_at, state, published_at)"
            " values (%(feed)s, %(sender)s, %(feed)s || %(period)s || %(day)s || %(state)s, %(period)s, 1, 'text/csv', 0, 0, '',"
            " %(day)s::date + time '12:00' at time zone 'Asia/Ho_Chi_Minh', %(state)s, case %(state)s when 'published' then now() end)",
            {"feed": feed, "sender": sender, "period": period, "day": day, "state": state},
        )

    return insert


def due(today: str, *states: str) -> list[tuple[str, str, str, int]]:
    """Of the deliveries in these states on that day: sender, period, due date and days late."""
    with connect("bi_reader") as reader:
        reader.execute("select set_config('lmw.today', %s, true)", [today])
        rows = reader.execute(
            "select sender_code, period, due_on, days_late from bi.due_deliveries where state = any(%s) order by due_on, period",
            [list(states or ("missing", "silent"))],
        ).fetchall()
    return [(sender, period, f"{day:%Y-%m-%d}", late) for sender, period, day, late in rows]


@pytest.mark.parametrize(
    ("feed", "today", "expected"),
    [
        ("employers", "2023-06-05", []),
        ("employers", "2023-06-06", [("794", "2023-06", "2023-06-05", 1)]),
        ("employers", "2023-12-07", [("794", "2023-06", "2023-06-05", 185), ("794", "2023-12", "2023-12-05", 2)]),
        ("labour_survey", "2023-11-30", []),
        ("labour_survey", "2023-12-10", [("794", "2023", "2023-11-30", 10)]),
        ("poverty_register", "2023-02-01", [("794", "2022", "2023-01-31", 1)]),
        ("placements", "2023-06-15", []),
        ("placements", "2023-06-16", [("794", "2023-05", "2023-06-15", 1)]),
        ("budget_movements", "2023-01-18", [("794", "2022-12", "2023-01-16", 2)]),
    ],
)
def test_a_delivery_is_missing_from_the_day_after_its_due_date(expect, loader, feed: str, today: str, expected: list) -> None:
    listed = {"employers": "2023-01-01", "placements": "2023-06-01", "budget_movements": "2023-01-10"}
    expect(feed, "794", listed.get(feed, "2023-01-25"))
    assert due(today) == expected


def test_an_order_list_is_due_each_working_day_and_on_no_day_of_rest(expect) -> None:
    expect("job_orders", "794", "2023-04-24")
    days = [day for _, day, _, _ in due("2023-05-08")]
    assert days == ["2023-04-24", "2023-04-25", "2023-04-26", "2023-04-27", "2023-04-28", "2023-05-04", "2023-05-05"]


def test_no_order_list_is_due_at_the_lunar_new_year(expect) -> None:
    expect("job_orders", "794", "2023-01-18")
    assert [day for _, day, _, _ in due("2023-01-31")] == ["2023-01-18", "2023-01-19", "2023-01-27", "2023-01-30"]


def test_what_was_sent_is_not_missing_and_has_its_days_late(expect, send) -> None:
    expect("employers", "794", "2023-01-01")
    send("employers", "794", "2023-06", "2023-06-14")
    assert due("2023-07-01") == []
    assert due("2023-07-01", "delivered") == [("794", "2023-06", "2023-06-05", 9)]
    assert due("2023-06-10") == [("794", "2023-06", "2023-06-05", 5)], "on that day it was not there"


@pytest.mark.parametrize(
    ("state", "due_state"), [("rejected", "blocked"), ("quarantined", "blocked"), ("discovered", "waiting"), ("staged", "waiting")]
)
def test_what_was_sent_and_is_not_published_is_not_missing(expect, send, state: str, due_state: str) -> None:
    expect("employers", "794", "2023-01-01")
    send("employers", "794", "2023-06", "2023-06-01", state)
    assert due("2023-07-01") == []
    assert due("2023-07-01", due_state) == [("794", "2023-06", "2023-06-05", 0)]


def test_nothing_is_due_before_a_sender_was_listed_or_sent(expect, send) -> None:
    expect("employers", "794", "2023-06-06")
    assert due("2023-07-01") == []
    send("employers", "794", "2022-12", "2022-12-01")
    assert due("2023-07-01") == [("794", "2023-06", "2023-06-05", 26)]


def test_a_sender_that_left_the_senders_file_owes_nothing(send) -> None:
    send("employers", "794", "2022-12", "2022-12-01")
    assert due("2023-07-01") == []


def test_a_district_that_held_no_fair_is_not_missing_and_one_that_held_it_is(expect, loader) -> None:
    for feed in ("fair_sessions", "fair_attendance"):
        expect(feed, "794")
        expect(feed, "795")
    loader.execute(
        "insert into core.fair_sessions"
        " (batch_id, row_no, sender_code, period, sequence, valid_from, valid_to, recorded_from, session_no, held_on)"
        " values (1, 1, '795', '2023-05', 1, '2023-05-20', 'infinity', now(), 'S1', '2023-05-20')"
    )
    assert due("2023-06-15") == []
    assert due("2023-06-20") == [("795", "2023-05", "2023-06-15", 5)]


def test_a_district_that_sent_fairs_and_then_nothing_is_silent(expect, send) -> None:
    expect("fair_sessions", "794")
    expect("fair_sessions", "795")
    send("fair_sessions", "795", "2023-01", "2023-01-10")
    assert due("2023-07-09") == []
    assert due("2023-07-10") == [("795", "2023-01", "2023-07-09", 1)]
