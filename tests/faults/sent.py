"""What a test sends, and what readers must see of it: an oracle that reads no ledger and knows no statement of the warehouse."""

import json
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from labour_market.contracts import load_contract

from tests.gate.gate_cases import ELSEWHERE, HERE, clean_rows

SENDERS = ("803", "804")
THIRD_SENDER = "805"  # of faults that need three batches in a load
COMMUNES = {"803": HERE, "804": ELSEWHERE, THIRD_SENDER: "28075"}
FEEDS = ("labour_survey", "fair_sessions", "job_orders")  # two of snapshots, one with persons; one of changes
PERIODS = {
    "labour_survey": ("2021", "2022"),
    "fair_sessions": ("2023-05", "2023-06"),
    "job_orders": ("2023-06-13", "2023-06-14", "2023-06-15"),
}
# the key and one value of a record, in core and in the fact that is made from it
READ_AS = {
    "labour_survey": ("form_no", "education_level", "fct_labour_supply"),
    "fair_sessions": ("session_no", "attendees_declared", "fct_fair_session"),
    "job_orders": ("order_no", "openings", "fct_job_order"),
}
LEVELS = ("none", "primary", "lower_secondary", "upper_secondary")
POOL = 24  # keys of a sender
FIRST_SENT = datetime.fromisoformat("2023-07-01T08:00:00+07:00")
OPENINGS_LIMIT = 5000

Key = str
Partition = tuple[str, ...]  # feed, sender and, of snapshots, the period
Content = frozenset[tuple[Key, str]]
NOTHING: Content = frozenset()


@dataclass(frozen=True)
class Row:
    """A record: its number in the sender's list, a version that makes its value, and whether a rule must put it aside."""

    number: int
    version: int
    bad: bool = False


@dataclass(frozen=True)
class Sent:
    """A delivery as the test sent it. wrong_count: it announces another number of records than it has."""

    number: int
    feed: str
    sender: str
    period: str
    sequence: int
    rows: tuple[Row, ...]
    delivery_id: str = ""
    wrong_count: bool = False

    @property
    def partition(self) -> Partition:
        return (self.feed, self.sender) if self.feed == "job_orders" else (self.feed, self.sender, self.period)

    @property
    def created_at(self) -> str:
        return (FIRST_SENT + timedelta(minutes=self.number)).isoformat()

    @property
    def is_blocked(self) -> bool:
        """Whether so many of its rows are bad that a rule stops it as a whole."""
        return sum(row.bad for row in self.rows) > len(self.rows) / 2

    def key(self, row: Row) -> Key:
        letter = {"labour_survey": "F", "fair_sessions": f"S{self.period}-", "job_orders": "VL"}[self.feed]
        return f"{letter}{row.number:05d}"

    def value(self, row: Row) -> str:
        """The value that readers see, if they see the row."""
        if self.feed == "labour_survey":
            return LEVELS[(row.version + row.number) % 4]
        return str(row.number + 30 * row.version + (OPENINGS_LIMIT if row.bad else 0))

    def records(self) -> list[dict[str, Any]]:
        """The records as JSON; national ids are those of person_number."""
        sent = {field.name for field in load_contract(self.feed).sent_fields}
        found = []
        for clean, row in zip(clean_rows(self.feed, len(self.rows)), self.rows, strict=True):
            record = {**clean, **getattr(self, f"_{self.feed}")(row)}
            found.append({name: record[name] for name in record if name in sent})
        return list(json.loads(json.dumps(found, default=str)))

    def _labour_survey(self, row: Row) -> dict[str, Any]:
        return {
            "form_no": self.key(row), "national_id": person_number(row.number), "education_level": self.value(row),
            "birth_date": date(2015 if row.bad else 1990, 5, 17), "surveyed_on": date(int(self.period), 10, 15),
            "commune_code": COMMUNES[self.sender], "phone": f"09010001{row.version:02d}",
            "full_name": f"Nguyễn Thị {('Lan', 'Hồng', 'Mai', 'Cúc')[row.number % 4]} {('Anh', 'Chi', 'Dung')[row.number % 3]}",
        }  # fmt: skip

    def _fair_sessions(self, row: Row) -> dict[str, Any]:
        return {
            "session_no": self.key(row), "held_on": f"{self.period}-05", "attendees_declared": -1 if row.bad else self.value(row),
            "commune_code": COMMUNES[self.sender],
        }  # fmt: skip

    def _job_orders(self, row: Row) -> dict[str, Any]:
        return {"order_no": self.key(row), "openings": self.value(row), "openings_female": 1}


