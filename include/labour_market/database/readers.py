"""The limits of readers' sessions, kept although PostgreSQL lets each role set its own limits otherwise."""

import logging
from pathlib import Path

import psycopg
from psycopg import conninfo

from labour_market.database.connections import admin_dsn, warehouse_database
from labour_market.database.locks import PROVISION, session_lock
from labour_market.database.sql_files import read_sql
from labour_market.settings import Settings, load_settings

READERS = ("bi_reader", "analyst", "steward", "dpo")  # the roles of persons and BI tools, without the analysts of one district
LIMITS = Path(__file__).with_name("reader_limits.sql")
LOG = logging.getLogger(__name__)


def enforce_limits(settings: Settings | None = None) -> list[str]:
    """Set the limits of the readers' roles again, and end their sessions that are beyond them.

    A reader may lift a limit in a session, and for the role. Run every few minutes, this ends both.

    Returns:
        One line for each session that was ended.
    """
    settings = settings or load_settings()
    login = conninfo.make_conninfo(admin_dsn(settings), dbname=warehouse_database(settings), application_name="lmw-readers")
    with psycopg.connect(login, autocommit=True) as admin, session_lock(admin, PROVISION):
        set_limits(admin)
        ended = admin.execute(read_sql(__package__, "sessions_beyond_limits"), {"readers": list(READERS)}).fetchall()
    lines = [f"session {pid} of {reader} was ended: its limit for {beyond} was exceeded" for reader, pid, beyond in ended]
    for line in lines:
        LOG.warning(line)
    return lines


def set_limits(admin: psycopg.Connection) -> None:
    """Give the readers' roles the limits of reader_limits.sql, in one transaction."""
    with admin.transaction():
        admin.execute(LIMITS.read_bytes())
