import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labour_market.normalise.text import (
    MAX_TEXT,
    UnreadableValueError,
    clean_text,
    free_text,
    legacy_encoding,
    mask_personal,
    matching_key,
    number_as_text,
    without_guard,
    without_noise,
)
from odd_values import TEXTS

ANY_TEXT = TEXTS | st.text(max_size=80) | st.text(alphabet="aăâđĐÐƉðe\u0301\u0300\u0323 \u00a0\u200b\n\t\x00N", max_size=30)


@given(ANY_TEXT)
def test_clean_text_is_nfc_trimmed_and_stays_as_it_is_when_cleaned_again(raw: str) -> None:
    try:
        text, _ = clean_text(raw)
    except UnreadableValueError as error:
        assert error.reason in ("formula_error", "not_unicode", "too_long")
        return
    if text is None:
        return
    assert unicodedata.is_normalized("NFC", text)
    assert text == text.strip() and "  " not in text
    assert not set(text) & set("ÐƉðɖ\x00\u200b\ufeff")
    assert clean_text(text) == (text, None)


@given(st.sampled_from(["Nguyễn Thị Đào", "Bến Lức", "Thợ hàn ở xã Lương Hòa", "TÂN TRỤ", "Đức Huệ"]))
def test_a_decomposed_text_is_composed_with_a_note(text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert decomposed != text
    assert clean_text(decomposed) == (text, "nfc")


@pytest.mark.parametrize("impostor", ["Ðào", "Ɖào"])
def test_a_letter_that_only_looks_like_d_with_stroke_is_replaced(impostor: str) -> None:
    assert clean_text(impostor) == ("Đào", "homograph")
    assert matching_key(impostor) == matching_key("Đào")


def test_nothing_but_spaces_is_no_text() -> None:
    assert clean_text("  \u00a0\t ")[0] is None


def test_a_null_byte_is_removed() -> None:
    assert clean_text("Lê\x00 Lợi") == ("Lê Lợi", "control")


@pytest.mark.parametrize("error", ["#N/A", " #REF! ", "#value!", "#DIV/0!"])
def test_a_formula_error_is_never_a_value(error: str) -> None:
    with pytest.raises(UnreadableValueError, match="formula_error"):
        clean_text(error)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("x" * (MAX_TEXT + 1), "too_long"),
        ("\ud800", "not_unicode"),
        ({"a": 1}, "not_text"),
        (True, "not_text"),
        (10**400, "too_long"),
    ],
)
def test_other_values_are_no_text(raw: object, reason: str) -> None:
    with pytest.raises(UnreadableValueError, match=reason):
        clean_text(raw)


def test_a_number_in_a_text_column_loses_its_point_zero() -> None:
    assert clean_text(12.0) == ("12", "number")


@pytest.mark.parametrize(
    "text",
    [
        "gọi 0901234567 nhé",
        "gọi 0901 234 567",
        "090.123.4567",
        "+84 901 234 567",
        "CCCD 080190012345",
        "cmnd 301234567",
        "so 301 234 567",
        "liên hệ thu.ha@example.vn",
        "liên hệ thu.ha @ example.vn",
        "0272-3826-263",
        "sinh 1985 0901234567",
        "2 0901234567",
        "0901234567 2",
        "(0901) 234 567",
        "+84 901 234 000",
        "84 901 234 000",
        "0901 - 234 - 567",
        "0901/234/567",
        "0901_234_567",
        "0901,234,567",
        "0 9 0 1 2 3 4 5 6 7",
        "080190012345 0901234567",
        "0901234567-0902345678",
    ],
)
def test_numbers_and_addresses_of_people_are_masked(text: str) -> None:
    masked = mask_personal(text)
    assert "[số]" in masked
    assert sum(map(str.isdigit, masked)) == 0 and "@" not in masked
    assert free_text(text) == (masked, "masked")


@pytest.mark.parametrize(
    "text",
    [
        "7-10 triệu",
        "7.000.000 - 10.000.000 đồng",
        "7.000.000-10.000.000",
        "150.000.000 - 200.000.000",
        "từ 2023-06-14 đến 2023-07-01",
        "10/06/2023 - 12/06/2023",
        "10/06/2023, 8 giờ",
        "2022-2023, 150.000.000",
        "150.000.000, 200.000.000",
        "12.000.000 đồng 3 tháng",
        "làm 8 giờ, 26 ngày",
    ],
)
def test_amounts_and_dates_are_not_masked(text: str) -> None:
    assert mask_personal(text) == text


AROUND = st.text(alphabet="abc ,.-@/()0123456789ăđƠự\u0301\x00\u00a0\u200b\n:;", max_size=12)
PHONE = st.from_regex(r"0[35789][0-9]{8}", fullmatch=True)
CITIZEN = st.from_regex(r"0[0-9]{2}[0-9]{9}", fullmatch=True)


@st.composite
def grouped(draw, number) -> str:
    """A number with signs between its groups, as people write it."""
    digits, sign = draw(number), draw(st.sampled_from(["", " ", ".", "-", " - ", "/", ","]))
    cuts = sorted(draw(st.sets(st.integers(2, len(digits) - 2), max_size=3)))
    return sign.join(digits[start:end] for start, end in zip([0, *cuts], [*cuts, len(digits)], strict=True))


