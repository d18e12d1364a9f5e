"""Run dbt: one process a run, its results as rows, its failures as sentences."""

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql

from labour_market.database import dsn
from labour_market.database.locks import BUILD, session_lock
from labour_market.errors import LabourMarketError
from labour_market.settings import DBT_DIR, Settings


class BuildError(LabourMarketError):
    """A model or a test failed. The nodes downstream of it were skipped, and the outbox keeps its events for the next build."""


def run_dbt(arguments: list[str], settings: Settings, folder: str = "dbt") -> list[dict[str, Any]]:
    """Run dbt in a process of its own.

    Args:
        arguments: the command and its options.
        settings: of the installation.
        folder: below the home, for what dbt keeps of a parsed project; that holds for one set of variables, so each set has its own folder.

    Returns:
        The result of each node, as in dbt's run_results.json.

    Raises:
        BuildError: dbt could not start.
    """
    work = settings.home / folder
    work.mkdir(parents=True, exist_ok=True)
    target = work / "target"
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    parts = conninfo.conninfo_to_dict(dsn("transformer", settings))
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "dbt"), *arguments, "--project-dir", str(DBT_DIR), "--profiles-dir", str(DBT_DIR),
            "--target-path", str(target), "--log-path", str(work / "logs"), "--no-use-colors",
            "--log-level-file", "info", "--log-level", "warn",
        ],
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
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if not results.exists():
        raise BuildError(f"dbt {arguments[0]} did not run: {(done.stdout + done.stderr)[-2000:]}")
    return list(json.loads(results.read_text(encoding="utf-8"))["results"])


def failures(results: list[dict[str, Any]]) -> list[str]:
    """One sentence for each node that failed: its name and the first two lines of dbt's message."""
    sentences = []
    for result in results:
        if result["status"] in ("error", "fail", "runtime error"):
            message = (result.get("message") or result["status"]).strip().splitlines()
            sentences.append(f"{result['unique_id'].split('.')[2]}: {' '.join(line.strip() for line in message[:2])}")
    return sentences


def build_lock(connection: psycopg.Connection) -> AbstractContextManager[None]:
    """One build at a time; a second one waits, and then finds nothing left to build."""
    return session_lock(connection, BUILD)


def analyze(connection: psycopg.Connection, schema: str) -> None:
    """Give the planner statistics of tables that were just filled: an audit without them was seven times slower."""
    tables = connection.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema]).fetchall()
    for (table,) in tables:
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))
