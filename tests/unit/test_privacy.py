import dataclasses
import hashlib
import hmac
import re
import unicodedata
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.contracts import Contract, load_contract
from labour_market.errors import LabourMarketError, UsageError
from labour_market.ingestion.pseudonyms import load_pseudonym_key, make_key, match_key, person_columns, person_key
from labour_market.normalise import Normalised, normalise_columns
from labour_market.normalise.records import ParsedDelivery
from labour_market.settings import Settings, load_settings, secret

TEXT = "not a secret, only a test: 7f3a9c"
KEY = make_key(TEXT)


def survey(contract: Contract, *rows: dict[str, object]) -> Normalised:
    columns = {f.name: [row.get(f.name) for row in rows] for f in contract.sent_fields}
    return normalise_columns(ParsedDelivery(columns, list(range(1, len(rows) + 1))), contract)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("LMW_HOME", str(tmp_path))
    monkeypatch.delenv("LMW_PSEUDONYM_KEY", raising=False)
    return load_settings()


def test_a_pseudonym_is_the_documented_keyed_hash() -> None:
    mac = hmac.digest(TEXT.encode(), b"national_id:080190012345", hashlib.sha256).hex()
    assert person_key(KEY, "national_id", "080190012345") == f"{KEY.key_id}:{mac[:32]}"


@given(st.from_regex(r"0[0-9]{11}", fullmatch=True), st.from_regex(r"0[0-9]{11}", fullmatch=True))
def test_one_person_has_one_pseudonym_and_two_have_two(one: str, other: str) -> None:
    assert (person_key(KEY, "national_id", one) == person_key(KEY, "national_id", other)) == (one == other)
    assert one not in person_key(KEY, "national_id", one)


def test_pseudonyms_of_two_keys_never_match() -> None:
    other = make_key(TEXT[::-1])
    assert person_key(KEY, "national_id", "1").split(":")[0] != person_key(other, "national_id", "1").split(":")[0]


def test_no_representation_of_a_key_shows_it() -> None:
    for text in (repr(KEY), str(KEY), repr(dataclasses.asdict(dataclasses.replace(KEY, mac=None)))):  # type: ignore[arg-type]  # only to print it
        assert TEXT not in text and TEXT.encode().hex() not in text


