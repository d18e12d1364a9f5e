"""The reference lists: dbt seeds, loaded when a file of them has changed."""

import hashlib
from pathlib import Path

import psycopg
from psycopg import sql

from labour_market.database import connect
from labour_market.occupations.local import seed_local_trades
from labour_market.settings import DBT_DIR, Settings, load_settings
from labour_market.transform.dbt import BuildError, analyze, failures, run_dbt

SEED_HASH = "seed_hash"


def seed_reference(settings: Settings | None = None) -> bool:
    """Load and test the reference lists when a seed file has changed since they were loaded.

    The audit needs them before the first build.

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
        loaded = connection.execute("select value from ops.setting where name = %s", [SEED_HASH]).fetchone()
        if loaded and loaded[0] == digest:
            return False
        _add_columns(connection, [path for path in files if path.suffix == ".csv"])
        # cautious: only tests of the lists themselves, not those of models that are not deployed yet
        failed = failures(run_dbt(["build", "--select", "path:seeds", "--indirect-selection", "cautious"], settings))
        if failed:
            raise BuildError("the reference lists could not be loaded: " + "; ".join(failed))
        analyze(connection, "reference")
        connection.execute(
            "insert into ops.setting (name, value) values (%s, %s)"
            " on conflict (name) do update set value = excluded.value, set_at = clock_timestamp()",
            [SEED_HASH, digest],
        )
    return True


def _add_columns(connection: psycopg.Connection, seeds: list[Path]) -> None:
    """Add the columns that a seed file has gained to its table: dbt would drop the table, and with it the views on it."""
    for path in seeds:
        table = sql.Identifier("reference", path.stem)
        header = path.read_text(encoding="utf-8").split("\n", 1)[0].strip().split(",")
        for column in header:
            connection.execute(sql.SQL("alter table if exists {} add column if not exists {} text").format(table, sql.Identifier(column)))
