"""Publishing, compared with a model in plain Python: any order of deliveries, corrections and crashes."""

import hashlib
import itertools
import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime

import hypothesis.strategies as st
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from labour_market.batches import ledger
from labour_market.batches.states import LOADABLE_STATES, BatchState
from labour_market.contracts import contract_feeds, load_contract
from labour_market.database import connect
from labour_market.ingestion.publishing import Published, publish_batch
from labour_market.ingestion.reconcile import reconcile
from labour_market.ingestion.staging import drop_stage_tables, make_stage_table
from labour_market.settings import load_settings
from psycopg import sql

from tests.integration.publishing_oracle import Entry, Oracle, Person, Row, ranks

SESSIONS, ORDERS = load_contract("fair_sessions"), load_contract("job_orders")
numbers = itertools.count(1)


def announce(connection, contract, sender, period, sequence, records, form=None, sha256=None):
    number = next(numbers)
    sha256 = sha256 or f"{number:064x}"
    batch_id = ledger.announce(
        connection,
        {
            "feed": contract.feed,
            "sender_code": sender,
            "delivery_id": f"d{number}",
            "period": period,
            "sequence": sequence,
            "form_version": form,
            "media_type": "application/json",
            "declared_records": records,
            "declared_bytes": 1,
            "declared_sha256": sha256,
            "declared_totals": {},
            "delivery_created_at": datetime.now(UTC),
        },
        "test",
    )
    attempt = ledger.take(connection, batch_id, [BatchState.DISCOVERED])
    ledger.move(connection, batch_id, attempt, BatchState.LANDED, "test", sha256=sha256)
    return batch_of(connection, contract, batch_id)


def batch_of(connection, contract, batch_id):
    return next(batch for batch in ledger.find_batches(connection, feed=contract.feed) if batch.batch_id == batch_id)


def stage(connection, contract, batch, table, rows, kept_out=()):
    """rows: key -> value of one text column; kept_out: row numbers that a rule keeps out."""
    attempt = ledger.take(connection, batch.batch_id, LOADABLE_STATES)
    key, value = ("session_no", "name") if contract is SESSIONS else ("order_no", "title")
    for row_no, (number, text) in enumerate(rows.items(), 1):
        connection.execute(
            sql.SQL("insert into stage.{} (batch_id, row_no, sender_code, period, sequence, {}, {}) values (%s,%s,%s,%s,%s,%s,%s)").format(
                sql.Identifier(table), sql.Identifier(key), sql.Identifier(value)
            ),
            [batch.batch_id, row_no, batch.sender_code, batch.period, batch.sequence, number, text],
        )
    for row_no in kept_out:
        connection.execute(
            sql.SQL("insert into stage.{} values (%s, %s, %s, '', '')").format(sql.Identifier(f"{table}_failures")),
            [batch.batch_id, row_no, contract.rules[0].id],
        )
    ledger.move(connection, batch.batch_id, attempt, BatchState.STAGED, "test", records_parsed=len(rows))
    ledger.move(connection, batch.batch_id, attempt, BatchState.AUDITED, "test")
    return attempt


def current(connection, contract):
    key, value = ("session_no", "name") if contract is SESSIONS else ("order_no", "title")
    return {
        (sender, period, number): text
        for sender, period, number, text in connection.execute(
            sql.SQL("select sender_code, period, {}, {} from core.{} where recorded_to = 'infinity'").format(
                sql.Identifier(key), sql.Identifier(value), sql.Identifier(contract.feed)
            )
        )
    }