@given(AROUND, st.sampled_from([" ", ", ", ": ", "-", ""]), st.one_of(grouped(PHONE), grouped(CITIZEN)), AROUND)
def test_a_number_of_a_person_is_masked_next_to_any_other_digits(before: str, sign: str, number: str, after: str) -> None:
    masked = mask_personal(f"{before}{sign}{number} {after}")
    digits = re.sub(r"\D", "", number)
    assert digits not in re.sub(r"\D", "", masked)


@given(st.lists(st.sampled_from(["1985", "2", "15", "7.000.000", "10/06/2023", "03", "2023-2024"]), max_size=3), PHONE, st.booleans())
def test_a_year_an_amount_or_a_date_next_to_a_phone_number_does_not_show_it(words: list[str], number: str, last: bool) -> None:
    text = " ".join([*words, number] if last else [number, *words])
    assert number not in mask_personal(text) and "[số]" in mask_personal(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Nguyá»…n VÄƒn", "mojibake"),
        ("Nguy?n V?n An", "lost"),
        ("Ng\ufffd", "lost"),
        ("NguyÔn V¨n An", "tcvn3"),
        ("c«ng nh©n may", "tcvn3"),
        ("Nguyeãn Vaên An", "vni"),
        ("coâng nhaân", "vni"),
    ],
)
def test_text_in_an_old_font_encoding_is_recognised(text: str, kind: str) -> None:
    assert legacy_encoding(text) == kind


@pytest.mark.parametrize(
    "text",
    ["Nguyễn Thị Thuý", "XÃ TÂN HÒA", "HUỲNH ÔN", "hoá chất", "cong nhan may", "Đặng Ngoãn", "tại sao?", "khoẻ", "Quý", "Y Êban"],
)
def test_readable_text_is_not_taken_for_an_old_encoding(text: str) -> None:
    assert legacy_encoding(text) is None


WORDS = "Nguyễn Trần Lê Phạm Huỳnh Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý thuỷ hoà toán khoẻ quét rượu nghiêng khuya"


@given(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=6))
def test_vietnamese_words_in_any_order_and_case_are_readable(words: list[str]) -> None:
    text = " ".join(words)
    assert not any(map(legacy_encoding, (text, text.upper(), text.lower(), text.title())))


def test_the_signs_that_no_screen_shows_are_removed_and_no_other() -> None:
    removed = {code for code in range(0x2100) if clean_text(f"a{chr(code)}b")[0] == "ab"}
    spaces = {code for code in range(0x2100) if clean_text(f"a{chr(code)}b")[0] == "a b"}
    controls = {*range(0x20), *range(0x7F, 0xA0)} - {code for code in range(0xA0) if chr(code).isspace()}
    assert removed == controls | {0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065)}
    assert spaces == {code for code in range(0x2100) if chr(code).isspace()}
    assert clean_text("a\ufeffb") == ("ab", "control")
    assert clean_text("a\ud7ff\ue000b")[0] == "a\ud7ff\ue000b"
    for half in "\ud800\udbff\udc00\udfff":
        with pytest.raises(UnreadableValueError, match="not_unicode"):
            clean_text(f"a{half}b")


@pytest.mark.parametrize(
    ("raw", "text", "note"),
    [
        ("Lê Lợi", "Lê Lợi", None),
        (" Lê  Lợi", "Lê Lợi", "spaces"),
        ("'0801", "0801", "guard"),
        ("' 0801 ", "0801", "guard"),
        ('="0801"', "0801", "guard"),
        ('="a""b"', 'a"b', "guard"),
        ("'n'", "'n'", None),
        ("'", None, "guard"),
        ('=""', None, "guard"),
        ("=A1", "=A1", None),
        ("", None, None),
        ("#1", "#1", None),
        (12, "12", "number"),
        (12.5, "12.5", "number"),
        (-3.0, "-3", "number"),
        (0.1 + 0.2, "0.3", "number"),
    ],
)
def test_a_text_has_a_note_of_what_was_changed(raw: object, text: str | None, note: str | None) -> None:
    assert clean_text(raw) == (text, note)


def test_the_noise_of_a_number_is_removed_and_an_integer_keeps_all_its_digits() -> None:
    assert without_noise(12046320.000000002) == 12046320
    assert without_noise(0.1 + 0.2) == 0.3
    assert without_noise(9007199254740991.0) == 9007199254740991.0
    assert number_as_text(9007199254740991.0) == "9007199254740991"
    assert number_as_text(float(2**53)) == "9007199254740992.0", "its last digits may be others than were typed"


@given(TEXTS)
def test_a_guard_is_one_sign_before_a_text_or_a_formula_of_a_text(raw: str) -> None:
    bare = without_guard(raw)
    assert bare == raw or raw in (f"'{bare}", '="' + bare.replace('"', '""') + '"')


@given(TEXTS)
def test_masking_again_changes_nothing(raw: str) -> None:
    masked = mask_personal(raw)
    assert mask_personal(masked) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("12345678", "12345678"),
        ("123456789", "[số]"),
        ("1234 5678", "1234 5678"),
        ("1234 56789", "[số]"),
        ("12 34 56 78 9", "[số]"),
        ("1 - - 23456789", "1 - - 23456789"),
        ("(84) 901 234 567", "[số]"),
        ("a@b", "a@b"),
        ("a@b.vn", "[số]"),
        ("1.000.000", "1.000.000"),
        ("150.000.000 - 200.000.000", "150.000.000 - 200.000.000"),
        ("01/06/2023 - 30/06/2023", "01/06/2023 - 30/06/2023"),
    ],
)
def test_eight_digits_stay_and_nine_are_masked(text: str, masked: str) -> None:
    assert mask_personal(text) == masked
