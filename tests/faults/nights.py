"""Two offices that send what a test tells them to, and a warehouse whose first build is done. Every step runs in a child."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from labour_market import transform
from labour_market.contracts import load_contract
from labour_market.database import access
from labour_market.gateway import Sender, load_senders
from labour_market.ingestion.loading import load
from labour_market.ingestion.pulling import pull
from labour_market.quality import gate, suites
from psycopg import conninfo, sql
from simulator import Gateway, Province, serve

from tests.conftest import Server
from tests.faults import children
from tests.faults.sent import FEEDS, NOTHING, POOL, SENDERS, Content, Partition, Row, Sent, Truth
from tests.faults.watching import look

assert gate and suites  # a load imports them, which takes seconds: here once, before the children are forked


@pytest.fixture(scope="session")
def built(server: Server, clone: Callable[[], Any]) -> Iterator[str]:
    """The name of a database whose first build, which writes and tests every table, is done."""
    with clone() as dsn, pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DSN", dsn)
        children.run(lambda: transform.build().sentence)
        yield str(conninfo.conninfo_to_dict(dsn)["dbname"])


@dataclass
class Office:
    """What was sent and what readers must see of it, with the steps of a night.

    Attributes:
        sent: every delivery, in the order of sending.
        pending: those that no undisturbed night has loaded since.
        truth: what readers must see when nothing is pending.
    """

    dsn: str
    folder: Path
    gateway: Gateway
    admin: psycopg.Connection
    senders: list[Sender]
    sent: list[Sent] = field(default_factory=list)
    pending: list[Sent] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)

    def send(self, sent: Sent, **declared: Any) -> Sent:
        """Announce a delivery; declared: what the announcement says otherwise."""
        records = sent.records()
        if sent.wrong_count:
            declared["record_count"] = len(records) + 1
        delivery_id = self.gateway.add_delivery(
            sent.feed, sent.sender, sent.period, records, sequence=sent.sequence, created_at=sent.created_at,
            **{"delivery_id": f"{sent.sender}-{sent.feed}-{sent.number}", **declared},
        )  # fmt: skip
        sent = replace(sent, delivery_id=delivery_id)
        self.sent.append(sent)
        self.pending.append(sent)
        self.truth.history.setdefault(sent.partition, [NOTHING])
        return sent

    def make(self, feed: str, sender: str, period: str, sequence: int = 1, *, version: int = 1, withdrawn: int = 0, bad: int = 0) -> Sent:
        """A delivery of the sender's list without its first records, of which the first ones after them are bad."""
        numbers = range(1 + withdrawn, POOL + 1)
        rows = tuple(Row(number, version, place <= bad) for place, number in enumerate(numbers, 1))
        return Sent(len(self.sent) + 1, feed, sender, period, sequence, rows)

    def pull(self, feed: str, period: str | None = None) -> None:
        """Ask every sender; to be called in a child."""
        for sender in self.senders:
            pull(feed, sender, period)

    def pull_and_load(self, feed: str) -> list[str]:
        """A night of a feed; to be called in a child. Returns the sentences of internal errors."""
        self.pull(feed)
        return load(feed).sentences

    def night(self, *feeds: str) -> None:
        """An undisturbed night of some feeds, by default of all."""
        for feed in feeds or FEEDS:
            assert children.run(lambda feed=feed: self.pull_and_load(feed)) == []
            self.conclude(feed)

    def conclude(self, feed: str) -> None:
        """All that was sent of a feed is loaded."""
        self.truth = self.truth.path(sent for sent in self.pending if sent.feed == feed)
        self.pending = [sent for sent in self.pending if sent.feed != feed]

    def build(self) -> str:
        """An undisturbed build; returns its sentence."""
        return str(children.run(lambda: transform.build().sentence))

    def visible(self, *, in_marts: bool) -> dict[Partition, Content]:
        """What readers see now of each partition of which something was sent."""
        found = {name: content for feed in FEEDS for name, content in look(self.admin, feed, in_marts=in_marts).items()}
        assert found.keys() <= self.truth.history.keys()
        return {name: found.get(name, NOTHING) for name in self.truth.history}

    def expected(self) -> dict[Partition, Content]:
        """What they must see."""
        return {name: self.truth.current(name) for name in self.truth.history}

    def check(self, *, marts: bool = True) -> None:
        """Core, and after a build the facts, show the latest truth."""
        for in_marts in (False, True) if marts else (False,):
            visible, expected = self.visible(in_marts=in_marts), self.expected()
            wrong = [name for name in expected if visible[name] != expected[name]]
            assert not wrong, f"{'marts' if in_marts else 'core'} of {wrong}"

    def states(self) -> dict[str, str]:
        """The state of each delivery, by its id."""
        return dict(self.admin.execute("select delivery_id, state from ops.batch").fetchall())


@contextmanager
def opened(server: Server, template: str, province: Province, folder: Path) -> Iterator[Office]:
    """An office on a database of its own, a copy of the template; the environment names both."""
    database = f"lmw_faults_{secrets.token_hex(4)}"
    with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} template {}").format(sql.Identifier(database), sql.Identifier(template)))
    dsn = conninfo.make_conninfo(server.admin_dsn, dbname=database)
    with (
        psycopg.connect(dsn, autocommit=True) as admin,
        serve(replace(province, deliveries=())) as gateway,
        pytest.MonkeyPatch.context() as patch,
    ):
        with admin.transaction():
            admin.execute(access.SCRIPT.read_bytes())  # the rights on a database are not copied with it
        gateway.write_senders(folder / "senders.yml")
        for name, value in (("WAREHOUSE_DSN", dsn), ("LMW_LANDING", folder / "landing"), ("LMW_SENDERS", folder / "senders.yml")):
            patch.setenv(name, str(value))
        senders = [sender for sender in load_senders(folder / "senders.yml") if sender.code in SENDERS]
        try:
            yield Office(dsn, folder, gateway, admin, senders)
        finally:
            load_contract.cache_clear()
    with psycopg.connect(server.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))


@pytest.fixture
def office(server: Server, built: str, province: Province, tmp_path: Path) -> Iterator[Office]:
    """Two offices without any delivery yet."""
    with opened(server, built, province, tmp_path) as found:
        yield found
