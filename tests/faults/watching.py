"""A reader on a connection of its own, who looks at core and at the marts all the time."""

import threading
from collections import defaultdict

import psycopg
from labour_market.database import connect
from psycopg import sql

from tests.faults.sent import FEEDS, READ_AS, Content, Partition

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


class Watcher:
    """The thread of the reader; `seen` has all that each partition showed since it was last emptied."""

    def __init__(self) -> None:
        self.seen: dict[tuple[bool, Partition], set[Content]] = defaultdict(set)
        self.known: set[tuple[bool, Partition]] = set()
        self.error: psycopg.Error | None = None
        self.looks = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def take(self) -> dict[tuple[bool, Partition], set[Content]]:
        """All that was seen since the last time. The first part of a key is whether it was in the marts."""
        if self.error:
            raise self.error
        with self._lock:
            seen, self.seen = self.seen, defaultdict(set)
        return seen

    def wait(self) -> None:
        """Wait until everything was looked at once more."""
        looks = self.looks
        while self.looks < looks + 2 and not self._ended.wait(PAUSE_SECONDS) and not self.error:
            continue

    def end(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            with connect("transformer", autocommit=True) as connection:
                while not self._ended.wait(PAUSE_SECONDS):
                    for feed in FEEDS:
                        for in_marts in (False, True):
                            self._note(feed, in_marts, look(connection, feed, in_marts=in_marts))
                    self.looks += 1
        except psycopg.Error as error:
            self.error = error

    def _note(self, feed: str, in_marts: bool, found: dict[Partition, Content]) -> None:
        with self._lock:
            self.known |= {(in_marts, partition) for partition in found}
            for place in self.known:
                if place[0] == in_marts and place[1][0] == feed:
                    self.seen[place].add(found.get(place[1], frozenset()))
