"""Normalisation of Vietnamese text (Unicode, spaces, look-alike letters), detection of old font encodings, and masking.

A reader takes one raw value and returns the typed value with a note, one word for what was changed (None: nothing), or raises
UnreadableValueError with a reason, one word. Neither contains the value.
"""

import re
import unicodedata
from typing import Literal

MAX_TEXT = 4_000
_ERROR_LIST = "#N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #GETTING_DATA #ERROR!"
FORMULA_ERRORS = frozenset(_ERROR_LIST.split())

Text = tuple[str | None, str | None]

# Why a value of a delivery could not be read; labour_market.quality.messages has the Vietnamese text of each.
Reason = Literal[
    "ambiguous", "check_digit", "digits_lost", "epoch_unknown", "formula_error", "grid_code", "grid_quantity", "grid_repeats",
    "impossible", "merged", "month_only", "not_a_code", "not_a_date", "not_a_grid", "not_a_number", "not_a_phone", "not_a_time",
    "not_an_email", "not_in_list", "not_text", "not_unicode", "not_whole", "not_yes_or_no", "other_currency", "out_of_range",
    "placeholder", "range", "repeated_member", "several", "ten_digits", "too_large", "too_long", "two_digit_year", "unit_unknown",
    "wrong_length", "year_only",
]  # fmt: skip
# Why a code that is in core could not be read as an occupation.
OccupationReason = Literal["not_codable", "unknown_code"]

