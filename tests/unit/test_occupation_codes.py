"""Occupation codes of senders: read as VSCO 2020 where there is one reading, else refused with a reason."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from labour_market.normalise.text import UnreadableValueError
from labour_market.occupations.codes import SentCode, false_friends, isco_only_codes, read_vsco, vsco_codes


@pytest.mark.parametrize(
    ("sent", "code", "note"),
    [
        ("61129", "61129", None),
        ("17", "17", None),
        ("0", "0", None),
        ("0110", "0110", None),
        ("61.1", "611", None),
        (" 6112- ", "6112", None),
        ("9211", "9201", "isco"),
        ("92110", "9201", "isco"),
        ("441", "440", "isco"),
        ("2310", "231", "isco"),
        ("1120", "17", "isco"),
        ("1311", "1311", "false_friend"),
        ("3355", "3355", "false_friend"),
        ("61139", "6113", "cut"),
        ("6199", "61", "cut"),
    ],
)
def test_a_sent_code_is_read(sent: str, code: str, note: str | None) -> None:
    assert read_vsco(sent) == SentCode(code, len(code), note)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("00000", "not_codable"),
        ("00", "not_codable"),
        ("0000", "not_codable"),
        ("", "not_a_code"),
        ("thợ may", "not_a_code"),
        ("611290", "not_a_code"),
        ("٦١١", "not_a_code"),
        ("99", "unknown_code"),
        ("1999", "unknown_code"),
        ("0410", "unknown_code"),
    ],
)
def test_an_unreadable_code_has_a_reason(sent: str, reason: str) -> None:
    with pytest.raises(UnreadableValueError) as refused:
        read_vsco(sent)
    assert refused.value.reason == reason


@given(st.text(alphabet="0123456789", min_size=1, max_size=6))
def test_every_code_that_is_read_is_in_the_classification(sent: str) -> None:
    try:
        read = read_vsco(sent)
    except UnreadableValueError:
        assert sent not in vsco_codes()
        return
    assert read.code in vsco_codes()
    assert read.level == len(read.code)
    if read.note == "cut":
        assert sent.startswith(read.code)
        assert len(read.code) < len(sent)
    if sent in vsco_codes():
        assert read.code == sent


@given(st.integers(2, 5))
def test_zeros_are_never_the_armed_forces(length: int) -> None:
    with pytest.raises(UnreadableValueError):
        read_vsco("0" * length)


def test_false_friends_keep_their_digits() -> None:
    assert len(false_friends()) == 20
    for code in false_friends():
        assert read_vsco(code) == SentCode(code, len(code), "false_friend")


def test_codes_that_only_isco_has_become_their_vsco_group() -> None:
    assert isco_only_codes()
    for isco_code, group in isco_only_codes().items():
        assert read_vsco(isco_code) == SentCode(group, len(group), "isco")