@pytest.mark.parametrize("weak", ["", "short", "a" * 64])
def test_a_weak_key_is_refused(weak: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMW_PSEUDONYM_KEY", weak)
    with pytest.raises(UsageError, match="too weak"):
        load_pseudonym_key(settings)


def test_the_key_is_made_once_and_then_the_same(settings: Settings) -> None:
    first = load_pseudonym_key(settings)
    assert load_pseudonym_key(settings) == first
    assert re.fullmatch(r"[0-9a-f]{8}", first.key_id)


def test_a_missing_key_is_not_replaced(settings: Settings) -> None:
    load_pseudonym_key(settings)
    (settings.secrets_dir / "pseudonym_key").unlink()
    with pytest.raises(LabourMarketError, match="gone"):
        load_pseudonym_key(settings)
    (settings.secrets_dir / "pseudonym_key").write_text(TEXT)
    (settings.secrets_dir / "pseudonym_key").chmod(0o600)
    with pytest.raises(LabourMarketError, match="changed"):
        load_pseudonym_key(settings)


def test_another_key_in_the_environment_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMW_PSEUDONYM_KEY", TEXT)
    assert load_pseudonym_key(settings) == KEY
    assert load_pseudonym_key(settings) == KEY
    monkeypatch.setenv("LMW_PSEUDONYM_KEY", TEXT[::-1])
    with pytest.raises(LabourMarketError, match="key has changed: restore LMW_PSEUDONYM_KEY"):
        load_pseudonym_key(settings)
    monkeypatch.delenv("LMW_PSEUDONYM_KEY")
    with pytest.raises(LabourMarketError, match="gone"):
        load_pseudonym_key(settings)
    assert not (settings.secrets_dir / "pseudonym_key").exists(), "no key is made where one was used before"


def test_a_key_in_the_environment_is_not_another_one_than_that_of_the_file(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    load_pseudonym_key(settings)
    monkeypatch.setenv("LMW_PSEUDONYM_KEY", TEXT)
    with pytest.raises(LabourMarketError, match="changed"):
        load_pseudonym_key(settings)


@pytest.mark.parametrize("blank", [" ", "\n", "\t \n"])
def test_a_blank_key_in_the_environment_is_refused_and_the_file_is_not_used(
    blank: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_pseudonym_key(settings)
    monkeypatch.setenv("LMW_PSEUDONYM_KEY", blank)
    with pytest.raises(UsageError, match="too weak"):
        load_pseudonym_key(settings)


@pytest.mark.parametrize("name", ["pseudonym_key", "role_loader"])
def test_an_empty_secret_is_refused_and_not_made_again(name: str, settings: Settings) -> None:
    load_pseudonym_key(settings)
    path = settings.secrets_dir / name
    path.touch(mode=0o600)
    path.write_text("\n")
    with pytest.raises(UsageError, match="is empty: restore it"):
        secret(settings, name)
    assert path.read_text() == "\n"


def test_a_key_that_others_may_read_is_refused(settings: Settings) -> None:
    load_pseudonym_key(settings)
    (settings.secrets_dir / "pseudonym_key").chmod(0o644)
    with pytest.raises(LabourMarketError, match="chmod 600"):
        load_pseudonym_key(settings)


def test_a_person_of_the_survey_is_identified_by_number_old_number_or_form() -> None:
    contract = load_contract("labour_survey")
    read = survey(
        contract,
        {"form_no": "1", "national_id": "080190012345", "birth_date": "14/06/1990"},
        {"form_no": "2", "national_id": 301234567, "birth_date": 1985},
        {"form_no": "3", "national_id": None, "birth_date": "06/1970"},
        {"form_no": "4", "national_id": "000000000000", "birth_date": None},
    )
    columns = person_columns(read, contract, KEY, "803", "2022").columns
    assert columns["person_method"] == ["national_id", "old_id", "form", "form"]
    assert columns["person_key"] == [
        person_key(KEY, "national_id", "080190012345"),
        person_key(KEY, "old_id", "301234567"),
        person_key(KEY, "form", "803:2022:3"),
        person_key(KEY, "form", "803:2022:4"),
    ]
    assert columns["birth_precision"] == ["day", "year", "month", None]
    assert columns["birth_date"] == [date(1990, 6, 14), date(1985, 1, 1), date(1970, 6, 1), None]
    assert read.issues == [[], [], [], ["national_id:placeholder"]]


def test_forms_of_two_senders_or_two_rounds_are_not_one_person() -> None:
    contract = load_contract("labour_survey")
    rows = {"form_no": "3"}
    keys = {
        person_columns(survey(contract, rows), contract, KEY, sender, period).columns["person_key"][0]
        for sender in ("803", "794")
        for period in ("2022", "2023")
    }
    assert len(keys) == 4


def test_a_walk_in_at_a_fair_has_no_pseudonym() -> None:
    contract = load_contract("fair_attendance")
    rows = [{"session_no": "S1", "attendance_no": "1"}, {"session_no": "S1", "attendance_no": "2", "national_id": "080190012345"}]
    columns = person_columns(survey(contract, *rows), contract, KEY, "803", "2023-06").columns
    assert columns["person_key"] == [None, person_key(KEY, "national_id", "080190012345")]
    assert columns["person_method"] == ["none", "national_id"]


def test_a_personal_tax_code_becomes_the_pseudonym_of_that_citizen() -> None:
    contract = load_contract("employers")
    read = survey(contract, {"tax_code": "0300588569"}, {"tax_code": "0300588569-001"}, {"tax_code": "080190012345"}, {"tax_code": None})
    columns = person_columns(read, contract, KEY, "803", "2023-06").columns
    assert columns["tax_code_kind"] == ["enterprise", "branch", "personal", None]
    assert columns["tax_code"] == ["0300588569", "0300588569-001", person_key(KEY, "national_id", "080190012345"), None]
    assert "080190012345" not in repr(columns)


def test_an_enumerator_has_one_pseudonym_and_no_name() -> None:
    contract = load_contract("labour_survey")
    read = survey(contract, {"enumerator": "Trần Thị  Mô Phỏng"}, {"enumerator": "Trần Thị Mô Phỏng"}, {"enumerator": None})
    here, elsewhere = (person_columns(read, contract, KEY, sender, "2022").columns["enumerator"] for sender in ("803", "794"))
    assert here == [person_key(KEY, "name", "803:Trần Thị Mô Phỏng")] * 2 + [None]
    assert here[0] != elsewhere[0]


def test_every_derived_column_of_every_contract_is_added_and_no_sent_one_is_lost() -> None:
    for feed in ("employers", "job_orders", "labour_survey", "fair_sessions", "fair_attendance"):
        contract = load_contract(feed)
        columns = person_columns(survey(contract, {}), contract, KEY, "803", "2023-06").columns
        assert set(columns) == {f.name for f in contract.fields}


WORDS = ["Nguyễn", "Trần", "Đặng", "Thị", "Văn", "Ngọc", "Hường", "Ưng", "Ý", "Quỳnh", "Đức", "Phước", "Huệ"]
NAMES = st.lists(st.sampled_from(WORDS), min_size=2, max_size=5).map(" ".join)
DAYS = st.dates(date(1920, 1, 2), date(2010, 12, 31)).filter(lambda day: (day.month, day.day) != (1, 1))
SLIPS = [
    str.upper, str.lower, str.title,
    lambda name: name.replace(" ", "  "), lambda name: name.replace(" ", "\u00a0"), lambda name: name.replace(" ", ""),
    lambda name: unicodedata.normalize("NFD", name), lambda name: name.replace("Đ", "D").replace("đ", "d"),
    lambda name: "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter)),
]  # fmt: skip


@given(NAMES, DAYS, st.lists(st.sampled_from(SLIPS), max_size=5))
def test_a_name_typed_carelessly_has_the_same_match_key(name: str, birth: date, slips: list) -> None:
    typed = name
    for slip in slips:
        typed = slip(typed)
    assert match_key(KEY, typed, birth) == match_key(KEY, name, birth) is not None


@given(NAMES, DAYS, st.integers(1, 20_000))
def test_another_day_of_birth_or_another_name_is_another_match_key(name: str, birth: date, days: int) -> None:
    assert match_key(KEY, name, birth) != match_key(KEY, name, birth + timedelta(days))
    assert match_key(KEY, name, birth) != match_key(KEY, name + " Em", birth)
    assert match_key(KEY, name, birth) != person_key(KEY, "national_id", name), "a number and a name never meet"


def test_there_is_no_match_key_without_a_known_day_of_birth() -> None:
    contract = load_contract("labour_survey")
    births = ["14/06/1990", 1990, "06/1990", "01/01/1990", None]
    read = survey(contract, *({"full_name": "Trần Thị Mơ", "birth_date": birth} for birth in births), {"birth_date": "14/06/1990"})
    keys = person_columns(read, contract, KEY, "803", "2022").columns["match_key"]
    assert keys == [match_key(KEY, "tran thi mo", date(1990, 6, 14)), *[None] * 5]
