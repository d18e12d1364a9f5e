"""The reference lists: dbt seeds, loaded when a file of them has changed."""

import hashlib
import logging
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from labour_market.batches.outbox import rebuild_every_partition
from labour_market.database import connect
from labour_market.database.kept_settings import SEED_HASH, keep_setting, read_setting
from labour_market.database.lock_timeout import LOCK_TIMEOUT, retry_on_lock_timeout
from labour_market.logs import log_stage
from labour_market.occupations.local import seed_local_trades
from labour_market.settings import DBT_DIR, Settings, load_settings
from labour_market.transform.dbt import BuildError, analyze, failures, run_dbt
from labour_market.transform.relations import columns_of, identifier

LOG = logging.getLogger(__name__)


def seed_reference(settings: Settings | None = None) -> bool:
    """Load and test the reference lists when a seed file has changed since they were loaded.

    The audit needs them before the first build. Facts hold what the lists say, so the next build writes every partition again.

    Returns:
        Whether they were loaded.

    Raises:
        BuildError: a list or a test of it failed; the message names it.
    """
    settings = settings or load_settings()
    seed_local_trades(settings)
    files = sorted([*(DBT_DIR / "seeds").rglob("*.csv"), *(DBT_DIR / "seeds").rglob("*.yml")])
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    with connect("transformer", settings, autocommit=True) as connection:
        if read_setting(connection, SEED_HASH) == digest:
            return False
        with log_stage(LOG, "seed", files=len(files)):
            _add_columns(connection, [path for path in files if path.suffix == ".csv"])
            # cautious: only tests of the lists themselves, not those of models that are not deployed yet
            failed = failures(run_dbt(["build", "--select", "path:seeds", "--indirect-selection", "cautious"], settings))
            if failed:
                raise BuildError("the reference lists could not be loaded: " + "; ".join(failed))
            analyze(connection, "reference")
            with connection.transaction():
                rebuild_every_partition(connection)
                keep_setting(connection, SEED_HASH, digest)
    return True


def _add_columns(connection: psycopg.Connection, seeds: list[Path]) -> None:
    """Add the columns that a seed file has gained to its table: dbt would drop the table, and with it the views on it."""
    present = columns_of(connection, ["reference"])
    for path in seeds:
        relation = f"reference.{path.stem}"
        names = [name for name, _ in present.get(relation, [])]
        header = path.read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
        added = [sql.SQL("add column {} text").format(sql.Identifier(column)) for column in header if column not in names]
        if names and added:
            statement = sql.SQL("alter table {} {}").format(identifier(relation), sql.SQL(", ").join(added))
            retry_on_lock_timeout(connection, partial(_alter, connection, statement))


def _alter(connection: psycopg.Connection, statement: sql.Composed) -> None:
    with connection.transaction():
        connection.execute("select set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
        connection.execute(statement)
