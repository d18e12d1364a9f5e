"""Readers on connections of their own, who ask the same again and again: what core and the marts show, or any other question."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Self

import psycopg
from labour_market.database import connect
from psycopg import sql

from tests.faults.sent import FEEDS, NOTHING, READ_AS, Content, Partition

PAUSE_SECONDS = 0.02


def partition_of(feed: str, sender: str, period: str) -> Partition:
    """Of changes, a sender's records of all periods: each of them is replaced by its key."""
    return (feed, sender) if feed == "job_orders" else (feed, sender, period)


def look(connection: psycopg.Connection, feed: str, *, in_marts: bool) -> dict[Partition, Content]:
    """What a reader sees of a feed, in core or in the fact."""
    key, value, fact = READ_AS[feed]
    table, current = (f"marts.{fact}", "") if in_marts else (f"core.{feed}", "where recorded_to = 'infinity'")
    query = sql.SQL("select sender_code, period, {}, {}::text from {} {}").format(
        sql.Identifier(key), sql.Identifier(value), sql.SQL(table), sql.SQL(current)
    )
    found: dict[Partition, set[tuple[str, str]]] = defaultdict(set)
    rows = 0
    for sender, period, number, text in connection.execute(query):
        found[partition_of(feed, sender, period)].add((number, text))
        rows += 1
    assert rows == sum(map(len, found.values())), f"{table} has two versions of one record"
    return {partition: frozenset(content) for partition, content in found.items()}


class Poller:
    """A reader that asks again and again until its block ends, and pauses as long as the answer took.

    Attributes:
        answers: What it was answered, without repetitions in a row.
        longest: The longest time that it waited for an answer, in seconds.
    """

    def __init__(self, read: Callable[[psycopg.Connection], Any], role: str = "transformer") -> None:
        self.answers: list[Any] = []
        self.longest = 0.0
        self._read, self._role = read, role
        self._count = 0
        self._lock, self._end = threading.Lock(), threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def wait(self) -> None:
        """Wait until a question was asked and answered from now on."""
        count = self._count
        while self._count < count + 2 and self._thread.is_alive():
            self._end.wait(PAUSE_SECONDS)

    def take(self) -> list[Any]:
        """The answers since the last time, of which the first one may be the last one of that time."""
        if self._error:
            raise self._error
        with self._lock:
            answers, self.answers = self.answers, self.answers[-1:]
        return answers

    def _poll(self) -> None:
        try:
            with connect(self._role, autocommit=True) as connection:
                while not self._end.is_set():
                    begun = time.monotonic()
                    answer = self._read(connection)
                    seconds = time.monotonic() - begun
                    self.longest = max(self.longest, seconds)
                    with self._lock:
                        if not self.answers or answer != self.answers[-1]:
                            self.answers.append(answer)
                    self._count += 1
                    self._end.wait(max(PAUSE_SECONDS, seconds))
        except BaseException as error:  # noqa: BLE001  # it is raised where the block ends
            self._error = error

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._count and self._thread.is_alive():
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(60)
        if self._error:
            raise self._error


def rows_of(query: sql.Composable | str) -> Callable[[psycopg.Connection], Any]:
    """Asks a query; the order of the rows does not count."""
    return lambda connection: sorted(connection.execute(query).fetchall())


class Watcher(Poller):
    """Looks at what each partition shows, in core and in the marts."""

    def __init__(self, feeds: Iterable[str] = FEEDS, *, places: tuple[bool, ...] = (False, True)) -> None:
        super().__init__(
            lambda connection: {
                (in_marts, partition): content
                for feed in feeds
                for in_marts in places
                for partition, content in look(connection, feed, in_marts=in_marts).items()
            }
        )
        self._known: set[tuple[bool, Partition]] = set()

    def contents(self) -> dict[tuple[bool, Partition], list[Content]]:
        """All that each partition showed since the last time, in order. The first part of a key is whether it was in the marts."""
        found: dict[tuple[bool, Partition], list[Content]] = defaultdict(list)
        for answer in self.take():
            self._known |= answer.keys()
            for place in self._known:
                content = answer.get(place, NOTHING)
                if not found[place] or found[place][-1] != content:
                    found[place].append(content)
        return found


def wait_for_dbt() -> None:
    """Wait until dbt waits for a lock of another session."""
    until = time.monotonic() + 240
    query = (
        "select count(*) > 0 from pg_stat_activity"
        " where datname = current_database() and application_name = 'lmw-dbt' and wait_event_type = 'Lock'"
    )
    with connect("transformer", autocommit=True) as connection:
        while connection.execute(query).fetchone() == (False,):
            assert time.monotonic() < until, "dbt never came to the table"
            time.sleep(0.05)
