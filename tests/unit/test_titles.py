"""Job titles in one spelling, without personal data."""

import re
import unicodedata

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given
from labour_market.occupations.evaluation import labelled
from labour_market.occupations.titles import ABBREVIATIONS, clean_title, compounded, spellings, syllables_of

TITLES = [title.title for title in labelled("development")]
LONG_NUMBER = re.compile(r"(?:\d[ .\-]?){6,}")

titles = st.sampled_from(TITLES)
texts = st.one_of(titles, st.text(max_size=60), st.lists(titles, min_size=2, max_size=3).map(", ".join))
phones = st.from_regex(r"0[35789]\d{2}([ .\-]?)\d{3}\1\d{3}", fullmatch=True)
citizen_numbers = st.from_regex(r"0\d{11}|[1-9]\d{8}", fullmatch=True)
emails = st.from_regex(r"[a-z]{3,8}\.?[a-z0-9]{1,6}@[a-z]{3,8}\.(com|vn|com\.vn)", fullmatch=True)


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("Tuyển 50 công nhân may lương 8-10 triệu, LH 0912 345 678", "công nhân may"),
        ("cn may, thu nhap 9tr", "công nhân may"),
        ("NV QC chuyền may", "nhân viên qc chuyền may"),
        ("nuôi 20 con bò sữa", "nuôi bò sữa"),
        ("làm 10 công ruộng", "làm ruộng"),
        ("giáo viên cấp 3", "giáo viên cấp 3"),
        ("lái xe 4 chỗ", "lái xe 4 chỗ"),
        ("kế toán tiền lương", "kế toán tiền lương"),
        ("trồng thanh long ở Châu Thành", "trồng thanh long"),
        ("chanh k hạt", "chanh không hạt"),
        ("bán vs", "bán vé số"),
        ("THIẾT KẾ 2D", "thiết kế 2d"),
        ("thợ hàn 0903.111.222", "thợ hàn"),
        ("bán cua, làm cỏ, vá xe, trồng nghệ", "bán cua làm cỏ vá xe trồng nghệ"),
        ("0909123456", ""),
        ("lương cao", ""),
        ("", ""),
    ],
)
def test_words_that_do_not_describe_the_work_are_left_out(typed: str, clean: str) -> None:
    assert clean_title(typed) == clean


@given(texts)
def test_cleaning_a_clean_title_changes_nothing(text: str) -> None:
    clean = clean_title(text)
    assert clean_title(clean) == clean
    assert clean == " ".join(clean.split())
    assert unicodedata.is_normalized("NFC", clean)


@given(
    titles, st.one_of(phones, citizen_numbers, emails), st.sampled_from(["{0} {1}", "{1} {0}", "{0} LH {1}", "{0}, zalo: {1}", "{0}({1})"])
)
def test_no_phone_number_id_or_address_is_left(title: str, personal: str, pattern: str) -> None:
    clean = clean_title(pattern.format(title, personal))
    assert not LONG_NUMBER.search(clean)
    assert "@" not in clean
    assert personal.split("@", maxsplit=1)[0] not in clean


@given(titles)
def test_case_unicode_form_and_spaces_do_not_matter(title: str) -> None:
    clean = clean_title(title)
    assert clean_title(unicodedata.normalize("NFD", title)) == clean
    assert clean_title(title.upper()) == clean
    assert clean_title(f"  {title.replace(' ', '   ')} ") == clean


@given(titles)
def test_the_bare_form_is_that_of_the_title_typed_without_marks(title: str) -> None:
    unmarked = "".join(c for c in unicodedata.normalize("NFD", title) if not unicodedata.combining(c)).replace("đ", "d").replace("Đ", "D")
    for marked, bare in zip(title.split(), unmarked.split(), strict=True):
        assert spellings(marked.casefold()).bare == spellings(bare.casefold()).bare
        assert not spellings(bare.casefold()).marked


@pytest.mark.parametrize(("one", "other"), [("hoà", "hòa"), ("thuỷ", "thủy"), ("kĩ", "kỹ"), ("lí", "lý"), ("quí", "quý"), ("mĩ", "mỹ")])
def test_old_and_new_spelling_have_the_same_form(one: str, other: str) -> None:
    assert spellings(one) == spellings(other)


@pytest.mark.parametrize(("one", "other"), [("dừa", "dứa"), ("may", "máy"), ("cá", "cà"), ("tay", "tai")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert spellings(one).full != spellings(other).full


def test_compounds_are_found_with_and_without_marks_and_synonyms_have_one_form() -> None:
    marked = compounded(syllables_of("công nhân nuôi lợn"))
    bare = compounded(syllables_of("cong nhan nuoi heo"))
    assert next(unit.full for unit in marked) == next(unit.full for unit in bare)
    assert [unit.bare for unit in marked] == ["cong_nhan", "nuoi", "heo"]
    assert [unit.bare for unit in compounded(syllables_of("cắt lúa mướn"))] == ["cat", "lua", "thue"]


@given(st.sampled_from(sorted(ABBREVIATIONS)), titles)
def test_an_abbreviation_has_the_form_of_its_words(short: str, title: str) -> None:
    words = " ".join(ABBREVIATIONS[short])
    assume(clean_title(words))
    assert clean_title(f"{short} {title}") == clean_title(f"{words} {title}")
