"""Any sequence of deliveries, crashes and replays, through the steps that a night has, against an oracle in plain Python.

The steps are those of the product: pull from a gateway, load, build, replay, erase, each in a process of its own that may be killed
before any of its statements. Another process reads core and the marts all the time.
"""

import hashlib
import shutil
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from labour_market import contracts, transform
from labour_market.batches.landing import LandingStore
from labour_market.contracts import CONTRACTS_DIR, load_contract
from labour_market.ingestion import reopening
from labour_market.ingestion.erasure import approve_erasure, pseudonym_of, request_erasure
from labour_market.ingestion.replay import replay
from labour_market.settings import load_settings
from psycopg import sql

from tests.conftest import Server
from tests.faults import children, fault
from tests.faults.offices import FINAL, opened
from tests.faults.sent import FEEDS, NOTHING, OPENINGS_LIMIT, PERIODS, POOL, READ_AS, SENDERS, Content, Partition, Row, Sent, person_number
from tests.faults.watching import Watcher, partition_of

STEPS = 14
LOST = "core.labour_survey, core.fair_sessions, core.job_orders, vault.person, vault.person_version, quarantine.rejected_row"
VAULT = {
    "person": ("person_key", "person_method", "national_id", "full_name", "birth_date", "phone", "sender_code"),
    "person_version": ("person_key", "sender_code", "full_name", "birth_date", "phone", "is_refused"),
}


