"""Settings of an installation, read from the environment. docs/operations.md lists all of them."""

import getpass
import os
import secrets
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Settings:
    """The settings of one installation. own_senders: whether the senders are those of the simulator. Ports are on 127.0.0.1."""

    home: Path
    warehouse_dsn: str | None
    senders_file: Path
    own_senders: bool
    pg_port: int
    gateway_port: int
    airflow_port: int
    site_port: int
    landing_url: str

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
        UsageError: When a port is not a number.
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
    )


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) not in range(1, 65536):
        raise UsageError(f"{name} must be a port between 1 and 65535, not {text!r}")
    return int(text)


def actor() -> str:
    """The name that is recorded with batches and decisions: LMW_ACTOR, else the login name."""
    return os.environ.get("LMW_ACTOR") or getpass.getuser()


def make_private_folder(folder: Path) -> None:
    """Create a folder of the installation that only its owner can read, if there is none.

    Raises:
        UsageError: It cannot be created.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"the folder {folder} cannot be created ({error.strerror}); LMW_HOME must be a folder that can be written"
        ) from None


def secret(settings: Settings, name: str) -> str:
    """Read a secret, a file of mode 0600 in the home. It is created with a random value at the first call."""
    make_private_folder(settings.secrets_dir)
    path = settings.secrets_dir / name
    if not path.exists():
        partial = path.with_suffix(f".{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(secrets.token_urlsafe(32), encoding="ascii")
        try:
            os.link(partial, path)  # of two processes at the same time the first wins, and both read its secret
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    return path.read_text(encoding="ascii").strip()