COLUMNS = {  # of each feed: a column of its key, and another one
    "budget_movements": ("movement_no", "treasury_ref"),
    "employers": ("employer_no", "name"),
    "fair_attendance": ("attendance_no", "wanted_job_text"),
    "fair_sessions": ("session_no", "name"),
    "job_orders": ("order_no", "title"),
    "labour_survey": ("form_no", "job_text"),
    "placements": ("placement_no", "job_text"),
    "poverty_register": ("household_no", "commune_code"),
    "programme_plans": ("unit_code", "decision_no"),
}
NAMES = ["Nguyễn Văn Đạt", "NGUYEN VAN  DAT", "Trần Thị Bình"]
PEOPLE = st.builds(
    Person,
    st.sampled_from(["080190000007", "080190000008", "080190000009"]),
    st.sampled_from(NAMES),
    st.sampled_from([date(1980, 1, 1), date(1980, 2, 2), date(1981, 1, 1)]),
    st.sampled_from([None, "0901000001", "0901000002"]),
)
ROWS = st.lists(
    st.builds(
        Row,
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["a", "b"]),
        st.none() | PEOPLE,
        st.sampled_from([None, "Lan", "Minh"]),
        st.sampled_from([None, None, None, "quarantine", "normalise"]),
    ),
    max_size=4,
).map(
    lambda rows: [replace(row, kept_out="normalise") if row.key in {r.key for r in rows[:place]} else row for place, row in enumerate(rows)]
)


