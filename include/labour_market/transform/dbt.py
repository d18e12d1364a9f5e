"""Run dbt: one process a run, its results as rows, its failures as sentences."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql
from psycopg.pq import TransactionStatus

from labour_market.database import dsn
from labour_market.database.locks import BUILD, session_lock
from labour_market.errors import LabourMarketError
from labour_market.settings import DBT_DIR, Settings

PROCESS = Path(__file__).with_name("dbt_process.py")  # run by its path: importing our package would take longer than it saves


class BuildError(LabourMarketError):
    """A model or a test failed. The nodes downstream of it were skipped, and the outbox keeps its events for the next build."""


class DbtProcess:
    """A process that loads dbt from the moment it is made, and runs one command; as a context manager it ends with its block.

    folder: below the home, for what dbt keeps of a parsed project. That holds for one set of variables, so each set has its own folder.
    """

    def __init__(self, settings: Settings, folder: str = "dbt") -> None:
        self.work = settings.home / folder
        self.work.mkdir(parents=True, exist_ok=True)
        self.results = self.work / "results.json"
        self.results.unlink(missing_ok=True)
        parts = conninfo.conninfo_to_dict(dsn("transformer", settings))
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(PROCESS), str(self.results)],
            env={
                **os.environ,
                "LMW_DBT_HOST": str(parts["host"]),
                "LMW_DBT_PORT": str(parts.get("port", 5432)),
                "LMW_DBT_USER": str(parts["user"]),
                "DBT_ENV_SECRET_PASSWORD": str(parts["password"]),
                "LMW_DBT_DBNAME": str(parts["dbname"]),
                "DBT_ENGINE_HINTS_ENABLED": "false",
                "PGOPTIONS": "-c lock_timeout=30s",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, arguments: list[str]) -> list[dict[str, Any]]:
        """Run dbt with a command and its options; returns the result of each node. Raises BuildError when dbt could not start."""
        places = [
            "--project-dir",
            DBT_DIR,
            "--profiles-dir",
            DBT_DIR,
            "--target-path",
            self.work / "target",
            "--log-path",
            self.work / "logs",
        ]
        quiet = ["--no-use-colors", "--log-level-file", "none", "--log-level", "warn"]
        output, _ = self.process.communicate(json.dumps([*arguments, *map(str, places), *quiet]) + "\n")
        if not self.results.exists():
            raise BuildError(f"dbt {arguments[0]} did not run: {output[-2000:]}")
        return list(json.loads(self.results.read_text(encoding="utf-8")))

    def __enter__(self) -> "DbtProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def run_dbt(arguments: list[str], settings: Settings, folder: str = "dbt") -> list[dict[str, Any]]:
    """Run dbt in a process of its own; see DbtProcess."""
    with DbtProcess(settings, folder) as dbt:
        return dbt.run(arguments)


def failures(results: list[dict[str, Any]]) -> list[str]:
    """One sentence for each node that failed: its name and the first two lines of dbt's message."""
    sentences = []
    for result in results:
        if result["status"] in ("error", "fail", "runtime error"):
            message = (result.get("message") or result["status"]).strip().splitlines()
            sentences.append(f"{result['unique_id'].split('.')[2]}: {' '.join(line.strip() for line in message[:2])}")
    return sentences


@contextmanager
def build_lock(connection: psycopg.Connection) -> Iterator[None]:
    """One build at a time; a second one waits as long as the first takes, and then finds nothing left to build."""
    with ExitStack() as stack:
        connection.execute("set lock_timeout = 0")  # the limit of the role is for tables
        try:
            stack.enter_context(session_lock(connection, BUILD))
        finally:
            if connection.info.transaction_status == TransactionStatus.IDLE:
                connection.execute("reset lock_timeout")
        yield


def analyze(connection: psycopg.Connection, schema: str) -> None:
    """Give the planner statistics of tables that were just filled: an audit without them was seven times slower."""
    tables = connection.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema]).fetchall()
    for (table,) in tables:
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))