@pytest.mark.timeout(1800)
@fault("any sequence of deliveries, crashes and replays", promises="P1 P2 P3 P4 P5 P6 P7")
def test_any_sequence_of_deliveries_crashes_and_replays_keeps_the_promises(seed: int, server: Server, built: str) -> None:
    machine = type("Seeded", (Deliveries,), {"place": SimpleNamespace(server=server, template=built)})
    run_state_machine_as_test(
        hypothesis.seed(seed)(machine),
        settings=settings(
            max_examples=4,  # the first example of hypothesis is a trivial one, and the next are often near it
            stateful_step_count=STEPS,
            phases=(Phase.generate,),  # to shrink a failure takes hours
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


class Deliveries(RuleBasedStateMachine):
    """Deliveries are sent; nights, builds and replays run, whole or killed; what readers see is what the oracle says."""

    place: Any

    @initialize()
    def begin(self) -> None:
        place, self.stack = self.place, ExitStack()
        folder = Path(tempfile.mkdtemp(prefix="lmw-faults-"))
        self.stack.callback(shutil.rmtree, folder, ignore_errors=True)
        self.patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        self.office = self.stack.enter_context(opened(place.server, place.template, folder, self.patch))
        self.admin = self.office.admin
        self.interrupted: set[str] = set()  # the feeds of which a night was killed, and none has ended since
        # what readers may see besides the versions of the history from a place on: in core (False) and in the marts (True)
        self.visible: dict[bool, dict[Partition, set[Content]]] = {False: {}, True: {}}
        self.since: dict[bool, dict[Partition, int]] = {False: {}, True: {}}
        self.watcher = self.stack.enter_context(Watcher())

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    # ---- what is sent

    def sequences(self, feed: str, sender: str, period: str) -> set[int]:
        place = (feed, sender, period)
        return {earlier.sequence for earlier in self.office.sent if (earlier.feed, earlier.sender, earlier.period) == place}

    @rule(
        feed=st.sampled_from(FEEDS),
        sender=st.sampled_from(SENDERS),
        period=st.integers(0, 2),
        withdrawn=st.sets(st.integers(1, POOL), max_size=4),
        bad=st.sampled_from([0, 0, 0, 1, 18]),
        late=st.booleans(),
        step=st.integers(1, 3),
        version=st.integers(1, 9),
    )
    def deliver(self, feed, sender, period, withdrawn, bad, late, step, version) -> None:
        """A first delivery, a correction, or an older one that comes late; without some records of before; with bad records or none."""
        of = PERIODS[feed][period % len(PERIODS[feed])]
        used = self.sequences(feed, sender, of)
        older = sorted(set(range(1, max(used, default=1))) - used)
        sequence = older[-1] if late and older else max(used, default=0) + step
        numbers = [number for number in range(1, POOL + 1) if number not in withdrawn]
        rows = tuple(Row(number, version, place <= bad) for place, number in enumerate(numbers, 1))
        self.office.send(Sent(len(self.office.sent) + 1, feed, sender, of, sequence, rows))

    @rule(feed=st.sampled_from(FEEDS[:2]), sender=st.sampled_from(SENDERS), period=st.integers(0, 1))
    def deliver_nothing(self, feed, sender, period) -> None:
        """A correction that withdraws every record."""
        of = PERIODS[feed][period]
        self.office.send(Sent(len(self.office.sent) + 1, feed, sender, of, max(self.sequences(feed, sender, of), default=1) + 1, ()))

    @precondition(lambda self: self.office.sent)
    @rule(data=st.data(), repeated=st.booleans())
    def redeliver(self, data, repeated) -> None:
        """The same bytes under another id; once more, or as if it were a correction."""
        earlier = data.draw(st.sampled_from(self.office.sent))
        used = self.sequences(earlier.feed, earlier.sender, earlier.period)
        self.office.send(replace(earlier, number=len(self.office.sent) + 1, sequence=earlier.sequence if repeated else max(used) + 1))

    @rule(feed=st.sampled_from(FEEDS), sender=st.sampled_from(SENDERS), version=st.integers(1, 9), both=st.booleans())
    def correct_the_announcement(self, feed, sender, version, both) -> None:
        """A delivery that announces a wrong number of records; then the same bytes with the right one, at once or after a night."""
        of = PERIODS[feed][0]
        rows = tuple(Row(number, version) for number in range(1, POOL - version))
        wrong = Sent(
            len(self.office.sent) + 1, feed, sender, of, max(self.sequences(feed, sender, of), default=0) + 1, rows, wrong_count=True
        )
        self.office.send(wrong)
        if not both:
            self.night(feed, [])
        self.office.send(replace(wrong, number=len(self.office.sent) + 1, wrong_count=False))

    # ---- what runs

    @rule(feed=st.sampled_from(FEEDS), kills=st.lists(st.tuples(st.booleans(), st.integers(1, 110)), max_size=2), goes_on=st.booleans())
    def ingest(self, feed, kills, goes_on) -> None:
        """A night of a feed: it is killed some times, and may be left so until another night."""
        self.night(feed, kills, goes_on=goes_on)

    def night(self, feed: str, kills, *, goes_on: bool = True) -> None:
        for in_pull, number in kills:
            if in_pull:
                children.run(lambda: self.office.pull(feed), 1 + number % 30)
            else:
                children.run(lambda: self.office.pull_and_load(feed), number)
        if kills and not goes_on:
            self.interrupted.add(feed)
            return
        assert children.run(lambda: self.office.pull_and_load(feed)) == []
        self.conclude(feed)

    def conclude(self, feed: str) -> None:
        """All that was sent of a feed is loaded."""
        self.office.conclude(feed)
        self.interrupted.discard(feed)

    @rule(feed=st.sampled_from(FEEDS))
    def ingest_twice_at_once(self, feed) -> None:
        nights = [children.begin(lambda: self.office.pull_and_load(feed)) for _ in range(2)]
        assert [night.wait() for night in nights] == [[], []]
        assert children.run(lambda: self.office.pull_and_load(feed)) == []  # what the second pulled after the first had begun to load
        self.conclude(feed)

    @rule(kill=st.none() | st.integers(1, 60), concurrent=st.none() | st.sampled_from(FEEDS))
    def build(self, kill, concurrent) -> None:
        """A build, killed first or not, alone or while another feed is loaded; then one that has everything."""
        if kill:
            children.run(lambda: transform.build().sentence, kill)
        building = children.begin(lambda: transform.build().sentence)
        if concurrent:
            self.night(concurrent, [])
        assert building.wait()
        if concurrent:
            assert children.run(lambda: transform.build().sentence)
        self.check_marts()

    @rule(feed=st.sampled_from(FEEDS), sender=st.sampled_from([None, *SENDERS]), kill=st.none() | st.integers(1, 90))
    def replay_some(self, feed, sender, kill) -> None:
        """The published and blocked batches of a feed again."""
        vault = self.vault()
        if not any(sent.sender == sender or sender is None for sent in self.office.sent):
            return
        if kill:
            children.run(lambda: replay(feed, sender=sender, reason="a test", dry_run=False), kill)
        children.run(lambda: replay(feed, sender=sender, reason="a test", dry_run=False))
        if feed != "labour_survey" or not self.office.pending:
            assert self.vault() == vault
        # also what had landed of a night that was killed
        assert children.run(lambda: self.office.pull_and_load(feed)) == []
        self.conclude(feed)

    @precondition(lambda self: not self.office.truth.erased and self.office.truth.applied)
    @rule()
    def replay_into_nothing(self) -> None:
        """Core, vault and quarantine are lost, and everything is replayed."""
        for feed in FEEDS:
            self.night(feed, [])
        self.check_seen()
        vault = self.vault()
        with self.admin.transaction():
            self.admin.execute(sql.SQL("truncate {}").format(sql.SQL(LOST)))
        for feed in FEEDS:
            children.run(lambda feed=feed: replay(feed, reason="core was lost", dry_run=False))
        before = self.office.expected()
        self.office.truth.restart_history()
        assert self.vault() == vault
        self.watcher.wait()
        self.watcher.take()
        self.restart(False, before)
        self.since[True] = {}  # the marts may show what they have, and all that core shows again

    def restart(self, in_marts: bool, visible: dict[Partition, Content] | None = None) -> None:
        """From now on readers see what they see now, and later versions."""
        now = self.office.expected()
        self.visible[in_marts] = {name: {content} for name, content in (visible or now).items()}
        self.since[in_marts] = {name: len(states) - 1 for name, states in self.office.truth.history.items()}

    @precondition(lambda self: not self.office.truth.loosened)
    @rule()
    def loosen_a_rule(self) -> None:
        """The limit of openings is raised; the published batches are replayed, and the blocked ones with them."""
        self.night("job_orders", [])
        folder = self.office.folder / "contracts"
        shutil.copytree(CONTRACTS_DIR, folder)
        contract = folder / "job_orders.odcs.yaml"
        text = contract.read_text(encoding="utf-8")
        limit = f"min_value: 1, max_value: {OPENINGS_LIMIT}"
        assert text.count(limit) == 1
        contract.write_text(text.replace(limit, f"min_value: 1, max_value: {2 * OPENINGS_LIMIT}"), encoding="utf-8")
        for module in (contracts, reopening):
            self.patch.setattr(module, "CONTRACTS_DIR", folder)
        load_contract.cache_clear()
        children.run(lambda: replay("job_orders", reason="a rule was loosened", dry_run=False))
        self.office.truth.loosen(
            sent for sent in self.office.sent if sent.feed == "job_orders" and sent.is_blocked and not sent.wrong_count
        )

    @precondition(
        lambda self: "labour_survey" not in self.interrupted and any(sent.feed == "labour_survey" for sent in self.office.truth.applied)
    )
    @rule(number=st.integers(1, POOL), concurrent=st.booleans())
    def erase(self, number, concurrent) -> None:
        """A person is erased, alone or while the survey is loaded."""
        key, truth = pseudonym_of(person_number(number)), self.office.truth
        if self.admin.execute("select exists (select from vault.person where person_key = %s)", [key]).fetchone() != (True,):
            return
        request = request_erasure(key, by="An", because="hồ sơ 12", legal_basis="Luật 91/2025/QH15, điều 14")
        loading = children.begin(lambda: self.office.pull_and_load("labour_survey")) if concurrent else None
        children.run(lambda: approve_erasure(request, by="Bình").files)
        if loading:
            assert loading.wait() == []
            self.conclude("labour_survey")
        for name in [name for name in truth.history if name[0] == "labour_survey"]:  # before or after any version of the load
            states = self.office.truth.history[name][self.since[False].get(name, 0) :]
            without = {frozenset(row for row in content if row[0] != f"F{number:05d}") for content in states}
            for in_marts in (False, True):
                self.visible[in_marts].setdefault(name, {NOTHING}).update(states if not in_marts else (), without)
        self.office.truth.erase(number)
        self.places_without(key, person_number(number))

    # ---- what must hold

    @invariant()
    def readers_see_one_version_and_the_latest(self) -> None:
        """P2, P3, P5, P6."""
        if hasattr(self, "watcher"):
            self.check_seen()

    def check_seen(self) -> None:
        """What was seen since the last check are versions of now or later, and what is seen now is the last version."""
        self.watcher.wait()
        truth = self.office.truth
        after = truth.path(sent for sent in self.office.pending if sent.feed in self.interrupted)
        for (in_marts, partition), contents in self.watcher.contents().items():
            states = after.history.get(partition, [NOTHING])
            allowed = self.visible[in_marts].get(partition, {NOTHING}) | set(states[self.since[in_marts].get(partition, 0) :])
            place = f"{'marts' if in_marts else 'core'} {partition}"
            assert set(contents) <= allowed, f"{place} showed {[describe(found, states) for found in set(contents) - allowed]}"
        for partition, content in self.office.visible(in_marts=False).items():
            states = after.history[partition]
            if partition[0] not in self.interrupted:
                assert content == states[-1], f"core {partition} is {describe(content, states)}"
        if not self.interrupted:
            self.restart(False)

    @invariant()
    def every_record_is_in_one_place(self) -> None:
        """P1, P4."""
        if not hasattr(self, "watcher"):
            return
        store = LandingStore(load_settings().landing_url)
        rows = self.admin.execute(
            "select batch_id, delivery_id, feed, state, published_at is not null, sha256, superseded_by, reason_vi, declared_sha256"
            " from ops.batch"
        ).fetchall()
        sent_by_id = {sent.delivery_id: sent for sent in self.office.sent}
        known = {row[1] for row in rows}
        assert known <= sent_by_id.keys()
        in_core = {feed: self.places(feed) for feed in FEEDS}
        quarantined = defaultdict(set)
        for batch_id, row_no in self.admin.execute(
            "select batch_id, row_no from quarantine.rejected_row where status <> 'superseded'"
        ).fetchall():
            quarantined[batch_id].add(row_no)
        for batch_id, delivery_id, feed, state, is_published, sha256, superseded_by, reason, declared in rows:
            sent, place = sent_by_id[delivery_id], f"delivery {delivery_id} ({state})"
            core = in_core[feed].get(batch_id, set())
            if is_published:
                kept_out = self.office.truth.kept_out(sent)
                if feed not in self.interrupted:
                    assert quarantined[batch_id] == kept_out, place
                    assert core == set(range(1, len(sent.rows) + 1)) - kept_out, place
                else:
                    assert core | quarantined[batch_id] == set(range(1, len(sent.rows) + 1)) and not core & quarantined[batch_id], place
            else:
                assert not core, place
            if sent not in self.office.pending and feed not in self.interrupted:
                assert state in FINAL, place
                assert state != "superseded" or superseded_by is not None, place
                assert state not in ("quarantined", "rejected") or reason, place
            if sha256:
                assert sha256 == declared and hashlib.sha256(store.path_of(sha256).read_bytes()).hexdigest() == sha256, place
        missing = {sent.delivery_id for sent in self.office.sent if sent not in self.office.pending} - known
        assert not missing, "a delivery that was pulled is not in the ledger"

    @invariant()
    def history_has_every_version(self) -> None:
        """P5."""
        if hasattr(self, "watcher") and not self.office.truth.erased:  # of an erased person nothing is kept
            for feed in [feed for feed in FEEDS if feed not in self.interrupted]:
                for partition, states in self.recorded(feed).items():
                    assert states == self.office.truth.history[partition], f"{partition}: {len(states)} versions were recorded"

    def recorded(self, feed: str) -> dict[Partition, list[Content]]:
        """What was current one after the other, by the times of core; and the days for which each record is valid."""
        key, value, _ = READ_AS[feed]
        rows: dict[Partition, list[tuple[Any, ...]]] = {name: [] for name in self.office.truth.history if name[0] == feed}
        query = sql.SQL("select sender_code, period, {}, {}::text, recorded_from, least(recorded_to, '9999-12-31') from core.{}").format(
            *map(sql.Identifier, (key, value, feed))
        )
        for sender, period, number, text, begins, ends in self.admin.execute(query):
            assert begins <= ends
            rows[partition_of(feed, sender, period)].append((number, text, begins, ends))
        found = {}
        for partition, records in rows.items():
            states = [NOTHING]
            for moment in sorted({record[2] for record in records} | {record[3] for record in records if record[3].year < 9999}):
                current = [(number, text) for number, text, begins, ends in records if begins <= moment < ends]
                assert len(dict(current)) == len(current), f"{partition} had two versions of one record at once"
                if frozenset(current) != states[-1]:
                    states.append(frozenset(current))
            found[partition] = states
        return found

    def check_marts(self) -> None:
        """After a build: the facts are core's current rows, and no person is without a fact."""
        in_core = self.office.visible(in_marts=False)
        for partition, content in self.office.visible(in_marts=True).items():
            states = self.office.truth.history[partition]
            expected = in_core[partition] if partition[0] in self.interrupted else states[-1]
            assert content == expected, f"marts {partition} is {describe(content, states)}"
        persons = {number for name, content in in_core.items() if name[0] == "labour_survey" for number, _ in content}
        counted = self.admin.execute("select count(*) from marts.dim_person where person_sk > 0").fetchone()
        assert counted == (len(persons),), f"{counted} persons in dim_person, {len(persons)} in the facts"
        self.check_seen()
        self.restart(True, in_core)

    def places(self, feed: str) -> dict[int, set[int]]:
        """The rows of each batch in core, of its last publication."""
        found: dict[int, set[int]] = defaultdict(set)
        last: dict[int, Any] = {}
        query = sql.SQL("select batch_id, row_no, recorded_from from core.{} order by recorded_from desc").format(sql.Identifier(feed))
        for batch_id, row_no, recorded_from in self.admin.execute(query):
            if last.setdefault(batch_id, recorded_from) == recorded_from:
                assert row_no not in found[batch_id]
                found[batch_id].add(row_no)
        return found

    def vault(self) -> dict[str, list[tuple]]:
        """The rows of the vault, without the numbers of batches and the times."""
        found = {}
        for table, columns in VAULT.items():
            listed = sql.SQL(", ").join(map(sql.Identifier, columns))
            found[table] = self.admin.execute(
                sql.SQL("select {0} from vault.{1} order by {0}").format(listed, sql.Identifier(table))
            ).fetchall()
        return found

    def places_without(self, *texts: str) -> None:
        """P8, of an erased person: no table but the list of the erased has these texts."""
        tables = self.admin.execute(
            "select schemaname, tablename from pg_tables where schemaname = any(%s)", [["stage", "core", "vault", "quarantine", "ops"]]
        )
        for schema, table in tables.fetchall():
            if table != "erased_person":
                query = sql.SQL("select exists (select from {} as record where record::text ~ %s)").format(sql.Identifier(schema, table))
                assert self.admin.execute(query, ["|".join(texts)]).fetchone() == (False,), f"{schema}.{table} has the erased person"


def describe(content: Content, states: list[Content]) -> str:
    """A content by its place in the history, or by how it differs from the nearest version."""
    if content in states:
        return f"version {states.index(content)} of {len(states)}"
    nearest = min(states, key=lambda state: len(state ^ content))
    more, fewer = sorted(content - nearest)[:4], sorted(nearest - content)[:4]
    return f"{len(content)} records, near version {states.index(nearest)} of {len(states)}: more {more}, fewer {fewer}"