class Publications(RuleBasedStateMachine):
    """Deliveries of one feed in any order, twice, half and again; every table that a publication touches is that of the oracle."""

    feed: str
    senders = st.sampled_from(["794", "803"])

    @initialize(erased=st.booleans())
    def connect(self, erased):
        self.contract = load_contract(self.feed)
        names = {f.name for f in self.contract.fields}
        core_names = {f.name for f in self.contract.core_fields}
        snapshot = self.contract.mode == "snapshot"
        self.periods = ["2023-05", "2023-06"] if snapshot else ["2023-06-30", "2023-07-01"]
        self.is_of_persons = "person_key" in core_names
        self.oracle = Oracle(
            snapshot=snapshot,
            vault={"person_key", "full_name"} <= names,
            contacts="contact_name" in names,
            erased={"080190000009"} if erased and self.is_of_persons else set(),
        )
        self.key, self.value = COLUMNS[self.feed]
        self.connection = connect("loader", autocommit=True)
        with psycopg.connect(os.environ["WAREHOUSE_DSN"]) as admin:
            admin.execute(
                sql.SQL("truncate core.{}, quarantine.rejected_row, vault.erased_person, ops.reconcile_finding, ops.batch cascade").format(
                    sql.Identifier(self.feed)
                )
            )
            for number in self.oracle.erased:
                admin.execute("insert into vault.erased_person (person_key, erased_by, reason) values (%s, 'B', 'x')", [f"key:{number}"])
        drop_stage_tables(self.connection, self.feed, load_settings())
        self.table = make_stage_table(self.connection, self.contract, "one")
        self.rows: dict[int, list[Row]] = {}

    def teardown(self):
        if hasattr(self, "connection"):
            assert "lost_records" not in {finding.kind for finding in reconcile().findings}
            self.connection.close()

    def deliver(self, sender, period, sequence, rows, form="a", crash=False):
        content = (form, tuple(rows))
        batch = announce(
            self.connection, self.contract, sender, period, sequence, len(rows), form, hashlib.sha256(repr(content).encode()).hexdigest()
        )
        entry = Entry(batch.batch_id, sender, period, sequence, content, len(rows))
        self.oracle.entries.append(entry)
        self.rows[batch.batch_id] = rows
        attempt = self.stage(batch, rows)
        if crash:
            before = self.tables()
            with pytest.raises(RuntimeError), self.connection.transaction():
                publish_batch(self.connection, self.contract, batch, attempt, self.table, "test")
                raise RuntimeError("killed just before the commit")
            assert self.tables() == before
        self.publish(batch, attempt, entry, rows)

    def publish(self, batch, attempt, entry, rows):
        published = publish_batch(self.connection, self.contract, batch, attempt, self.table, "test")
        self.oracle.publish(entry, rows)
        assert (published and tuple(vars(published).values())) == (entry.counts if entry.state == "published" else None)

    def stage(self, batch, rows):
        for name in (self.table, f"{self.table}_failures"):
            self.connection.execute(sql.SQL("truncate stage.{}").format(sql.Identifier(name)))
        known = {f.name for f in self.contract.fields}
        action = {rule.action: rule.id for rule in reversed(self.contract.rules)}
        attempt = ledger.take(self.connection, batch.batch_id, LOADABLE_STATES)
        for row_no, row in enumerate(rows, 1):
            values = {self.key: row.key, self.value: row.value}
            if row.person and self.is_of_persons:
                values |= {
                    "person_key": f"key:{row.person.number}", "person_method": "national_id", "national_id": row.person.number,
                    "full_name": row.person.name, "birth_date": row.person.birth, "phone": row.person.phone,
                }  # fmt: skip
            if row.contact:
                values |= {"contact_name": row.contact, "contact_phone": f"phone of {row.contact}", "contact_email": f"{row.contact}@x.vn"}
            values = {name: value for name, value in values.items() if name in known}
            values |= {name: getattr(batch, name) for name in ("batch_id", "sender_code", "period", "sequence")} | {"row_no": row_no}
            self.connection.execute(
                sql.SQL("insert into stage.{} ({}) values ({})").format(
                    sql.Identifier(self.table),
                    sql.SQL(", ").join(map(sql.Identifier, values)),
                    sql.SQL(", ").join(sql.Placeholder() * len(values)),
                ),
                list(values.values()),
            )
            if row.kept_out:
                self.connection.execute(
                    sql.SQL("insert into stage.{} values (%s, %s, %s, %s, 'Aaa')").format(sql.Identifier(f"{self.table}_failures")),
                    [batch.batch_id, row_no, action[row.kept_out], self.value],
                )
        ledger.move(self.connection, batch.batch_id, attempt, BatchState.STAGED, "test", records_parsed=len(rows))
        ledger.move(self.connection, batch.batch_id, attempt, BatchState.AUDITED, "test")
        return attempt

    @rule(sender=senders, later=st.booleans(), sequence=st.integers(1, 3), rows=ROWS, crash=st.booleans())
    def new_delivery(self, sender, later, sequence, rows, crash):
        self.deliver(sender, self.periods[later], sequence, rows, crash=crash)

    @precondition(lambda self: self.oracle.entries)
    @rule(data=st.data(), sequence=st.integers(1, 4), form=st.sampled_from(["a", "a", "b"]))
    def the_same_delivery(self, data, sequence, form):
        entry = data.draw(st.sampled_from(self.oracle.entries))
        self.deliver(entry.sender, entry.period, sequence, self.rows[entry.batch_id], form)

    @precondition(lambda self: any(entry.state == "published" for entry in self.oracle.entries))
    @rule(data=st.data())
    def replay(self, data):
        """A rule was changed: it keeps out other rows than before."""
        entry = data.draw(st.sampled_from([entry for entry in self.oracle.entries if entry.state == "published"]))
        outs = st.sampled_from([None, None, "quarantine"])
        rows = [row if row.kept_out == "normalise" else replace(row, kept_out=data.draw(outs)) for row in self.rows[entry.batch_id]]
        attempt = ledger.take(self.connection, entry.batch_id, [BatchState.PUBLISHED])
        ledger.move(self.connection, entry.batch_id, attempt, BatchState.LANDED, "test")
        entry.state = "landed"
        entry.moves.append("landed")
        batch = batch_of(self.connection, self.contract, entry.batch_id)
        self.publish(batch, self.stage(batch, rows), entry, rows)

    @precondition(lambda self: any(status == "open" for _, status in self.oracle.quarantine.values()))
    @rule(data=st.data(), status=st.sampled_from(["released", "closed"]))
    def decide(self, data, status):
        places = [place for place, (_, known) in self.oracle.quarantine.items() if known == "open"]
        place = data.draw(st.sampled_from(places))
        self.oracle.quarantine[place][1] = status
        with psycopg.connect(os.environ["WAREHOUSE_DSN"]) as admin:
            admin.execute("update quarantine.rejected_row set status = %s where (batch_id, row_no) = (%s, %s)", [status, *place])

    @invariant()
    def every_table_is_as_it_must_be(self):
        if hasattr(self, "connection"):
            found, expected = self.tables(), self.expected()
            for table, rows in expected.items():
                assert found[table] == rows, table

    def tables(self):
        """The rows of every table; times of core as ranks."""

        names = {
            "feed": sql.Identifier(self.feed),
            "key": sql.Identifier(self.key),
            "value": sql.Identifier(self.value),
            "person": sql.SQL("person_key" if self.is_of_persons else "null"),
        }

        def rows(query, *values):
            return self.connection.execute(sql.SQL(query).format(**names), values or None).fetchall()

        core = rows(
            "select batch_id, row_no, sender_code, period, sequence, {key}, {value}, {person}, valid_from, nullif(valid_to, 'infinity'),"
            " recorded_from, nullif(recorded_to, 'infinity') from core.{feed} order by batch_id, row_no, recorded_from"
        )
        times = ranks({moment for row in core for moment in row[10:] if moment})
        return {
            "core": [(*row[:10], times[row[10]], times.get(row[11])) for row in core],
            "ledger": rows(
                "select batch_id, state, published_at is not null, superseded_by, records_published, records_quarantined,"
                " records_duplicate, records_superseded from ops.batch order by 1"
            ),
            "moves": rows("select batch_id, array_agg(to_state order by event_id) from ops.batch_event group by 1 order by 1"),
            "outbox": rows(
                "select batch_id, sender_code, period from ops.outbox where feed = %s and built_at is null order by event_id", self.feed
            ),
            "quarantine": rows(
                "select batch_id, row_no, feed, sender_code, period, action, column_name, value_pattern, status"
                " from quarantine.rejected_row order by 1, 2"
            ),
            "persons": rows(
                "select national_id, person_key, person_method, full_name, birth_date, phone, sender_code, first_batch_id, last_batch_id"
                " from vault.person order by 1"
            ),
            "versions": sorted(
                rows("select person_key, sender_code, batch_id, full_name, birth_date, phone, is_refused from vault.person_version"),
                key=str,
            ),
            "contacts": rows(
                "select sender_code, employer_no, contact_name, contact_phone, contact_email, last_batch_id from vault.employer_contact"
                " order by 1, 2"
            ),
            "findings": {
                (kind, *map(int, re.findall(r"\d+", detail)[:2]))
                for kind, detail in rows("select kind, detail from ops.reconcile_finding where batch_id is not null and closed_at is null")
                if kind in ("identity_conflict", "erased_person_delivered")
            },
        }

    def expected(self):
        oracle = self.oracle
        times = ranks({moment for r in oracle.core for moment in (r.began, r.ended) if moment is not None})
        place = {entry.batch_id: entry for entry in oracle.entries}
        return {
            "core": [
                (
                    *(r.entry.batch_id, r.row_no, r.entry.sender, r.entry.period, r.entry.sequence, r.key, r.value),
                    f"key:{r.person}" if r.person and self.is_of_persons else None,
                    *oracle.valid(r),
                    times[r.began],
                    times.get(r.ended),
                )
                for r in sorted(oracle.core, key=lambda r: (r.entry.batch_id, r.row_no, r.began))
            ],
            "ledger": [(e.batch_id, e.state, e.was_published, e.superseded_by, *e.counts) for e in oracle.entries],
            "moves": [(e.batch_id, e.moves) for e in oracle.entries],
            "outbox": oracle.outbox,
            "quarantine": [
                (batch, row_no, self.feed, place[batch].sender, place[batch].period, action, self.value, "Aaa", status)
                for (batch, row_no), (action, status) in sorted(oracle.quarantine.items())
            ],
            "persons": [
                (number, f"key:{number}", "national_id", p["name"], p["birth"], p["phone"], p["sender"], p["first"], p["last"])
                for number, p in sorted(oracle.persons.items())
            ],
            "versions": sorted([(f"key:{version[0]}", *version[1:]) for version in oracle.versions], key=str),
            "contacts": [
                (sender, number, name, name and f"phone of {name}", name and f"{name}@x.vn", batch)
                for (sender, number), (name, batch) in sorted(oracle.employers.items())
            ],
            "findings": oracle.findings,
        }


