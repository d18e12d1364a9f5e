"""What the senders of a fault sent, and what must have become of it. Nothing here reads the rules of the code or the ledger's own sums."""

import json
import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psycopg
from labour_market.database import connect
from labour_market.gateway import load_senders
from labour_market.ingestion.loading import load
from labour_market.ingestion.pulling import pull
from labour_market.settings import load_settings
from psycopg import sql
from simulator import Gateway, Province

# of each feed: its key, and a value that a correction changes
VALUES = {"labour_survey": ("form_no", "household_no"), "job_orders": ("order_no", "contract_type")}
OTHER = {"labour_survey": lambda record, version: f"{record['household_no']}-{version}", "job_orders": lambda record, version: "seasonal"}
FACTS = {"labour_survey": "fct_labour_supply", "job_orders": "fct_job_order"}


@dataclass
class Version:
    """One delivery: its records as they were sent."""

    delivery_id: str
    feed: str
    sender: str
    period: str
    sequence: int
    content: bytes
    records: list[dict[str, Any]]

    @property
    def values(self) -> dict[str, Any]:
        """Key -> value."""
        key, value = VALUES[self.feed]
        return {record[key]: record[value] for record in self.records}


@dataclass
class Senders:
    """A scripted night: senders of one feed, of which one has already been published and sends a correction."""

    gateway: Gateway
    feed: str
    codes: list[str]
    originals: dict[str, Any]
    versions: list[Version] = field(default_factory=list)

    def send(self, code: str, version: int = 1, keep: float = 1.0) -> Version:
        """Send the records of a sender; a later version has fewer of them, with another value."""
        original = self.originals[code]
        records = [json.loads(line) for line in original.payload.read_bytes().splitlines()]
        records = records[: max(1, int(len(records) * keep))]
        if version > 1:
            records = [{**record, VALUES[self.feed][1]: OTHER[self.feed](record, version)} for record in records]
        lines = (json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for record in records)
        content = "".join(line + "\n" for line in lines).encode()
        announced = original.announcement
        delivery_id = f"{code}-{self.feed}-{len(self.versions) + 1}"
        self.gateway.add_delivery(
            self.feed, code, announced["period"], [], payload=content, media_type=announced["media_type"], sequence=version,
            record_count=len(records), delivery_id=delivery_id, form_version=announced["form_version"], declared_totals={},
        )  # fmt: skip
        self.versions.append(Version(delivery_id, self.feed, code, announced["period"], version, content, records))
        return self.versions[-1]

    def pull(self) -> None:
        """Pull from all of them."""
        for sender in load_senders(load_settings().senders_file):
            if sender.code in self.codes:
                pull(self.feed, sender)

    def land_correction(self) -> None:
        """Publish a delivery of the first sender; then land a correction of it and a delivery of each other sender."""
        self.send(self.codes[0])
        self.pull()
        assert not load(self.feed).errors
        self.send(self.codes[0], version=2, keep=0.6)
        for code in self.codes[1:]:
            self.send(code)
        self.pull()

    def of(self, code: str) -> list[Version]:
        """The versions of a sender, the latest last."""
        return sorted((version for version in self.versions if version.sender == code), key=lambda version: version.sequence)


def senders(
    gateway: Gateway,
    province: Province,
    seed: int,
    count: int = 3,
    feeds: tuple[str, ...] = ("labour_survey", "job_orders"),
) -> Senders:
    """Senders of a feed, chosen by the seed."""
    chance = random.Random(seed)
    feed = feeds[seed % len(feeds)]
    originals: dict[str, Any] = {}
    for delivery in province.deliveries:
        announced = delivery.announcement
        if announced["feed"] == feed and announced["media_type"] == "application/json" and announced["record_count"] > 3:
            originals[announced["sender_code"]] = delivery
    codes = chance.sample(sorted(originals), count)
    return Senders(gateway, feed, codes, originals)


def check_nothing_lost(sent: Senders, connection: psycopg.Connection) -> None:
    """P1: the bytes of each delivery are kept, and each of its records is published or superseded. P4: each batch has its final state."""
    rows = connection.execute(
        "select delivery_id, state, landing_path, records_published + records_quarantined + records_duplicate + records_superseded"
        " from ops.batch"
    ).fetchall()
    found = {row[0]: row[1:] for row in rows}
    assert found.keys() == {version.delivery_id for version in sent.versions} and len(rows) == len(found)
    for version in sent.versions:
        state, path, records = found[version.delivery_id]
        assert state in ("published", "superseded"), (version.delivery_id, state)
        assert Path(path).read_bytes() == version.content
        assert records == len(version.records) or state == "superseded"


