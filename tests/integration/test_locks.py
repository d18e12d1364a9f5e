"""Locks of loads, audits and logins: none is held or waited for without an end."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import psycopg
import pytest
from labour_market.database import ROLES, access, can_log_in, connect, dsn, locks, provision
from labour_market.ingestion.loading import load
from labour_market.quality import gate, suites
from labour_market.transform import deploy_models

from tests.integration.sending import fetch, fetch_and_load, send, states

STOPPED = """
import os, signal
from labour_market.ingestion import loading
from labour_market.quality import gate
stage_rows = loading.stage_rows
def stop(*_):
    os.kill(os.getpid(), signal.SIGSTOP)
def part_of_the_rows(rows):
    yield b""
    stop()
    yield b""
def stage_part(connection, contract, batch, table, rows):
    stage_rows(connection, contract, batch, table, part_of_the_rows(rows))
{place}
loading.load("employers")
"""


STOPS = ["loading.Reader.read = stop", "loading.stage_rows = stop", "loading.stage_rows = stage_part", "gate._write_failures = stop"]


@pytest.mark.parametrize("place", STOPS)
def test_a_load_that_was_stopped_does_not_hold_up_the_next(gateway, original, loader, monkeypatch, place):
    """Between two statements, in a transaction, in the middle of a COPY, and in the transaction of an audit."""
    monkeypatch.setattr(locks, "SILENT_SECONDS", 2)
    monkeypatch.setattr(locks, "LOOK_EVERY_SECONDS", 0.5)
    send(gateway, original)
    fetch(original)
    stopped = subprocess.Popen([sys.executable, "-c", STOPPED.format(place=place)])
    try:
        os.waitid(os.P_PID, stopped.pid, os.WSTOPPED | os.WNOWAIT)
        load("employers")
        assert states(loader) == ["published"]
    finally:
        stopped.send_signal(signal.SIGCONT)
        assert stopped.wait(60) != 0, "its session has ended, and so does it"
    assert states(loader) == ["published"]


def test_a_load_that_works_keeps_its_lock_however_long_it_takes(warehouse, monkeypatch):
    monkeypatch.setattr(locks, "LOOK_EVERY_SECONDS", 0.2)
    with connect("loader", autocommit=True) as first, connect("loader", autocommit=True) as second, ExitStack() as held:
        held.enter_context(locks.session_lock(first, "lmw.test"))
        working = threading.Thread(target=first.execute, args=["select pg_sleep(3)"])
        working.start()
        began = time.monotonic()
        threading.Timer(0, lambda: (working.join(), held.close())).start()
        with locks.session_lock(second, "lmw.test", silent_seconds=1):
            assert time.monotonic() - began > 2.5
        assert first.execute("select 1").fetchone() == (1,), "its session was not ended"


def test_a_change_of_the_schema_waits_for_no_audit_that_waits_for_it(gateway, original, loader, warehouse, monkeypatch):
    """A change takes a lock on the ledger while Great Expectations begins: neither stops the other for ever."""
    send(gateway, original)
    fetch(original)
    changed = []

    def change() -> None:
        with psycopg.connect(warehouse) as admin:
            admin.execute("set lock_timeout = '20s'")
            admin.execute("lock table ops.batch, ops.audit_result, reference.area_unit in access exclusive mode")
            changed.append(True)

    run_suite = gate.run_suite

    def while_a_change_waits(*arguments):
        waiting = threading.Thread(target=change)
        waiting.start()
        time.sleep(0.5)
        found = run_suite(*arguments)
        waiting.join(1)
        assert changed, "the audit holds no lock while the suite has a session of its own"
        return found

    monkeypatch.setattr(gate, "run_suite", while_a_change_waits)
    assert not load("employers").errors
    assert states(loader) == ["published"]


def test_a_start_of_an_up_to_date_warehouse_is_not_held_up_by_a_session_that_holds_every_table(warehouse):
    provision()
    with psycopg.connect(warehouse) as holder:
        tables = holder.execute(
            "select string_agg(format('%%I.%%I', schemaname, tablename), ', ') from pg_tables where schemaname = any(%s)",
            [list(access.SCHEMAS)],
        ).fetchone()[0]
        holder.execute(f"lock table {tables} in exclusive mode")  # conflicts with every lock but ACCESS SHARE
        began = time.monotonic()
        assert provision() == []
        assert deploy_models() is False
        assert time.monotonic() - began < 25, "shorter than the lock timeout of a role"


def test_no_session_waits_for_a_table_for_ever(warehouse):
    provision()
    for role in set(ROLES) - {"bi_reader"}:
        with connect(role) as connection:
            assert connection.execute("show lock_timeout").fetchone() == ("30s",), role
    with connect("auditor") as auditor:
        assert "lock_timeout" in suites._url(auditor)


def test_both_sides_of_every_session_find_out_that_the_network_is_cut(warehouse):
    for role in ROLES:
        with connect(role) as connection:
            assert connection.execute("show tcp_keepalives_idle").fetchone() == ("15",), role
            assert connection.execute("show tcp_user_timeout").fetchone() == ("30000",), role
            assert "tcp_user_timeout=30000" in connection.info.dsn and "keepalives_count=3" in connection.info.dsn, role
    with connect("auditor") as auditor:
        assert "tcp_user_timeout=30000" in suites._url(auditor) and "tcp_keepalives_idle" in suites._url(auditor)


def test_what_the_dsn_says_of_the_network_is_kept(warehouse, monkeypatch):
    monkeypatch.setenv("WAREHOUSE_DSN", f"{warehouse} tcp_user_timeout=5000 options='-c tcp_user_timeout=7s -c work_mem=1MB'")
    with connect("loader") as connection:
        assert "tcp_user_timeout=5000" in connection.info.dsn
        assert connection.execute("show tcp_user_timeout").fetchone() == ("7000",)
        assert connection.execute("show work_mem").fetchone() == ("1MB",)


def test_a_role_without_a_free_connection_keeps_its_password(warehouse):
    provision()
    password = "select rolpassword from pg_authid where rolname = 'bi_reader'"
    with psycopg.connect(warehouse, autocommit=True) as admin, ExitStack() as readers:
        before = admin.execute(password).fetchone()
        admin.execute("alter role bi_reader connection limit 1")
        try:
            readers.enter_context(connect("bi_reader"))
            with pytest.raises(psycopg.OperationalError, match="too many connections"):
                connect("bi_reader")
            assert can_log_in(dsn("bi_reader"))
            assert provision() == []
            assert admin.execute(password).fetchone() == before
        finally:
            admin.execute("alter role bi_reader connection limit 40")


def test_a_second_load_finds_nothing_left_after_the_first(gateway, original, loader):
    send(gateway, original)
    fetch_and_load(original)
    assert load("employers").outcomes == {}