@pytest.mark.parametrize("feed", contract_feeds())
def test_publications_in_any_order_leave_every_table_as_it_must_be(feed, warehouse):
    """Core with its history, the ledger, outbox, quarantine, vault and findings; persons of the feed as well."""
    run_state_machine_as_test(
        type("Machine", (Publications,), {"feed": feed}),
        settings=settings(max_examples=8, stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)),
    )


@pytest.fixture
def loader(warehouse):
    with connect("loader", autocommit=True) as connection:
        yield connection


def test_a_stale_attempt_publishes_nothing(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 1)
    zombie = stage(loader, SESSIONS, batch, table, {"1": "a"})
    ledger.take(loader, batch.batch_id, [BatchState.AUDITED])
    with pytest.raises(ledger.StaleAttemptError):
        publish_batch(loader, SESSIONS, batch, zombie, table, "test")
    assert current(loader, SESSIONS) == {}
    assert loader.execute("select count(*) from ops.outbox").fetchone() == (0,)


def test_rows_that_a_rule_keeps_out_are_quarantined_and_not_published(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 3)
    attempt = stage(loader, SESSIONS, batch, table, {"1": "a", "2": "b", "3": "c"}, kept_out=[2])
    counts = publish_batch(loader, SESSIONS, batch, attempt, table, "test")
    assert (counts.published, counts.quarantined) == (2, 1)
    assert set(current(loader, SESSIONS).values()) == {"a", "c"}
    assert loader.execute("select row_no from quarantine.rejected_row").fetchall() == [(2,)]