def check_one_effect(sent: Senders, connection: psycopg.Connection) -> None:
    """P2 and P5: core holds the latest version of each sender, once; each delivery was published once at most; so for the vault."""
    key, value = (sql.Identifier(name) for name in VALUES[sent.feed])
    core = sql.Identifier("core", sent.feed)
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    current = sql.SQL("select sender_code, {}, {} from {} where recorded_to = 'infinity'").format(key, value, core)
    for sender, number, kept in connection.execute(current).fetchall():
        assert number not in found[sender]
        found[sender][number] = kept
    expected = {code: expected_values(sent, code) for code in sent.codes}
    assert dict(found) == expected
    twice = connection.execute(sql.SQL("select batch_id, row_no from {} group by 1, 2 having count(*) > 1").format(core)).fetchall()
    assert twice == []
    publications = connection.execute("select batch_id, count(*) from ops.batch_event where to_state = 'published' group by 1").fetchall()
    assert all(count == 1 for _, count in publications)
    outbox = connection.execute("select batch_id from ops.outbox").fetchall()
    assert len(outbox) >= len(set(outbox)) == len(publications)
    if sent.feed == "labour_survey":
        with psycopg.connect(load_settings().warehouse_dsn or "") as admin:
            vault = dict(admin.execute("select national_id, full_name from vault.person where national_id is not null").fetchall())
        names = {r["national_id"]: r["full_name"] for version in sent.versions for r in version.records if r.get("national_id")}
        assert vault == names


def expected_values(sent: Senders, code: str) -> dict[str, Any]:
    """Key -> value that core must show for a sender: of a snapshot those of the last version, of changes the last of each key."""
    versions = sent.of(code)
    if sent.feed == "labour_survey":
        return versions[-1].values if versions else {}
    latest: dict[str, Any] = {}
    for version in versions:
        latest |= version.values
    return latest


def check_marts(sent: Senders, connection: psycopg.Connection) -> None:
    """The fact has the keys of the latest versions, each once, and nothing waits for a build."""
    key = VALUES[sent.feed][0]
    with connect("transformer") as transformer:
        found = transformer.execute(
            sql.SQL("select sender_code, {} from marts.{}").format(sql.Identifier(key), sql.Identifier(FACTS[sent.feed]))
        ).fetchall()
    expected = set()
    for code in sent.codes:
        versions = sent.of(code)
        used = versions[-1:] if sent.feed == "labour_survey" else versions
        expected |= {(code, number) for version in used for number in version.values}
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert connection.execute("select count(*) from ops.outbox where built_at is null").fetchone() == (0,)


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
            time.sleep(0.1)


class Poller:
    """A reader that asks the same question again and again, on a connection of its own, until its block ends.

    Attributes:
        answers: What it was answered, without repetitions in a row.
        longest: The longest time that it waited for an answer, in seconds.
    """

    def __init__(self, query: sql.Composable | str, role: str = "transformer") -> None:
        self.answers: list[Any] = []
        self.longest = 0.0
        self._query, self._role = query, role
        self._end = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._poll, daemon=True)

    def _poll(self) -> None:
        try:
            with connect(self._role, autocommit=True) as connection:
                while not self._end.is_set():
                    begun = time.monotonic()
                    answer = sorted(connection.execute(self._query).fetchall())
                    self.longest = max(self.longest, time.monotonic() - begun)
                    if not self.answers or answer != self.answers[-1]:
                        self.answers.append(answer)
                    self._end.wait(0.02)
        except BaseException as error:  # noqa: BLE001  # it is raised where the block ends
            self._error = error

    def __enter__(self) -> Self:
        self._thread.start()
        while not self.answers and self._thread.is_alive():
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(60)
        if self._error:
            raise self._error


def reader_of_core(sent: Senders) -> Poller:
    """Reads how many records each partition of core has of each batch."""
    return Poller(
        sql.SQL("select sender_code, period, sequence, count(*) from core.{} where recorded_to = 'infinity' group by 1, 2, 3").format(
            sql.Identifier(sent.feed)
        )
    )


def reader_of_marts(sent: Senders, role: str = "transformer") -> Poller:
    """Reads how many rows each partition of the feed's fact has of each batch."""
    return Poller(
        sql.SQL(
            "select fact.sender_code, fact.period, batch.sequence, count(*) from marts.{} as fact"
            " join ops.batch as batch on batch.batch_id = fact.batch_id group by 1, 2, 3"
        ).format(sql.Identifier(FACTS[sent.feed])),
        role,
    )


def check_atomic(sent: Senders, poller: Poller) -> None:
    """P3: each partition had one version at any time, with all of its records, and was never empty after it had one."""
    sizes = {(v.sender, v.period, v.sequence): len(v.records) for v in sent.versions}
    seen: dict[tuple[str, str], int] = {}
    for answer in poller.answers:
        partitions: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for sender, period, sequence, count in answer:
            partitions[sender, period].append((sequence, count))
        assert seen.keys() <= partitions.keys(), "a partition was empty in between"
        for (sender, period), parts in partitions.items():
            if sent.feed == "labour_survey":
                assert len(parts) == 1, "a mixture of versions"
            total = sum(count for _, count in parts)
            newest = max(sequence for sequence, _ in parts)
            assert newest >= seen.get((sender, period), 0), "an older version came back"
            seen[sender, period] = newest
            if sent.feed == "labour_survey":
                assert total == sizes[sender, period, newest], "a part of a version"
    assert poller.answers
