"""Whether a file that cannot be read names a person: by citizen number for certain, by name perhaps."""

import hashlib
import io
import json
import unicodedata
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Batch
from labour_market.contracts import load_contract
from labour_market.ingestion.person_search import PART, Named, PersonSearch, search_file
from labour_market.ingestion.pseudonyms import load_pseudonym_key
from labour_market.settings import load_settings

NUMBER, NAME = "080190000007", "Nguyễn Thị Hồng Lan"
PERSON = PersonSearch(frozenset({"k"}), frozenset({NUMBER}), frozenset({NAME}))


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    """Searches bytes that were landed as a text file of the survey, and are none."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LMW_HOME", str(home))
        store, key = LandingStore(str(home / "landing")), load_pseudonym_key(load_settings())

        def found(content: bytes, person: PersonSearch = PERSON) -> Named:
            landed = store.put(content)
            assert landed.sha256 == hashlib.sha256(content).hexdigest()
            values = dict.fromkeys(Batch.__dataclass_fields__)
            batch = Batch(
                **{**values, "batch_id": 1, "period": "2022", "media_type": "text/csv", "sender_code": "803", "sha256": landed.sha256}
            )
            return search_file(load_contract("labour_survey"), batch, store, key, person)

        yield found


def archive(*parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for place, part in enumerate(parts):
            made.writestr(zipfile.ZipInfo(f"part{place}.xml"), part, zipfile.ZIP_DEFLATED)  # without the time: ids of tests are made of it
    return out.getvalue()


FILLED = b"x" * (PART - 6)


@pytest.mark.parametrize(
    "content",
    [
        f"a;b\n{NUMBER};x\n".encode(),
        f"a;b\n{NUMBER[1:]};x\n".encode(),
        b"a;b\n080 190 000 007;x\n",
        b"a;b\n080.190.000.007;x\n",
        b'{"id": 8.0190000007E+10}',
        f"a;b\n{NUMBER};x\n".encode("utf-16"),
        "a;b\n080-190-000-007;x\n".encode("utf-16-be"),
        archive(b"<a/>", f"<v>{NUMBER}</v>".encode()),
        FILLED + NUMBER.encode(),
        archive(FILLED + NUMBER.encode()),
        b"\xd0\xcf\x11\xe0\0\0" + NUMBER.encode("utf-16-le"),
    ],
)
def test_a_citizen_number_is_found_in_any_spelling(search, content: bytes) -> None:
    assert search(content) == Named.YES


@pytest.mark.parametrize(
    "content",
    [
        f"a;b\n{NAME};x\n".encode(),
        f"a;b\n{NAME.upper()};x\n".encode(),
        unicodedata.normalize("NFD", NAME).encode(),
        json.dumps({"name": NAME}).encode(),
        json.dumps({"name": "Đặng Á"}).encode() + NAME.encode("utf-16-le"),
        archive(f"<v>{NAME}</v>".encode()),
    ],
)
def test_a_name_alone_may_be_that_of_another_person(search, content: bytes) -> None:
    assert search(content) == Named.UNCLEAR


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n stream",
        b"\xd0\xcf\x11\xe0\0\0 an old workbook, or one with a password",
        b"PK\x03\x04 a damaged archive",
        archive(b"<a/>")[:-30],
        archive(b"<a>" + b"y" * 5000 + b"</a>").replace(b"part0.xml", b"part1.xml", 1),
    ],
)
def test_a_file_that_hides_its_text_is_unclear(search, content: bytes) -> None:
    assert search(content) == Named.UNCLEAR


@pytest.mark.parametrize("content", [b"a;b\n080190000008;x\n", "a;b\n080190000008;x\n".encode("utf-16"), archive(b"<v>080190000008</v>")])
def test_a_file_of_others_does_not_name_the_person(search, content: bytes) -> None:
    assert search(content) == Named.NO


def test_a_file_is_unclear_where_there_is_nothing_to_look_for(search) -> None:
    assert search(b"a;b\nx;y\n", PersonSearch(frozenset({"k"}), frozenset(), frozenset())) == Named.UNCLEAR


@given(before=st.text(max_size=30), after=st.text(max_size=30), encoding=st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
def test_a_number_is_found_wherever_it_is(search, before: str, after: str, encoding: str) -> None:
    content = f"{before} {NUMBER} {after}".encode(encoding, "replace")
    assert search(content) == Named.YES