# U+00D0 and U+0189 look like U+0110 on screen, but casefold to other letters, so that joins miss
_HOMOGRAPHS = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ"})
_INVISIBLE = {
    code: None
    for code in (*range(0x00, 0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF)
    if not chr(code).isspace()
} | dict.fromkeys(range(0x2060, 0x2065))
_ODD = re.compile("[ÐƉðɖ" + "".join(re.escape(chr(code)) for code in _INVISIBLE) + "\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
GUARDS = ("'", "=")
_FORMULA_OF_TEXT = re.compile(r'="((?:[^"]|"")*)"')


class UnreadableValueError(ValueError):
    """A value that can be read only by guessing."""

    def __init__(self, reason: Reason | OccupationReason) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_text(raw: object) -> Text:
    """Text in NFC, trimmed, with single spaces, one code point for Đ, and no control characters; None for an empty text.

    The marks of a spreadsheet for "this is text" are removed: '0801 and ="0801".
    Notes: nfc, homograph, control, spaces, guard, number.

    Raises:
        UnreadableValueError: Reason: formula_error (#N/A), not_text, too_long, not_unicode.
    """
    if not isinstance(raw, str):
        return number_as_text(raw), "number"
    if len(raw) > MAX_TEXT:
        raise UnreadableValueError("too_long")
    text, note = raw, None
    if not (raw.isascii() and raw.isprintable()):
        if _ODD.search(text):
            if _SURROGATE.search(text):
                raise UnreadableValueError("not_unicode")
            cleaned = text.translate(_INVISIBLE)
            note = "control" if cleaned != text else None
            text = cleaned.translate(_HOMOGRAPHS)
            note = "homograph" if text != cleaned else note
        if not unicodedata.is_normalized("NFC", text):
            text, note = unicodedata.normalize("NFC", text), "nfc"
    single = " ".join(text.split())
    if single[:1] in GUARDS and (bare := without_guard(single)) != single:
        single, note = " ".join(bare.split()), note or "guard"
    if single[:1] == "#" and single.upper() in FORMULA_ERRORS:
        raise UnreadableValueError("formula_error")
    return single or None, note or ("spaces" if single != text else None)


def without_guard(text: str) -> str:
    """A text without the marks by which spreadsheets keep a value as text: '0801 and ="0801"; a text in quotation marks stays."""
    if found := _FORMULA_OF_TEXT.fullmatch(text):
        return found[1].replace('""', '"')
    return text[1:] if (text[:1] == "'" and text[-1:] != "'") or text == "'" else text


def number_as_text(raw: object) -> str:
    """The text of a number that a spreadsheet kept instead of text, without ".0".

    Raises:
        UnreadableValueError: Reason: not_text, too_long.
    """
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise UnreadableValueError("not_text")
    if isinstance(raw, float):
        raw = without_noise(raw)
        return str(int(raw)) if raw.is_integer() and abs(raw) < 2**53 else repr(raw)
    if abs(raw) >= 10**40:
        raise UnreadableValueError("too_long")
    return str(raw)


def without_noise(number: float) -> float:
    """A number with the 15 digits that spreadsheets show and keep: 12046320.000000002 is 12046320; a whole number stays as it is."""
    return number if number.is_integer() else float(f"{number:.15g}")


def matching_key(raw: object) -> str:
    """The form in which headers and code labels are compared: clean and casefolded; "" for an empty text."""
    text, _ = clean_text(raw)
    return unicodedata.normalize("NFC", text.casefold()) if text else ""


def free_text(raw: object) -> Text:
    """Free text of a person or a clerk; its phone numbers, e-mails and citizen numbers are masked. Note: masked."""
    text, note = clean_text(raw)
    if text is None:
        return None, note
    masked = mask_personal(text)
    return masked, "masked" if masked != text else note


MASK = "[số]"
_EMAIL = re.compile(r"[\w.+\-]+ ?@ ?[\w\-]+(?:\.[\w\-]+)+")
# digits with at most three signs between two of them, so that a number is found however it is grouped
_NUMBERS = re.compile(r"[+(]{0,2}\d(?:[ .,\-–/()_+]{0,3}\d){8,}")
# an amount (7.000.000), a date or a year, between the ends of a list or of a range
_HARMLESS = re.compile(
    r"(?:^|(?<=[\-–(])|(?<=[\-–,] ))"
    r"(?:(?P<amount>[1-9]\d{0,2}([ .,])\d{3}(?:\2\d{3})*(?:\2)000)"
    r"|\d{1,2}([/.\-])\d{1,2}\3(?:19|20)\d{2}|(?:19|20)\d{2}([/.\-])\d{1,2}\4\d{1,2}|(?:19|20)\d{2})"
    r"(?=$|, | ?[\-–)])"
)
_MOBILE = re.compile(r"(?:84|0)[35789]\d{8}")


def mask_personal(text: str) -> str:
    """Replace e-mails and whatever may be a phone number or an id by [số].

    Nine or more digits are masked however they are grouped, and with the digits next to them, which may belong to them or not. Amounts
    with separators (150.000.000) and dates stay, where it is certain that they are no part of such a number.
    """
    if "@" in text:
        text = _EMAIL.sub(MASK, text)
    return _NUMBERS.sub(_mask_numbers, text) if sum(map(str.isdigit, text)) >= 9 else text


def _mask_numbers(found: re.Match[str]) -> str:
    number, end, parts, amounts = found[0], 0, [], False
    for harmless in _HARMLESS.finditer(number):
        if not _MOBILE.fullmatch("".join(filter(str.isdigit, harmless[0]))):
            parts += [number[end : harmless.start()], harmless[0]]
            amounts = amounts or bool(harmless["amount"])
            end = harmless.end()
    parts.append(number[end:])
    digits = [sum(map(str.isdigit, part)) for part in parts[::2]]
    if all(count == 0 or count >= 9 for count in digits) or (not amounts and max(digits) <= 4):
        return "".join(MASK if place % 2 == 0 and digits[place // 2] >= 9 else part for place, part in enumerate(parts))
    return MASK


_TCVN3_SIGNS = "µ¸¶·¹¨¾»¼½Æ©Ç®Ë¬ªÖ×ØÜÞßäå«¦§¡¢£¤¥\xadÎÏÑîïñøö÷ûüþëçæ"
_TCVN3 = re.compile(f"[A-Za-z][{_TCVN3_SIGNS}]|[{_TCVN3_SIGNS}][A-Za-z]|[a-z][ÊÈÌÎÐÑÒÓÔÕÖÙÛÜÝ]")
_VNI = re.compile("a[ùøûõïêéèúüëâáàåãä]|e[ùøûõïâáàåãä]|o[ùøûõïâåä]|u[øûõï]|ñ|ö", re.IGNORECASE)
_MOJIBAKE = re.compile("á[»º¼½¾]|Ã[\x80-¿]|Ä[\x80-¿‘’“”]|Æ[°¡¯]|â€|Â[\x80-¿]")
_LOST = re.compile(r"[^\W\d_]\?[^\W\d_]|�")
_VIETNAMESE_LETTERS = frozenset("àáâãèéêìíòóôõùúýăđĩũơưÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯ")
# a column in an old encoding has some of these signs and a readable one has none; a search for them is faster than the patterns
LEGACY_SIGNS = frozenset(_TCVN3_SIGNS + "?�»ºÄÆøûïëüåäñöØÛÏËÜÅÑÖ") - _VIETNAMESE_LETTERS


def legacy_encoding(text: str) -> str | None:
    """The kind of wrong encoding that a text seems to have: mojibake, lost (? for letters), tcvn3 or vni; None for readable text.

    It is guessed from letters that no Vietnamese word has. Use it for the share of a column; it is not certain enough to correct one value.
    """
    for kind, pattern in (("mojibake", _MOJIBAKE), ("lost", _LOST), ("tcvn3", _TCVN3), ("vni", _VNI)):
        if pattern.search(text):
            return kind
    return None
