"""Whether a landed file names a person; made in the process that reads deliveries, since the file is a stranger's."""

import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import IO

from labour_market.batches.delivery_errors import InvalidDeliveryError
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Batch
from labour_market.contracts import Contract
from labour_market.ingestion.pseudonyms import PseudonymKey
from labour_market.ingestion.staging import read_batch
from labour_market.reading.deliveries import BYTE_ORDER_MARKS

PART = 2**20
OVERLAP = 1_000  # of two parts of a file, so that no name is cut
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


class Named(StrEnum):
    """What is known of a file: it names the person; it does not; or only a person who looks into it can say."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class PersonSearch:
    """A person to look for, by pseudonyms; in a file that cannot be read, by citizen numbers and names."""

    keys: frozenset[str]
    numbers: frozenset[str]
    names: frozenset[str]


def search_file(contract: Contract, batch: Batch, store: LandingStore, key: PseudonymKey, person: PersonSearch) -> Named:
    """Look for a person in the landed file of a batch.

    A name alone is no proof: another person may have it. Nor is it one that nothing is found in a file that hides its text.

    Args:
        contract: Of the batch's feed.
        batch: A batch whose file is in the store.
        store: The landing store.
        key: The key of the pseudonyms.
        person: The person.
    """
    try:
        normalised, _ = read_batch(contract, batch, store, key)
        return Named.NO if person.keys.isdisjoint(normalised.columns["person_key"]) else Named.YES
    except InvalidDeliveryError:
        return _search_bytes(store.path_of(str(batch.sha256)).read_bytes(), person)


def _search_bytes(data: bytes, person: PersonSearch) -> Named:
    number, name = _pattern(map(_spellings_of_number, person.numbers)), _pattern(map(_spellings_of_name, person.names))
    has_name = False
    try:
        for part in _parts(data):
            if number and number.search(part):
                return Named.YES
            has_name = has_name or bool(name and name.search(part))
    # damaged, with a password (RuntimeError), or of an unknown kind of compression, for which zipfile raises NotImplementedError
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, RuntimeError, NotImplementedError):
        return Named.UNCLEAR
    is_searched = bool(number or name) and not _hides_text(data)
    return Named.UNCLEAR if has_name or not is_searched else Named.NO


def _parts(data: bytes) -> Iterator[bytes]:
    yield from _overlapping(BytesIO(data))
    if data.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(data)) as archive:
            for entry in archive.infolist():
                with archive.open(entry) as part:
                    yield from _overlapping(part)


def _overlapping(file: IO[bytes]) -> Iterator[bytes]:
    before = b""
    while read := file.read(PART):
        yield before + read
        before = (before + read)[-OVERLAP:]


def _hides_text(data: bytes) -> bool:
    """Whether a file is no text and no archive: an old workbook, one with a password, a PDF."""
    if data.startswith(b"PK") or any(data.startswith(mark) for mark in BYTE_ORDER_MARKS):
        return False
    return data.startswith(b"%PDF") or b"\0" in data


def _pattern(spellings: Iterator[Iterator[bytes]]) -> re.Pattern[bytes] | None:
    found = sorted({spelling for of_one in spellings for spelling in of_one})
    return re.compile(b"|".join(found), re.IGNORECASE) if found else None


def _spellings_of_number(number: str) -> Iterator[bytes]:
    """Digits with or without separators, and without leading zeros, in each encoding."""
    digits = number.lstrip("0")
    for encoding in ENCODINGS:
        between = b"(?:" + b"|".join(re.escape(sign.encode(encoding)) for sign in " .-") + b")?"
        yield between.join(re.escape(digit.encode(encoding)) for digit in digits)


def _spellings_of_name(name: str) -> Iterator[bytes]:
    for form in ("NFC", "NFD"):
        for written in {name, name.upper(), name.lower(), name.title()}:
            composed = unicodedata.normalize(form, written)
            yield re.escape(json.dumps(composed)[1:-1].encode())  # with escapes, as JSON may have it
            for encoding in ENCODINGS:
                yield re.escape(composed.encode(encoding))