def test_a_replaced_record_is_kept_with_the_time_of_its_replacement(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    for sequence, text in ((1, "first version"), (2, "corrected version")):
        batch = announce(loader, SESSIONS, "794", "2023-06", sequence, 1)
        publish_batch(loader, SESSIONS, batch, stage(loader, SESSIONS, batch, table, {"1": text}), table, "test")
    rows = loader.execute(
        "select name, recorded_to = lead(recorded_from) over (order by recorded_from), recorded_to = 'infinity'"
        " from core.fair_sessions order by recorded_from"
    ).fetchall()
    assert rows == [("first version", True, False), ("corrected version", None, True)], "one ends in the moment the next begins"
    assert loader.execute("select state from ops.batch order by sequence").fetchall() == [("superseded",), ("published",)]


def test_a_replay_of_a_record_that_came_too_late_counts_it_once(loader):
    """Of changes: the record of an older period is kept, and never current, however often it is published."""
    table = make_stage_table(loader, ORDERS, "one")
    newer = announce(loader, ORDERS, "794", "2023-07", 1, 1)
    publish_batch(loader, ORDERS, newer, stage(loader, ORDERS, newer, table, {"1": "cook"}), table, "test")
    late = announce(loader, ORDERS, "794", "2023-06", 1, 1)
    first = publish_batch(loader, ORDERS, late, stage(loader, ORDERS, late, table, {"1": "cleaner"}), table, "test")
    attempt = ledger.take(loader, late.batch_id, [BatchState.PUBLISHED])
    ledger.move(loader, late.batch_id, attempt, BatchState.LANDED, "test")
    loader.execute(sql.SQL("delete from stage.{}").format(sql.Identifier(table)))
    second = publish_batch(loader, ORDERS, late, stage(loader, ORDERS, late, table, {"1": "cleaner"}), table, "test")
    assert first == second == Published(published=0, quarantined=0, duplicate=0, superseded=1)


def test_a_decision_on_a_quarantined_row_outlives_every_replay_and_counts_once(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    rows = {"1": "a", "2": "b", "3": "c"}
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 3)
    publish_batch(loader, SESSIONS, batch, stage(loader, SESSIONS, batch, table, rows, kept_out=[2]), table, "test")
    loader.execute("update quarantine.rejected_row set status = 'closed', decided_by = 'Lan', decided_at = now(), decision_reason = 'x'")

    def replayed(kept_out):
        attempt = ledger.take(loader, batch.batch_id, [BatchState.PUBLISHED])
        ledger.move(loader, batch.batch_id, attempt, BatchState.LANDED, "test")
        for name in (table, f"{table}_failures"):
            loader.execute(sql.SQL("delete from stage.{}").format(sql.Identifier(name)))
        counts = publish_batch(loader, SESSIONS, batch, stage(loader, SESSIONS, batch, table, rows, kept_out), table, "test")
        assert "lost_records" not in [finding.kind for finding in reconcile().findings]
        decision = loader.execute("select status, decided_by, decision_reason from quarantine.rejected_row").fetchall()
        return counts.published, counts.quarantined, decision

    assert replayed([2]) == (2, 1, [("closed", "Lan", "x")])
    assert replayed([]) == (3, 0, [("superseded", "Lan", "x")])
    assert replayed([2]) == (2, 1, [("open", "Lan", "x")])


def test_the_ledger_refuses_a_move_that_is_not_allowed(loader):
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 0)
    with pytest.raises(ValueError, match="cannot go from landed to published"):
        ledger.move(loader, batch.batch_id, batch.attempt, BatchState.PUBLISHED, "test")


