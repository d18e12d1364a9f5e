"""Vietnamese text in one spelling: Unicode, spaces, look-alike letters; what tells a text in an old font encoding; masking.

A normaliser takes one raw value and returns it read, with a word for what was changed (None: nothing worth telling),
or raises UnreadableValueError with a reason, which is a word for the ledger and never the value.
"""

import re
import unicodedata

MAX_TEXT = 4_000
_ERROR_LIST = "#N/A #REF! #VALUE! #DIV/0! #NAME? #NULL! #NUM! #SPILL! #CALC! #FIELD! #BLOCKED! #GETTING_DATA #ERROR!"
FORMULA_ERRORS = frozenset(_ERROR_LIST.split())

Text = tuple[str | None, str | None]

# U+00D0 and U+0189 look like U+0110 on screen, but casefold to other letters, so that joins miss
_HOMOGRAPHS = str.maketrans({"Ð": "Đ", "Ɖ": "Đ", "ð": "đ", "ɖ": "đ"})
_INVISIBLE = {
    code: None
    for code in (*range(0x00, 0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0xFEFF)
    if not chr(code).isspace()
} | dict.fromkeys(range(0x2060, 0x2065))
_ODD = re.compile("[ÐƉðɖ" + "".join(re.escape(chr(code)) for code in _INVISIBLE) + "\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class UnreadableValueError(ValueError):
    """A value that cannot be read without guessing. reason: a word such as ambiguous, impossible, not_in_list."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_text(raw: object) -> Text:
    """Text in NFC, trimmed, single spaces, one Đ, without control characters; None when nothing is left.

    Notes: nfc, homograph, control, spaces, number. Raises UnreadableValueError: formula_error (#N/A), not_text, too_long, not_unicode.
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
    if single[:1] == "#" and single.upper() in FORMULA_ERRORS:
        raise UnreadableValueError("formula_error")
    return single or None, note or ("spaces" if single != text else None)


def number_as_text(raw: object) -> str:
    """A number that a spreadsheet kept in place of text, without the ".0" that it never had. Raises UnreadableValueError: not_text."""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise UnreadableValueError("not_text")
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 2**53 else repr(raw)
    if abs(raw) >= 10**40:
        raise UnreadableValueError("too_long")
    return str(raw)


def matching_key(raw: object) -> str:
    """The form in which headers and code labels are compared: clean, casefolded; "" for nothing."""
    text, _ = clean_text(raw)
    return unicodedata.normalize("NFC", text.casefold()) if text else ""


def free_text(raw: object) -> Text:
    """Free text of a person or a clerk, with the phone numbers, e-mails and citizen numbers in it masked. Note: masked."""
    text, note = clean_text(raw)
    if text is None:
        return None, note
    masked = mask_personal(text)
    return masked, "masked" if masked != text else note


MASK = "[số]"
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_NUMBER = re.compile(r"(?<!\d)\+?\d(?:[ .\-]?\d){8,30}(?!\d)")
_AMOUNT = re.compile(r"[1-9]\d{0,2}(?:([ .])\d{3})*(?:\1)000")


def mask_personal(text: str) -> str:
    """Replace e-mails, phone numbers and 9 to 12 digit ids by [số]; grouped amounts (150.000.000) stay."""
    if "@" in text:
        text = _EMAIL.sub(MASK, text)
    return _NUMBER.sub(_mask_number, text) if sum(map(str.isdigit, text)) >= 9 else text


def _mask_number(found: re.Match[str]) -> str:
    whole = found[0]
    # an amount, or a range of two, is written with the same signs as a phone number: 7.000.000-150.000.000
    if all(_AMOUNT.fullmatch(part) for part in whole.split("-")):
        return whole
    like_an_id = whole.isdigit() or sum(map(str.isdigit, whole)) in (9, 12)
    return MASK if like_an_id or whole.startswith(("0", "+", "84")) else whole


_TCVN3_SIGNS = "µ¸¶·¹¨¾»¼½Æ©Ç®Ë¬ªÖ×ØÜÞßäå«¦§¡¢£¤¥\xadÎÏÑîïñøö÷ûüþëçæ"
_TCVN3 = re.compile(f"[A-Za-z][{_TCVN3_SIGNS}]|[{_TCVN3_SIGNS}][A-Za-z]|[a-z][ÊÈÌÎÐÑÒÓÔÕÖÙÛÜÝ]")
_VNI = re.compile("a[ùøûõïêéèúüëâáàåãä]|e[ùøûõïâáàåãä]|o[ùøûõïâåä]|u[øûõï]|ñ|ö", re.IGNORECASE)
_MOJIBAKE = re.compile("á[»º¼½¾]|Ã[\x80-¿]|Ä[\x80-¿‘’“”]|Æ[°¡¯]|â€|Â[\x80-¿]")
_LOST = re.compile(r"[^\W\d_]\?[^\W\d_]|�")
_VIETNAMESE_LETTERS = frozenset("àáâãèéêìíòóôõùúýăđĩũơưÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐĨŨƠƯ")
# a column in an old encoding cannot do without these, and one that reads well has none: cheaper to look for than the patterns
LEGACY_SIGNS = frozenset(_TCVN3_SIGNS + "?�»ºÄÆøûïëüåäñöØÛÏËÜÅÑÖ") - _VIETNAMESE_LETTERS


def legacy_encoding(text: str) -> str | None:
    """What a text in the wrong encoding looks like: mojibake, lost (? for letters), tcvn3, vni; None when it reads well.

    A guess from the letters that no Vietnamese word has: safe for the share of a column, never for mending one value.
    """
    for kind, pattern in (("mojibake", _MOJIBAKE), ("lost", _LOST), ("tcvn3", _TCVN3), ("vni", _VNI)):
        if pattern.search(text):
            return kind
    return None
