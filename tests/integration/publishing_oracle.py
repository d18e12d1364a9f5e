"""What a publication must leave in every table that it touches, in plain Python: no SQL, and nothing of the package."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

# the periods of the test, with their first day and the first day after them
PERIODS = {
    "2023-05": (date(2023, 5, 1), date(2023, 6, 1)),
    "2023-06": (date(2023, 6, 1), date(2023, 7, 1)),
    "2023-06-30": (date(2023, 6, 30), date(2023, 7, 1)),
    "2023-07-01": (date(2023, 7, 1), date(2023, 7, 2)),
}
SAME_NAMES = [{"Nguyễn Văn Đạt", "NGUYEN VAN  DAT"}]  # as people type one name


@dataclass(frozen=True)
class Person:
    """What a row says about a person."""

    number: str
    name: str
    birth: date
    phone: str | None


@dataclass(frozen=True)
class Row:
    """A row of a delivery. kept_out: the action of the rule that keeps it out of core, if one does."""

    key: str
    value: str
    person: Person | None
    contact: str | None
    kept_out: str | None


@dataclass
class Entry:
    """A delivery in the ledger."""

    batch_id: int
    sender: str
    period: str
    sequence: int
    content: tuple
    records: int
    state: str = "landed"
    was_published: bool = False
    superseded_by: int | None = None
    counts: tuple[int | None, ...] = (None, None, None, None)  # published, quarantined, duplicate, superseded
    moves: list[str] = field(default_factory=lambda: ["discovered", "landed"])


@dataclass
class Record:
    """A record of core; began and ended are numbers of publications, None where it is current."""

    entry: Entry
    row_no: int
    key: str | None
    value: str | None
    person: str | None
    began: int
    ended: int | None = None

    @property
    def rank(self) -> tuple[date, int]:
        """Which of two records of a key is the later one."""
        return PERIODS[self.entry.period][0], self.entry.sequence


class Oracle:
    """The tables of one feed, as they must be.

    Args:
        snapshot: A delivery has all records of its period; otherwise it has changes.
        vault: Whether the feed's persons are in the vault.
        contacts: Whether it has contacts of employers.
        erased: The numbers of erased persons.
    """

    def __init__(self, *, snapshot: bool, vault: bool, contacts: bool, erased: set[str]) -> None:
        self.snapshot, self.vault, self.contacts, self.erased = snapshot, vault, contacts, erased
        self.entries: list[Entry] = []
        self.core: list[Record] = []
        self.persons: dict[str, dict[str, Any]] = {}
        self.versions: list[tuple] = []
        self.employers: dict[tuple[str, str], tuple[str | None, int]] = {}
        self.quarantine: dict[tuple[int, int], list[str]] = {}  # action, status
        self.outbox: list[tuple[int, str, str]] = []
        self.findings: set[tuple[str, int, int]] = set()
        self.time = 0

    def publish(self, entry: Entry, rows: list[Row]) -> None:
        """A publication of a delivery that was audited, for the first time or again."""
        entry.moves += ["staged", "audited"]
        other = self._made_redundant_by(entry)
        if other:
            entry.state, entry.superseded_by = "superseded", other.batch_id
            entry.moves.append("superseded")
            if not entry.was_published:
                entry.counts = (*entry.counts[:3], entry.records)
            return
        self.time += 1
        self._quarantine(entry, rows)
        accepted = [(number, row) for number, row in enumerate(rows, 1) if row.kept_out is None]
        changed = self._write(entry, accepted)
        self.outbox += [(entry.batch_id, entry.sender, period) for period in sorted({entry.period, *changed})]
        if self.vault:
            self._fill_vault(entry, [row.person for _, row in accepted if row.person])
        if self.contacts:
            for _, row in reversed(accepted):  # the first row of an employer wins
                known = self.employers.get((entry.sender, row.key))
                if known is None or known[1] <= entry.batch_id:
                    self.employers[entry.sender, row.key] = (row.contact, entry.batch_id)
        in_core = [record for record in self.core if record.entry is entry and record.began == self.time]
        late = sum(record.ended == self.time for record in in_core)
        actions = [action for (batch, _), (action, status) in self.quarantine.items() if batch == entry.batch_id and status != "superseded"]
        entry.counts = (len(in_core) - late, actions.count("quarantine"), actions.count("normalise"), late)
        entry.state, entry.was_published, entry.superseded_by = "published", True, entry.superseded_by
        entry.moves.append("published")
        if self.snapshot:
            for older in self._partition(entry):
                if older is not entry and older.was_published and older.state != "superseded":
                    older.state, older.superseded_by = "superseded", entry.batch_id
                    older.moves.append("superseded")

    def _partition(self, entry: Entry) -> list[Entry]:
        return [other for other in self.entries if (other.sender, other.period) == (entry.sender, entry.period)]

    def _made_redundant_by(self, entry: Entry) -> Entry | None:
        """The delivery in force that an entry repeats, or that is newer than a snapshot."""
        partition = self._partition(entry)
        in_force = [other for other in partition if other.was_published and other.state != "superseded" and other is not entry]
        if not entry.was_published:
            earlier = [other for other in partition if other.batch_id < entry.batch_id]
            for other in in_force:
                if other.batch_id > entry.batch_id or other.content != entry.content:
                    continue
                # every sequence after that of the repeated one and before this one was the same again
                between = {e.sequence for e in earlier if other.sequence < e.sequence < entry.sequence and e.content == entry.content}
                complete = between == set(range(other.sequence + 1, entry.sequence))
                disturbed = any(
                    e.content != entry.content
                    and (e.sequence, e.batch_id) > (other.sequence, other.batch_id)
                    and e.sequence <= entry.sequence
                    for e in earlier
                )
                if complete and not disturbed:
                    return other
        newer = [other for other in in_force if other.sequence > entry.sequence]
        return max(newer, key=lambda other: other.sequence) if self.snapshot and newer else None

    def _quarantine(self, entry: Entry, rows: list[Row]) -> None:
        out = {(entry.batch_id, number): row.kept_out for number, row in enumerate(rows, 1) if row.kept_out}
        for place, (_, status) in list(self.quarantine.items()):
            if place[0] != entry.batch_id:
                continue
            if status == "open":
                del self.quarantine[place]
            elif place not in out:
                self.quarantine[place][1] = "superseded"
            elif status == "superseded":
                self.quarantine[place][1] = "open"
        for place, action in out.items():
            self.quarantine.setdefault(place, [action, "open"])

    def _write(self, entry: Entry, accepted: list[tuple[int, Row]]) -> set[str]:
        """Write the records; returns the other periods that lost one."""
        current = [record for record in self.core if record.ended is None and record.entry.sender == entry.sender]
        new = [Record(entry, number, row.key, row.value, row.person.number if row.person else None, self.time) for number, row in accepted]
        if self.snapshot:
            ended = [record for record in current if record.entry.period == entry.period]
        else:
            by_key = {record.key: record for record in new}
            replaced = [record for record in current if record.key in by_key and record.rank <= by_key[record.key].rank]
            ended = [*replaced, *(record for record in current if record.entry is entry and record not in replaced)]
        for record in ended:
            record.ended = self.time
        if not self.snapshot:
            remaining = {record.key for record in current if record.ended is None}
            for record in new:
                record.ended = self.time if record.key in remaining else None
        erased = [record for record in new if record.person in self.erased]
        for record in erased:
            record.key = record.value = record.person = None
            record.ended = self.time
        if erased:
            self.findings.add(("erased_person_delivered", entry.batch_id, len(erased)))
        self.core += new
        return set() if self.snapshot else {record.entry.period for record in ended}

    def _fill_vault(self, entry: Entry, reported: list[Person]) -> None:
        conflicts = 0
        first = {person.number: person for person in reversed(reported)}
        for number, person in first.items():
            if number in self.erased:
                continue
            new = {"name": person.name, "birth": person.birth, "phone": person.phone}
            known = self.persons.get(number)
            if known is None:
                self.persons[number] = {**new, "sender": entry.sender, "first": entry.batch_id, "last": entry.batch_id}
                continue
            before = {name: known[name] for name in new}
            if known["sender"] != entry.sender:
                if {**new, "phone": person.phone or known["phone"]} == before:
                    continue
                refused = (number, entry.sender, *new.values(), True)
                if not any((v[0], v[1], *v[3:6]) == refused[:5] for v in self.versions):
                    self.versions.append((number, entry.sender, entry.batch_id, *new.values(), True))
                same = person.name == known["name"] or any({person.name, known["name"]} <= names for names in SAME_NAMES)
                conflicts += not same or person.birth.year != known["birth"].year
            elif known["last"] <= entry.batch_id:
                merged = {**new, "phone": person.phone or known["phone"]}
                if known["last"] < entry.batch_id and merged != before:
                    self.versions.append((number, entry.sender, known["last"], *before.values(), False))
                known.update(merged, last=entry.batch_id)
        if conflicts:
            self.findings.add(("identity_conflict", entry.batch_id, conflicts))

    def valid(self, record: Record) -> tuple[date, date | None]:
        """From which day a record is valid, and to which; None: until another one replaces it."""
        first, end = PERIODS[record.entry.period]
        return first, end if self.snapshot else None


def ranks(moments: set) -> dict:
    """The place of each moment among all of them, so that numbers of publications can be compared with times."""
    return {moment: place for place, moment in enumerate(sorted(moments))}
