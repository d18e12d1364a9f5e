"""Backup of an installation and its restoration in a new home: the database, the landing store, the secrets, the senders file."""

import hashlib
import json
import logging
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql
from upath import UPath

from labour_market.batches.landing import LandingStore
from labour_market.database import ROLES, access, admin_dsn, analysts, provision, readers, set_password
from labour_market.database.connections import warehouse_database
from labour_market.database.migrations import current_revision
from labour_market.errors import LabourMarketError, UsageError
from labour_market.ingestion.reconcile import reconcile
from labour_market.local_stack.postgres import server_program, start_server
from labour_market.logs import log_stage
from labour_market.settings import PROVINCE_TIME, Settings, load_settings, make_home_private, make_private_folder, secret

LOG = logging.getLogger(__name__)
MANIFEST = "manifest.json"
DUMPS = ("warehouse", "airflow")


def backup(folder: Path, settings: Settings | None = None) -> dict[str, Any]:
    """Write a backup into a new folder: all of it, or no folder.

    The database comes first. Files of the landing store are never changed, so each one that the database names is copied.

    Args:
        folder: A path where nothing is. The copy holds persons and keys: keep it as safe as the home.
        settings: Of the installation; default: of the environment.

    Returns:
        The manifest: when, the revision of the schema, the counts and digests that restore compares.

    Raises:
        UsageError: The folder exists.
    """
    settings = settings or load_settings()
    if folder.exists():
        raise UsageError(f"{folder} exists: a backup is written into a new folder")
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    make_private_folder(partial)
    with log_stage(LOG, "backup") as counts:
        databases = [warehouse_database(settings), *(["airflow"] if _exists(settings, "airflow") else [])]
        for name, database in zip(DUMPS, databases, strict=False):
            _run("pg_dump", settings, database, "--format=custom", f"--file={partial / name}.dump")
        shutil.copytree(settings.secrets_dir, partial / "secrets")
        if settings.senders_file.exists():
            shutil.copyfile(settings.senders_file, partial / "senders.yml")
        counts["files"] = _copy_landing(LandingStore(settings.landing_url).root, UPath(partial / "landing"))
        manifest = {
            "made_at": datetime.now(PROVINCE_TIME).isoformat(),
            "contents": _contents(settings),
            "files": {str(path.relative_to(partial)): _digest(path) for path in _files(partial)},
        }
        (partial / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for path in [partial, *partial.rglob("*")]:
            path.chmod(0o700 if path.is_dir() else 0o600)
        partial.rename(folder)
    return manifest


def restore(folder: Path, settings: Settings | None = None) -> dict[str, Any]:
    """Restore a backup into a new home and an empty database, before anything else is started there.

    Args:
        folder: The backup.
        settings: Of the new installation; default: of the environment.

    Returns:
        The manifest of the backup.

    Raises:
        UsageError: The backup is incomplete or damaged, or the home, the landing store or the database is not empty. Nothing was changed.
        LabourMarketError: What was restored is not what the manifest says.
    """
    settings = settings or load_settings()
    manifest = _read_manifest(folder)
    _refuse_used_home(settings)
    with log_stage(LOG, "restore", made_at=manifest["made_at"]):
        if settings.warehouse_dsn:
            _refuse_filled_database(settings)
        make_home_private(settings.home)
        shutil.copytree(folder / "secrets", settings.secrets_dir)
        if settings.own_senders and (folder / "senders.yml").exists():
            shutil.copyfile(folder / "senders.yml", settings.senders_file)
        if not settings.warehouse_dsn:
            start_server(settings.home)
        _copy_landing(UPath(folder / "landing"), LandingStore(settings.landing_url).root)
        for name, roles in (("warehouse", (*ROLES, *analysts.with_password(settings))), ("airflow", ("airflow",))):
            if (folder / f"{name}.dump").exists():
                _restore_database(settings, folder / f"{name}.dump", warehouse_database(settings) if name == "warehouse" else name, roles)
        make_home_private(settings.home)
        provision(settings)
        restored = _contents(settings)
        differing = sorted(name for name, value in manifest["contents"].items() if restored.get(name) != value)
        if differing and restored["revision"] == manifest["contents"]["revision"]:
            raise LabourMarketError(f"the restored installation differs from the backup in {', '.join(differing)}")
    return manifest


def _read_manifest(folder: Path) -> dict[str, Any]:
    if not (folder / MANIFEST).exists():
        raise UsageError(f"{folder} is no backup: it has no {MANIFEST}; one that was interrupted ends in .partial")
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    present = {str(path.relative_to(folder)): path for path in _files(folder) if path.name != MANIFEST}
    wrong = [name for name, digest in manifest["files"].items() if name not in present or _digest(present[name]) != digest]
    if wrong:
        raise UsageError(f"the backup is damaged: {len(wrong)} files are gone or have changed, the first: {wrong[0]}; use another backup")
    return manifest


def _refuse_used_home(settings: Settings) -> None:
    landing = LandingStore(settings.landing_url).root
    used = [str(path) for path in (settings.secrets_dir, settings.home / "postgres") if path.exists() and any(path.iterdir())]
    used += [str(landing)] if landing.exists() and any(landing.iterdir()) else []
    if used:
        raise UsageError(
            f"{used[0]} is not empty: a backup is restored into a new home, before `lmw up` or `lmw prepare`;"
            " set LMW_HOME (and LMW_LANDING) to a new folder"
        )


def _refuse_filled_database(settings: Settings) -> None:
    for database in (warehouse_database(settings), "airflow"):
        if not _exists(settings, database):
            continue
        with psycopg.connect(admin_dsn(settings), dbname=database) as admin:
            row = admin.execute(
                "select count(*) from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
                " where relkind in ('r', 'v', 'm', 'p') and nspname !~ '^pg_' and nspname <> 'information_schema'"
            ).fetchone()
        if row and row[0]:
            raise UsageError(
                f"the database {database} has {row[0]} tables and views already, and a restore would double their rows: drop it, or name"
                " another one in WAREHOUSE_DSN, and restore before `lmw up` or `lmw prepare`"
            )


def _exists(settings: Settings, database: str) -> bool:
    try:
        psycopg.connect(admin_dsn(settings), dbname=database).close()
    except psycopg.OperationalError as error:
        if f'database "{database}" does not exist' not in str(error):
            raise
        return False
    return True


def _restore_database(settings: Settings, dump: Path, database: str, roles: tuple[str, ...]) -> None:
    """Create the roles that own what is in a dump, and a database from it: all of it, or nothing in it."""
    with psycopg.connect(admin_dsn(settings), dbname="postgres", autocommit=True) as admin:
        for role in roles:
            if admin.execute("select from pg_roles where rolname = %s", [role]).fetchone() is None:
                admin.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
            set_password(admin, role, secret(settings, f"role_{role}"))
        if not _exists(settings, database):
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
        if database == "airflow":
            admin.execute("alter database airflow owner to airflow")
            admin.execute("revoke all on database airflow from public")
    _run("pg_restore", settings, database, "--exit-on-error", "--single-transaction", str(dump))
    if database != "airflow":
        with psycopg.connect(admin_dsn(settings), dbname=database) as admin:
            admin.execute(access.SCRIPT.read_bytes())  # the rights on the database are not in its dump
            readers.set_limits(admin)
            admin.execute("analyze")


def _contents(settings: Settings) -> dict[str, Any]:
    """What must be the same after a restoration: the revision, counts of the ledger, digests of core, vault and every figure."""
    with psycopg.connect(admin_dsn(settings), dbname=warehouse_database(settings)) as admin:
        admin.execute("set timezone to utc")  # times are compared as text
        tables = admin.execute(
            "select nspname, relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace where relkind = 'r'"
            " and nspname in ('ops', 'core', 'vault', 'quarantine', 'reference', 'indicators', 'vintages') order by 1, 2"
        ).fetchall()
        digests = {}
        for schema, name in tables:
            query = sql.SQL("select count(*), coalesce(sum(hashtextextended(record::text, 0)::numeric), 0)::text from {} as record")
            row = admin.execute(query.format(sql.Identifier(schema, name))).fetchone()
            assert row
            digests[f"{schema}.{name}"] = list(row)
        revision = current_revision(admin)
    result = reconcile(settings)
    return {"revision": revision, "records": result.records, "findings": len(result.findings), **digests}


def _copy_landing(source: UPath, target: UPath) -> int:
    """Copy every file of a landing store, but those that are being written; returns their number."""
    copied = 0
    if not source.exists():
        return 0
    for path in source.rglob("*"):
        parts = path.parts[len(source.parts) :]
        if path.is_file() and parts[0] != "partial":
            place = target.joinpath(*parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as read, place.open("wb") as written:
                shutil.copyfileobj(read, written)
            copied += 1
    for path in [target, *target.rglob("*")] if target.protocol in ("", "file", "local") and target.exists() else []:
        Path(path.path).chmod(0o700 if path.is_dir() else 0o600)
    return copied


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _run(program: str, settings: Settings, database: str, *arguments: str) -> None:
    parts = {name: str(value) for name, value in conninfo.conninfo_to_dict(admin_dsn(settings)).items()}
    password = parts.pop("password", None)
    login = conninfo.make_conninfo(**{**parts, "dbname": database})
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(
        [str(server_program(program)), f"--dbname={login}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        # the server may quote a row: only the kind of the error is shown
        first = next((line for line in done.stderr.splitlines() if "error" in line.lower()), "")[:200]
        raise LabourMarketError(f"{program} of {database} failed: {first}")