def person_number(number: int) -> str:
    """The citizen number of the person of a row: the same in every sender's list."""
    return f"080190{number:06d}"


@dataclass
class Truth:
    """What readers must see, by version and not by arrival.

    Attributes:
        applied: the deliveries that had effect, in the order in which they had it.
        history: of each partition, everything that was current one after the other, beginning with nothing.
        loosened: whether the limit of openings was raised, so that no row of job_orders that is loaded from then on is bad.
        readmitted: the deliveries (numbers) that were loaded since.
        erased: the persons (numbers of rows of the survey) who were erased.
    """

    applied: list[Sent] = field(default_factory=list)
    history: dict[Partition, list[Content]] = field(default_factory=dict)
    loosened: bool = False
    readmitted: set[int] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)

    def current(self, partition: Partition) -> Content:
        return self.history.get(partition, [NOTHING])[-1]

    def partitions(self) -> list[Partition]:
        return list(self.history)

    def good(self, sent: Sent) -> list[Row]:
        """The rows that no rule puts aside; an erased person is none of them."""
        rows = [row for row in sent.rows if not row.bad or sent.number in self.readmitted]
        return [row for row in rows if sent.feed != "labour_survey" or row.number not in self.erased]

    def has_effect(self, sent: Sent) -> bool:
        """Whether it is accepted: readable as announced, and not stopped as a whole."""
        return not sent.wrong_count and not (sent.is_blocked and not (self.loosened and sent.feed == "job_orders"))

    def path(self, pending: Iterable[Sent]) -> "Truth":
        """The truth after some more deliveries, in the order in which they were sent."""
        after = deepcopy(self)
        for sent in pending:
            if self.loosened and sent.feed == "job_orders":
                after.readmitted.add(sent.number)
            after.history.setdefault(sent.partition, [NOTHING])
            if after.has_effect(sent) and after._is_latest(sent):
                after.applied.append(sent)
                after._show(sent.partition)
        return after

    def _is_latest(self, sent: Sent) -> bool:
        """Of snapshots, an older one than the current one never had effect; of changes each record counts for itself."""
        if sent.feed == "job_orders":
            return True
        return all(other.sequence <= sent.sequence for other in self.applied if other.partition == sent.partition)

    def _show(self, partition: Partition) -> None:
        found = self._content(partition)
        if found != self.history[partition][-1]:
            self.history[partition].append(found)

    def _content(self, partition: Partition) -> Content:
        applied = [sent for sent in self.applied if sent.partition == partition]
        if partition[0] != "job_orders":
            return frozenset((applied[-1].key(row), applied[-1].value(row)) for row in self.good(applied[-1])) if applied else NOTHING
        latest: dict[Key, str] = {}
        for sent in sorted(applied, key=lambda sent: (sent.period, sent.sequence)):
            latest |= {sent.key(row): sent.value(row) for row in self.good(sent)}
        return frozenset(latest.items())

    def loosen(self, blocked: Iterable[Sent]) -> None:
        """Raise the limit of openings, and replay: what was published, in its order, then what was blocked, in the order of sending."""
        self.loosened = True
        blocked = list(blocked)
        published = [sent for sent in self.applied if sent.feed == "job_orders"]
        for sent in (*published, *blocked):
            self.readmitted.add(sent.number)
            self.applied += [sent] if sent in blocked else []
            self._show(sent.partition)

    def erase(self, number: int) -> None:
        """Erase a person."""
        self.erased.add(number)
        for name in self.history:
            if name[0] == "labour_survey":
                self._show(name)

    def restart_history(self) -> None:
        """The history of a core that was lost and replayed: by the rules of now."""
        applied, names = self.applied, list(self.history)
        self.applied, self.history = [], {name: [NOTHING] for name in names}
        for sent in applied:
            self.applied.append(sent)
            self._show(sent.partition)

    def kept_out(self, sent: Sent) -> set[int]:
        """The places of the rows that a rule puts aside. The others are in core; that of an erased person is an empty record."""
        return {place for place, row in enumerate(sent.rows, 1) if row.bad and sent.number not in self.readmitted}
