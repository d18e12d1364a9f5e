"""Pseudonyms: the warehouse identifies a person by a keyed hash of their number, and never by the number.

There are so few citizen numbers that a plain hash is reversed in minutes: so it is HMAC-SHA-256, with a key that is kept outside
the database. A pseudonym begins with the id of its key, so that pseudonyms of two keys are never joined.

A record with name and day of birth also has a match key: the same HMAC over the folded name and the day. It is not an identity,
since two persons may share both: it finds persons who have one record with an old number, or without a number, and another one
with the new number (labour_market.persons).
"""

import hashlib
import hmac
import os
import stat
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache

import psycopg

from labour_market.contracts import Contract, Field
from labour_market.database.kept_settings import KEY_OF_PSEUDONYMS, keep_setting, read_setting
from labour_market.errors import LabourMarketError, UsageError
from labour_market.normalise.codes import tax_code_kind
from labour_market.normalise.records import Normalised
from labour_market.settings import OWNER_ONLY, Settings, make_private_folder, secret

SHORTEST_KEY = 32
KEY_FILE = "pseudonym_key"
NAME = "full_name"


@dataclass(frozen=True)
class PseudonymKey:
    """A secret that no repr shows, and its public id: 8 hex digits."""

    key_id: str
    mac: hmac.HMAC = field(repr=False, compare=False)


def make_key(secret: str) -> PseudonymKey:
    """A key from its text.

    Raises:
        UsageError: When it has fewer than 32 characters or 8 different ones.
    """
    if len(secret) < SHORTEST_KEY or len(set(secret)) < 8:
        raise UsageError(f"the pseudonym key is too weak: at least {SHORTEST_KEY} random characters are needed")
    raw = secret.encode(errors="surrogateescape")
    key_id = hashlib.sha256(b"labour-market pseudonym key id:" + raw).hexdigest()[:8]
    return PseudonymKey(key_id, hmac.new(raw, digestmod="sha256"))


def load_pseudonym_key(settings: Settings) -> PseudonymKey:
    """The installation's key: LMW_PSEUDONYM_KEY, else the file pseudonym_key among its secrets, made at random once.

    The id of the first key is kept among the secrets, wherever the key comes from: with another key every person would get another
    pseudonym.

    Raises:
        LabourMarketError: The key is another one than before, its file is missing although it was used before, or others may read it.
        UsageError: The key is weak or empty.
    """
    path, first = settings.secrets_dir / KEY_FILE, settings.secrets_dir / f"{KEY_FILE}.id"
    given = os.environ.get("LMW_PSEUDONYM_KEY")
    if given is not None:
        source, key = "LMW_PSEUDONYM_KEY", make_key(given.strip())
    elif first.exists() and not path.exists():
        raise LabourMarketError(f"the pseudonym key is gone: restore {path}, or set LMW_PSEUDONYM_KEY")
    else:
        source, key = str(path), make_key(secret(settings, KEY_FILE))
        if stat.S_IMODE(path.stat().st_mode) & OWNER_ONLY:
            raise LabourMarketError(f"others may read {path}; make it private: chmod 600")
    if not first.exists():
        make_private_folder(settings.secrets_dir)
        written = first.with_suffix(f".{os.getpid()}")
        written.touch(mode=0o600)
        written.write_text(key.key_id, encoding="ascii")
        try:
            os.link(written, first)  # of two first loads at the same time one makes the file, and the other compares its key
        except FileExistsError:
            pass
        finally:
            written.unlink()
    if first.read_text(encoding="ascii").strip() != key.key_id:
        raise LabourMarketError(f"the pseudonym key has changed: restore {source}, or remove {first} to begin anew with an empty database")
    return key


def require_key_of_database(connection: psycopg.Connection, key: PseudonymKey) -> None:
    """Check that the persons of this database have pseudonyms of this key. The id of the first key is kept with them.

    Args:
        connection: The loader's.
        key: The installation's key.

    Raises:
        LabourMarketError: They have those of another key.
    """
    kept = first = read_setting(connection, KEY_OF_PSEUDONYMS)
    if first is None:  # no load yet, or only of an older release
        row = connection.execute(
            "select split_part(person_key, ':', 1) from vault.person where person_key ~ '^[0-9a-f]{8}:' order by last_batch_id desc limit 1"
        ).fetchone()
        first = row[0] if row else key.key_id
    if first != key.key_id:
        raise LabourMarketError(
            f"the persons of this database have pseudonyms of the key {first}, and the key of this home is {key.key_id}:"
            f" restore {KEY_FILE} among the secrets, or set LMW_PSEUDONYM_KEY"
        )
    if kept is None:
        keep_setting(connection, KEY_OF_PSEUDONYMS, first)


def person_key(key: PseudonymKey, kind: str, normalised_id: str) -> str:
    """The pseudonym of a person: key id, ":", 32 hex digits of HMAC-SHA-256 over kind:id.

    Args:
        key: The key of the installation.
        kind: What the id is, such as a citizen number; ids of two kinds never have the same pseudonym.
        normalised_id: The id, normalised.
    """
    mac = key.mac.copy()
    mac.update(f"{kind}:{normalised_id}".encode())
    return f"{key.key_id}:{mac.hexdigest()[:32]}"


