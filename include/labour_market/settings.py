"""Settings of an installation, read from the environment. docs/operations.md lists all of them."""

import getpass
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from labour_market.errors import UsageError

PROJECT_ROOT = Path(__file__).resolve().parents[2]
INCLUDE = PROJECT_ROOT / "include"
CONTRACTS_DIR = INCLUDE / "contracts"
LAYOUTS_DIR = INCLUDE / "layouts"
CONFIG_DIR = INCLUDE / "config"
QUERIES_DIR = INCLUDE / "queries"
DBT_DIR = PROJECT_ROOT / "dbt_project"

PROVINCE_TIME = ZoneInfo("Asia/Ho_Chi_Minh")
OWNER_ONLY = 0o077  # the umask of every process of an installation: its files are 0600, its folders 0700


@dataclass(frozen=True)
class Settings:
    """The settings of one installation. Ports are on 127.0.0.1.

    Attributes:
        own_senders: Whether the senders are those of the simulator.
        sender_seconds: The time of one sender in a night, for all its feeds, lists and deliveries.
        alert_smtp: Where mails with alerts are sent, with a password; None: no mails.
        alert_webhook: Where alerts are posted; None: nowhere.
    """

    home: Path
    warehouse_dsn: str | None
    senders_file: Path
    own_senders: bool
    pg_port: int
    gateway_port: int
    airflow_port: int
    site_port: int
    landing_url: str
    sender_seconds: int
    alert_smtp: str | None = field(default=None, repr=False)
    alert_webhook: str | None = field(default=None, repr=False)

    @property
    def secrets_dir(self) -> Path:
        """The folder of the secrets."""
        return self.home / "secrets"

    @property
    def site_dir(self) -> Path:
        """The folder that the page's server serves."""
        return self.home / "site"


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        UsageError: A port or a number of seconds is wrong.
    """
    home = Path(os.environ.get("LMW_HOME") or PROJECT_ROOT / "var").expanduser().resolve()
    senders = os.environ.get("LMW_SENDERS")
    return Settings(
        home=home,
        warehouse_dsn=os.environ.get("WAREHOUSE_DSN") or None,
        senders_file=Path(senders).expanduser().resolve() if senders else home / "senders.yml",
        own_senders=not senders,
        pg_port=_port("LMW_PG_PORT", 55432),
        gateway_port=_port("LMW_GATEWAY_PORT", 8099),
        airflow_port=_port("LMW_AIRFLOW_PORT", 8080),
        site_port=_port("LMW_SITE_PORT", 8090),
        landing_url=os.environ.get("LMW_LANDING") or str(home / "landing"),
        sender_seconds=_seconds("LMW_SENDER_SECONDS", 1500),
        alert_smtp=os.environ.get("LMW_ALERT_SMTP") or None,
        alert_webhook=os.environ.get("LMW_ALERT_WEBHOOK") or None,
    )


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) not in range(1, 65536):
        raise UsageError(f"{name} must be a port between 1 and 65535, not {text!r}")
    return int(text)


def _seconds(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) not in range(1, 3001):
        raise UsageError(f"{name} must be a number of seconds between 1 and 3000, not {text!r}")
    return int(text)


def actor() -> str:
    """The name that is recorded with batches and decisions: LMW_ACTOR, else the login name."""
    return os.environ.get("LMW_ACTOR") or getpass.getuser()


def make_private_folder(folder: Path) -> None:
    """Create a folder of the installation that only its owner can read, with those that it is in, if there is none.

    Raises:
        UsageError: It cannot be created.
    """
    try:
        missing = [new for new in (folder, *folder.parents) if not new.exists()]
        for new in reversed(missing):  # with parents=True only the last one would be private
            new.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the folder {folder} cannot be created ({error.strerror}); LMW_HOME must be a folder that can be written"
        ) from None


def make_home_private(home: Path) -> None:
    """Create the home, or take the rights of others from one that they may enter, and from what is in it.

    PostgreSQL keeps its own folder private.
    """
    make_private_folder(home)
    if home.stat().st_mode & OWNER_ONLY:
        for folder, folders, names in os.walk(home, topdown=True):
            folders[:] = [name for name in folders if not (Path(folder) == home and name == "postgres")]
            for path in (Path(folder) / name for name in (*folders, *names)):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode & 0o777 & ~OWNER_ONLY)
        home.chmod(0o700)  # last: a walk that was interrupted begins again


def secret(settings: Settings, name: str) -> str:
    """Read a secret, a file of mode 0600 in the home. It is created with a random value at the first call.

    Raises:
        UsageError: The file is empty.
    """
    make_private_folder(settings.secrets_dir)
    path = settings.secrets_dir / name
    if not path.exists():
        partial = path.with_suffix(f".{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(secrets.token_urlsafe(32), encoding="ascii")
        try:
            os.link(partial, path)  # of two processes at the same time the first makes the file, and both read its secret
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    text = path.read_text(encoding="utf-8", errors="surrogateescape").strip()
    if not text:
        raise UsageError(f"the secret {path} is empty: restore it from a backup")
    return text