def test_two_current_versions_of_one_key_are_refused_by_the_database_itself(loader):
    table = make_stage_table(loader, SESSIONS, "one")
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 1)
    publish_batch(loader, SESSIONS, batch, stage(loader, SESSIONS, batch, table, {"1": "a"}), table, "test")
    with pytest.raises(psycopg.errors.UniqueViolation):
        loader.execute(
            "insert into core.fair_sessions (batch_id, row_no, sender_code, period, sequence, valid_from, valid_to,"
            " recorded_from, session_no) values (1, 2, '794', '2023-06', 1, '2023-06-01', '2023-07-01', now(), '1')"
        )


def test_a_delivery_announced_twice_is_one_batch_and_a_changed_one_is_a_finding(loader):
    batch = announce(loader, SESSIONS, "794", "2023-06", 1, 0)
    second = {
        "feed": "fair_sessions", "sender_code": "794", "delivery_id": batch.delivery_id, "period": "2023-06", "sequence": 1,
        "media_type": "application/json", "declared_records": 0, "declared_bytes": 1, "declared_sha256": batch.sha256,
        "declared_totals": {}, "delivery_created_at": datetime.now(UTC),
    }  # fmt: skip
    assert ledger.announce(loader, second, "test") is None
    assert loader.execute("select count(*) from ops.reconcile_finding").fetchone() == (0,)
    for _ in range(2):
        changed = ledger.announce(loader, {**second, "declared_sha256": "0" * 64}, "test")
        ledger.note_findings(loader, ledger.ANNOUNCEMENT_FINDINGS, [changed])
    assert loader.execute("select kind, count(*) from ops.reconcile_finding group by kind").fetchall() == [("announcement_changed", 1)]


def test_the_database_takes_the_states_of_a_batch_and_no_other(warehouse):
    with connect("loader") as connection:
        (check,) = connection.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'ops.batch'::regclass and contype = 'c'"
            " and pg_get_constraintdef(oid) like '%%state%%'"
        ).fetchone()
    assert re.findall(r"'(\w+)'", check) == list(BatchState)
