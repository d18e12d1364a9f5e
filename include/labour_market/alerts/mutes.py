"""Mutes: causes of alerts that a person wants no messages about until a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import psycopg

from labour_market.alerts.causes import KINDS
from labour_market.database import connect, read_sql
from labour_market.errors import UsageError
from labour_market.settings import PROVINCE_TIME, Settings


@dataclass(frozen=True)
class Mute:
    """A mute in force.

    Attributes:
        cause: The key of a cause, or the words with which the keys of several begin: "missing 803".
        until: Its last day.
        because: Why.
        muted_by: The person who muted it.
    """

    cause: str
    until: date
    because: str
    muted_by: str

    def covers(self, key: str) -> bool:
        """Whether a cause is muted."""
        return f"{key} ".startswith(f"{self.cause} ")

    @property
    def sentence(self) -> str:
        """A line of the digest."""
        return f"Đang tắt | muted: {self.cause}, đến hết | until {self.until:%Y-%m-%d}, {self.muted_by}: {self.because}"


def mute(cause: str, *, until: date, because: str, by: str, settings: Settings | None = None) -> None:
    """Mute a cause, or all causes whose keys begin with these words; the last mute of the same words counts.

    Args:
        cause: The key, as an alert prints it, or its first words.
        until: The last day without messages; a day that is over ends an earlier mute.
        because: Why; the digest has it.
        by: The person who decides.
        settings: Of the installation; default: of the environment.

    Raises:
        UsageError: No cause begins so, or there is no reason or no name.
    """
    words = " ".join(cause.split())
    if words.split(" ")[0] not in KINDS:
        raise UsageError(f"a cause begins with one of {', '.join(KINDS)}; each alert has its cause")
    if not because.strip() or not by.strip():
        raise UsageError("a mute needs a reason and the name of a person; the digest has both")
    with connect("loader", settings) as connection:
        connection.execute(
            "insert into ops.alert_mute (cause, until, because, muted_by) values (%s, %s, %s, %s)",
            [words, until, because.strip(), by.strip()],
        )


def mutes_in_force(connection: psycopg.Connection) -> list[Mute]:
    """The mutes whose last day is not over in the province."""
    rows = connection.execute(read_sql(__package__, "mutes_in_force"), {"zone": PROVINCE_TIME.key}).fetchall()
    return [Mute(*row) for row in rows]


def is_muted(key: str, mutes: Iterable[Mute]) -> bool:
    """Whether one of the mutes covers a cause."""
    return any(mute.covers(key) for mute in mutes)
