"""Run dbt: one process a run, its results as rows, its failures as sentences."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql

from labour_market.database import dsn
from labour_market.database.locks import BUILD, session_lock
from labour_market.errors import LabourMarketError
from labour_market.settings import DBT_DIR, OWNER_ONLY, Settings, make_private_folder

PARSED = "partial_parse.msgpack"  # the parsed project, in the target folder of a run
ABANDONED_SECONDS = 86_400
NETWORK = ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
SILENT_SECONDS = 7200.0  # while dbt runs, a build sends nothing to its session; a task of Airflow has no more time either
# run by its path: importing our package would take longer than it saves
COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("dbt_process.py")))


class BuildError(LabourMarketError):
    """A model or a test failed. The nodes downstream of it were skipped, and the outbox keeps its events for the next build."""


class DbtProcess:
    """A process that loads dbt from the moment it is made, and runs one command; as a context manager it ends with its block.

    Its files are in a folder of its own. What dbt keeps of the parsed project is taken from the last run, and left for the next one,
    as long as no file of the project changes: dbt's parser of changed files alone keeps parts of the old ones.

    folder: below the home, for what is kept of a parsed project. That holds for one set of variables, so each set has its own folder.
    """

    def __init__(self, settings: Settings, folder: str = "dbt") -> None:
        self.kept = settings.home / folder / "target"
        make_private_folder(self.kept)
        _remove_abandoned(self.kept.parent)
        self.work = Path(tempfile.mkdtemp(prefix="run-", dir=self.kept.parent))
        self.results = self.work / "results.json"
        parts = conninfo.conninfo_to_dict(dsn("transformer", settings))
        service = self.work / "service.conf"  # parameters of the connection that a profile of dbt cannot name
        network = [f"{name}={value}" for name, value in parts.items() if name in NETWORK]
        service.write_text("\n".join(["[warehouse]", *network, ""]), encoding="utf-8")
        self.process = subprocess.Popen(
            [*COMMAND, str(self.results)],
            env={
                **os.environ,
                "LMW_DBT_HOST": str(parts["host"]),
                "LMW_DBT_PORT": str(parts.get("port", 5432)),
                "LMW_DBT_USER": str(parts["user"]),
                "DBT_ENV_SECRET_PASSWORD": str(parts["password"]),
                "LMW_DBT_DBNAME": str(parts["dbname"]),
                "DBT_ENGINE_HINTS_ENABLED": "false",
                # a statement of a dbt that was killed ends as well: the server looks whether its client is still there
                "PGOPTIONS": f"{parts.get('options', '')} -c lock_timeout=30s -c client_connection_check_interval=2s".strip(),
                "PGSERVICEFILE": str(service),
                "PGSERVICE": "warehouse",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            umask=OWNER_ONLY,
        )
        (self.work / "target").mkdir()
        self.parsed = self.kept / f"{_files_digest()}.msgpack"
        with suppress(FileNotFoundError):
            shutil.copyfile(self.parsed, self.work / "target" / PARSED)

    def run(self, arguments: list[str], *, in_one_transaction: bool = False) -> list[dict[str, Any]]:
        """Run dbt with a command and its options.

        Args:
            arguments: The command and its options.
            in_one_transaction: Write all tables in one transaction, which is undone when a node fails.

        Returns:
            The result of each node.

        Raises:
            BuildError: Dbt could not start, or could not commit.
        """
        target = self.work / "target"
        places = ["--project-dir", DBT_DIR, "--profiles-dir", DBT_DIR, "--target-path", target, "--log-path", self.work / "logs"]
        quiet = ["--no-use-colors", "--log-level-file", "none", "--log-level", "warn"]
        assert self.process.stdin and self.process.stdout
        with suppress(BrokenPipeError):  # it ended abnormally; its output says why
            command = {"arguments": [*arguments, *map(str, places), *quiet], "in_one_transaction": in_one_transaction}
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        output = self.process.stdout.read()  # until it ends; its input stays open as long as this process lives
        self.process.wait()
        if not self.results.exists():
            raise BuildError(f"dbt {arguments[0]} did not run: {output[-2000:]}")
        for older in self.kept.glob("*.msgpack"):
            if older != self.parsed:
                older.unlink(missing_ok=True)
        for name, kept in ((PARSED, self.parsed), ("manifest.json", self.kept / "manifest.json")):
            with suppress(FileNotFoundError):
                (target / name).replace(kept)
        return list(json.loads(self.results.read_text(encoding="utf-8")))

    def __enter__(self) -> "DbtProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        with suppress(BrokenPipeError):  # from closing the input of a process that ended before it read it
            self.process.communicate()
        shutil.rmtree(self.work, ignore_errors=True)


def _files_digest() -> str:
    """A digest of every file of the project."""
    digest = hashlib.sha256()
    for path in sorted(DBT_DIR.rglob("*.*")):
        if path.is_file():
            digest.update(b"%s\0%s\0" % (str(path.relative_to(DBT_DIR)).encode(), hashlib.sha256(path.read_bytes()).digest()))
    return digest.hexdigest()


def _remove_abandoned(folder: Path) -> None:
    """Remove the folders of runs that were killed long ago."""
    for path in folder.glob("run-*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                shutil.rmtree(path, ignore_errors=True)


def run_dbt(arguments: list[str], settings: Settings, folder: str = "dbt") -> list[dict[str, Any]]:
    """Run dbt in a process of its own; see DbtProcess.

    Args:
        arguments: The command and its options.
        settings: Of the installation.
        folder: Where the parsed project is kept, below the home: one for each set of variables.
    """
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
    with session_lock(connection, BUILD, SILENT_SECONDS):
        yield


def analyze(connection: psycopg.Connection, schema: str) -> None:
    """Give the planner statistics of tables that were just filled: an audit without them was seven times slower."""
    tables = connection.execute("select tablename from pg_tables where schemaname = %s order by 1", [schema]).fetchall()
    for (table,) in tables:
        connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table)))