def folded_name(name: str) -> str:
    """A name as it is compared: only letters, without case, diacritics, spaces and signs; đ is d."""
    return "".join(map(_folded_word, name.split()))


@lru_cache(maxsize=10_000)  # people share the words of their names
def _folded_word(word: str) -> str:
    letters = unicodedata.normalize("NFKD", word.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if letter.isalnum())


def match_key(key: PseudonymKey, name: str, birth: date) -> str | None:
    """The pseudonym of a name and a day of birth; None for a name without letters, and for 1 January, which means an unknown day.

    Args:
        key: The key of the installation.
        name: The name as it was sent.
        birth: The day of birth.
    """
    folded = folded_name(name)
    if not folded or (birth.month, birth.day) == (1, 1):
        return None
    return person_key(key, "name_birth", f"{folded}:{birth.isoformat()}")


def person_columns(normalised: Normalised, contract: Contract, key: PseudonymKey, sender_code: str, period: str) -> Normalised:
    """Add the derived columns that a contract names, and replace direct identifiers that core keeps by pseudonyms.

    - person_key, person_method: from the citizen number (national_id, old_id); a record without one is keyed by sender, period
      and its own key (form) where a record of a period is one person by the contract, else it has none.
    - birth_precision: day, month or year.
    - match_key: from name and birth date, where the day is known.
    - tax_code_kind: enterprise, branch or personal. A personal tax code is a citizen number, and its pseudonym replaces it.
    - A pseudonym also replaces the name of a person other than the person of the record (an enumerator); it is the same for all
      records of a sender.

    Args:
        normalised: The typed columns of one batch.
        contract: Of its feed.
        key: The key of the pseudonyms.
        sender_code: The sender of the batch.
        period: Its period.

    Returns:
        The columns, with the derived ones.
    """
    derived = {f.name for f in contract.fields if f.derived}
    columns = dict(normalised.columns)
    if "person_key" in derived:
        columns["person_key"], columns["person_method"] = _persons(normalised, contract, key, f"{sender_code}:{period}")
    if "birth_precision" in derived:
        columns["birth_precision"] = _precisions(normalised, _only(contract, "date", pii="quasi"))
    if "match_key" in derived:
        births, days = columns[_only(contract, "date", pii="quasi").name], columns["birth_precision"]
        columns["match_key"] = [
            match_key(key, name, birth) if name and precision == "day" else None
            for name, birth, precision in zip(columns[NAME], births, days, strict=True)
        ]
    if "tax_code_kind" in derived:
        name = next(f.name for f in contract.sent_fields if f.kind == "tax_code")
        read = {code: _tax_code(key, code) for code in set(columns[name])}
        columns["tax_code_kind"] = [read[code][1] for code in columns[name]]
        columns[name] = [read[code][0] for code in columns[name]]
    for name in (f.name for f in contract.sent_fields if f.kind == "person_name"):
        pseudonyms = {text: text and person_key(key, "name", f"{sender_code}:{text}") for text in set(columns[name])}
        columns[name] = [pseudonyms[text] for text in columns[name]]
    return replace(normalised, columns=columns)


def _only(contract: Contract, type_: str, pii: str) -> Field:
    return next(f for f in contract.sent_fields if f.type == type_ and f.pii == pii)


def _persons(normalised: Normalised, contract: Contract, key: PseudonymKey, form_scope: str) -> tuple[list[str | None], list[str]]:
    numbers = normalised.columns[next(f.name for f in contract.sent_fields if f.kind == "national_id")]
    kinds = {None: "none", 12: "national_id", 9: "old_id"}  # by the length of the number
    methods = [kinds[number and len(number)] for number in numbers]
    pseudonyms = {number: number and person_key(key, kinds[len(number)], number) for number in set(numbers)}
    keys: list[str | None] = [pseudonyms[number] for number in numbers]
    if "period" in contract.key:  # one record is one person of the period
        own = [normalised.columns[name] for name in contract.key if name in normalised.columns]
        for row in [row for row, number in enumerate(numbers) if number is None]:
            form = [column[row] for column in own]
            if None not in form:
                keys[row], methods[row] = person_key(key, "form", ":".join([form_scope, *form])), "form"
    return keys, methods


def _precisions(normalised: Normalised, birth: Field) -> list[str | None]:
    precisions: list[str | None] = [None if value is None else "day" for value in normalised.columns[birth.name]]
    partial = {f"{birth.name}:year_only": "year", f"{birth.name}:month_only": "month"}
    for row, notes in enumerate(normalised.notes):
        for note in notes:
            if note in partial:
                precisions[row] = partial[note]
    return precisions


def _tax_code(key: PseudonymKey, code: str | None) -> tuple[str | None, str | None]:
    if code is None:
        return None, None
    kind = tax_code_kind(code)
    return (person_key(key, "national_id", code) if kind == "personal" else code), kind
