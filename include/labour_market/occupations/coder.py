"""Coding job titles to VSCO 2020, at the deepest level that the words support: 1, 2, 4 or 5 digits, or not at all.

Two rankings are combined. The first compares a title with every entry of the lexicon by their common words. Rare words have more weight,
and the activity comes before the object of the work ("bán thanh long" is selling). The second compares spellings by runs of letters. The
best entries of both vote at each level. The score of an answer is the share of right answers among titles labelled by hand with such votes.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from labour_market.normalise.text import mask_personal
from labour_market.occupations.calibration import Calibration, load_calibration
from labour_market.occupations.lexicon import NEUTRAL, Entry, Floats, Lexicon, files_digest, industry_hints, lexicon, spelling_features
from labour_market.occupations.titles import Unit, clean_title, compounded, syllables_of

CODER_VERSION = "3"
LEVELS = (4, 2, 1)
# The lowest score of an answer at a level; below it a shorter code is given, or none.
NEEDED = 0.7

_CHUNK = 256
_WORTH_PROCESSES = 10_000
_VOTERS, _SHARPNESS = 8, 8
_NEIGHBOURS, _NEARNESS = 10, 4
_EXPLAINED = 0.85
_OTHER_HEAD = 0.6
_NOT_EXACT = 0.75
_UNKNOWN_WEIGHT = 2.0
_UNMARKED, _UNMARKED_AMONG_MARKED, _OTHER_MARKS = 0.95, 0.85, 0.55
_INDUSTRY_SUPPORT = 0.85


def _forms(words: str, bare: bool = True) -> frozenset[str]:
    """The full forms of these words, and their bare forms for titles typed without marks. bare: False where a bare form is another word."""
    units = [unit for word in words.split("|") for unit in compounded(syllables_of(word))]
    return frozenset(form for unit in units for form in ((unit.full, unit.bare) if bare else (unit.full,)))


# Work for an employer: with a farm trade it is farm labour (VSCO 92), not work on one's own farm (61, 62).
_HIRED = _forms("thuê|làm thuê|công nhật|công nhân|nhân viên|làm công")
_HIRED_PAIRS = {("cho", "chu"), ("cho", "nguoi"), ("cho", "nha_vuon"), ("cho", "vua"), ("lam", "cho"), ("an", "cong"), ("an", "ki")}
_NOT_HIRED = {("thue", field) for field in ("dat", "ruong", "ray", "vuon", "ao", "vuong", "them")} | {("lam_thue", "them"), ("cho", "thue")}
_HIRED_CODES = {
    **{"6113": "9204", "611": "92010", "612": "92020", "613": "92030", "621": "92050", "622": "9206"},
    **{"61": "92", "62": "92"},
}
# A single task with crops or trees ("cắt chanh", "vô bầu") is farm labour too, unless the title or the status shows that the crops are one's
# own or are sold.
_TASKS = _forms(
    "cắt|bẻ|hái|nhổ|chặt|đốn|cưa|vót|lột|lặt|tỉa|bao|đào|dỡ|móc|bới|xịt|phun|bón|rải|tưới|bơm|bồi|cột|vác|khiêng|phát|dặm"
) | _forms("vô", bare=False)
_TASK_CODES = ("611", "621")
# Work on the family's own farm ("cắt cỏ cho bò nhà"), helping included, has the code of the farm's trade.
_OWN = _forms("nhà|gia đình|chồng|cha|mình|cha mẹ|ba má|ba mẹ|bố mẹ|ông xã|bà xã") | _forms("vợ|mẹ", bare=False)
_OWN_CODES = {"9201": "61", "9202": "612", "9204": "6113", "9205": "621", "9206": "622"}
# A seller of home-grown products ("bán chanh nhà trồng") is coded as their grower.
_SELLS, _THEMSELVES, _GROWS = _forms("bán|buôn bán"), _forms("nhà|tự|gia đình|mình"), _forms("trồng|nuôi|ươm|ương|ấp|thả|câu")
# Crops and animals on one farm are mixed farming; crops count only before the animals, since "nuôi cá ruộng" is raising fish.
_RAISES, _FIELDS = _forms("nuôi|chăn nuôi|chăn"), _forms("trồng|trồng trọt|ruộng|vườn|rẫy|nông")
_MIXED = "61300"
# Catching fish ("câu tôm càng") is not raising fish.
_CATCHES = _forms("câu|bắt|giăng|đặt|soi|chài|cào|đánh bắt")
_RAISED_FISH, _CAUGHT_FISH = "6221", "6222"
# A driver of farm machines ("chạy máy tuốt lúa") is coded as a driver.
_MACHINES = _forms("máy|máy bay|drone|máy cày|máy xới|máy gặt|máy kéo")
_DRIVES = _forms("lái|chạy|điều khiển|vận hành|bay") | _MACHINES
_MACHINE_DRIVER = "8341"
# A helper in a trade (phụ) is coded with the helpers.
_HELPS = _forms("phụ")
_HELPERS = {
    "51": "9402",
    "5246": "9402",
    "5212": "9402",
    "71": "9313",
    "72": "9329",
    "75": "9329",
    "81": "9329",
    "82": "9329",
    "83": "9333",
}
# A person who sells, drives or guards a thing, or keeps its books, does not grow, raise or make it (codes of groups 6 and 8).
_ACTIVITY_CODES = {
    form: code
    for words, code in (
        ("bán|buôn bán|mua bán", "52"),
        ("mua|thu mua|vựa|thương lái|bỏ mối|kinh doanh", "33"),
        ("kỹ sư", "21"),
        ("kỹ thuật|kỹ thuật viên", "31"),
        ("giám đốc|trưởng phòng", "17"),
        ("kế toán", "2411"),
        ("bảo vệ", "5401"),
        ("phục vụ", "51"),
        ("tạp vụ", "9112"),
        ("thủ kho", "4321"),
        ("giao hàng", "9621"),
        ("bốc xếp|bốc vác", "9333"),
        ("lái xe|tài xế", "83"),
        ("bảo trì", "7233"),
        ("sửa", "72"),
        ("kiểm tra|qc|kcs", "7543"),
        ("đóng gói", "9321"),
    )
    for word in words.split("|")
    for unit in compounded(syllables_of(word))
    for form in (unit.full, unit.bare)
}
# Titles with only these words are less informative than the employer's industry.
_PLAIN = {
    "worker": {"cong_nhan", "nhan_vien", "san_xuat", "lao_dong", "truc_tiep", "vien", "lam", "cong_ti", "phu", "viec", "cong_trinh"},
    "farm": {
        *("lam", "nong", "nong_dan", "nong_nghiep", "vuon", "ray", "chan_nuoi", "trong_trot", "trong", "nuoi", "trang_trai", "trai"),
        *("vuong", "tha", "uom", "cay", "nha", "ruong"),
    },
    "service": {"nhan_vien", "kinh_doanh", "tu", "phuc_vu", "lai", "tai_xe", "chay", "thue", "lam", "cong_nhan", "buon_ban", "ban"},
}

# For whom a person works, by the status in employment of the survey's form (Thông tư 01/2022/TT-BLĐTBXH, question 12.1).
WORKS_FOR = {"employee": "others", "own_account": "self", "family_worker": "self", "employer": "self"}

Vote = tuple[str, float]
TitleAndEmployer = tuple[str, str]  # a clean title, and for whom the person works: "self", "others" or ""


class Coding(NamedTuple):
    """A coded title, with phone numbers and ids masked. code: VSCO 2020 or None; level: its number of digits, 0 for none; score: from 0 to 1.

    method: given, exact_title, keyword, industry_assisted, fuzzy, manual or none.
    """

    title: str
    code: str | None
    level: int
    method: str
    score: float


class Evidence(NamedTuple):
    """The evidence on a title: its best codes at 4, 2 and 1 digits with raw support from 0 to 1; detail: a code of 5 digits or ""."""

    method: str
    codes: dict[int, str]
    support: dict[int, float]
    detail: str


class _ParsedTitle(NamedTuple):
    text: str
    units: list[Unit]
    head: Unit | None
    marked: bool
    corrected: bool
    bares: frozenset[str]
    hired: bool
    own: bool
    task: bool
    helps: bool
    mixed: bool
    catches: bool
    drives: bool


def coder_version() -> str:
    """The version of the rules and of the files that they use; titles coded by another version are coded again."""
    return f"{CODER_VERSION}.{files_digest()}.{load_calibration().digest}"


def code_titles(
    titles: Sequence[str],
    industry: str | Sequence[str | None] | None = None,
    status: str | Sequence[str | None] | None = None,
    calibration: Calibration | None = None,
) -> list[Coding]:
    """Code titles as people typed them.

    Args:
        titles: The titles.
        industry: The employer's VSIC code, one for all titles or one each.
        status: The person's status in employment (employer, own_account, family_worker or employee), one for all titles or one each.
        calibration: Instead of the installation's own.

    Returns:
        One Coding a title, in their order.
    """
    found = weigh(titles, _each(industry, titles), _each(status, titles))
    table = calibration or load_calibration()
    return [_answer(mask_personal(title), evidence, table) for title, evidence in zip(titles, found, strict=True)]


def _each(value: str | Sequence[str | None] | None, titles: Sequence[str]) -> Sequence[str | None]:
    return [value] * len(titles) if value is None or isinstance(value, str) else value


def _answer(title: str, evidence: Evidence | None, calibration: Calibration) -> Coding:
    if evidence:
        for level in LEVELS:
            if level in evidence.codes:
                score = calibration.probability(level, evidence.method, evidence.support[level])
                if score >= NEEDED:
                    code = evidence.detail if level == 4 and evidence.detail else evidence.codes[level]
                    return Coding(title, code, len(code), evidence.method, round(score, 3))
    return Coding(title, None, 0, "none", 0.0)


def weigh(titles: Sequence[str], industries: Sequence[str | None], statuses: Sequence[str | None]) -> list[Evidence | None]:
    """The evidence on each title, None where it is similar to no entry. Many titles are distributed over all processors.

    Args:
        titles: The titles as they were sent.
        industries: The industry of each; None: not known.
        statuses: The employment status of each; None: not known.
    """
    keys = [(clean_title(title), WORKS_FOR.get(status or "", "")) for title, status in zip(titles, statuses, strict=True)]
    distinct = list(dict.fromkeys(key for key in keys if key[0]))
    if len(distinct) < _WORTH_PROCESSES:
        found = _weigh_texts(distinct)
    else:
        workers = os.cpu_count() or 1
        shares = [distinct[start::workers] for start in range(workers)]
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = {key: evidence for share in pool.map(_weigh_texts, shares) for key, evidence in share.items()}
    return [
        _with_industry(key[0], found.get(key), industry) if industry else found.get(key)
        for key, industry in zip(keys, industries, strict=True)
    ]


def _weigh_texts(keys: list[TitleAndEmployer]) -> dict[TitleAndEmployer, Evidence | None]:
    lex = lexicon()
    found: dict[TitleAndEmployer, Evidence | None] = {}
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        found.update(zip(chunk, _weigh_chunk([_parse(text, works_for, lex) for text, works_for in chunk], lex), strict=True))
    return found


def _parse(text: str, works_for: str, lex: Lexicon) -> _ParsedTitle:
    syllables, corrected = lex.corrected(syllables_of(text))
    units = _grown_not_sold(list(dict.fromkeys(compounded(syllables))))
    marked = any(unit.marked for unit in units)
    head = next((u for u in units if any(_fit(u, full, marked) > _OTHER_MARKS for full in lex.heads.get(u.bare, ()))), None)
    words = [unit.full for unit in units]
    bares = [unit.bare for unit in units]
    pairs = set(pairwise(bares))
    first = next((unit.full for unit in units if unit.bare not in NEUTRAL), "")
    own = not _OWN.isdisjoint(words)
    helps = not _HELPS.isdisjoint(words)
    hired = (not _HIRED.isdisjoint(words) and _NOT_HIRED.isdisjoint(pairs)) or not _HIRED_PAIRS.isdisjoint(pairs) or (helps and not own)
    if not own and not hired:  # the title does not show it: use the status in employment
        own, hired = works_for == "self", works_for == "others"
    return _ParsedTitle(
        text,
        units,
        head,
        marked,
        corrected,
        frozenset(bares),
        hired,
        own and not hired,
        task=first in _TASKS and not own and _SELLS.isdisjoint(words),
        helps=helps,
        mixed=_both_grows_and_raises(words),
        catches=first in _CATCHES,
        drives=first in _DRIVES and not _MACHINES.isdisjoint(words),
    )


def _grown_not_sold(units: list[Unit]) -> list[Unit]:
    """The units without the words for selling, where the title states that the product is home-grown."""
    if any(one.full in _THEMSELVES and next_one.full in _GROWS for one, next_one in pairwise(units)) and units[0].full in _SELLS:
        return [unit for unit in units[1:] if unit.full not in _THEMSELVES]
    return units


def _both_grows_and_raises(words: list[str]) -> bool:
    raises = next((at for at, word in enumerate(words) if word in _RAISES), None)
    return raises is not None and not _FIELDS.isdisjoint(words[:raises])


def _fit(unit: Unit, full: str, marked: bool) -> float:
    """How well a typed word agrees with a word of the lexicon that has the same bare form. marked: the title has diacritics elsewhere."""
    if unit.full == full:
        return 1.0
    if unit.marked:
        return _OTHER_MARKS
    return _UNMARKED_AMONG_MARKED if marked else _UNMARKED


def _weigh_chunk(chunk: list[_ParsedTitle], lex: Lexicon) -> list[Evidence | None]:
    by_word, covered, other_head = _by_word(chunk, lex)
    by_spelling = _by_spelling(chunk, lex)
    by_word[other_head] *= np.float32(_OTHER_HEAD)
    best = np.argpartition(-by_word, _VOTERS, axis=1)[:, :_VOTERS]
    nearest = np.argpartition(-by_spelling, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    found: list[Evidence | None] = []
    for row, parsed in enumerate(chunk):
        words = [(lex.entries[n], float(by_word[row, n]), float(covered[row, n])) for n in best[row] if by_word[row, n] > 0]
        spellings = [(lex.entries[n], float(by_spelling[row, n])) for n in nearest[row] if by_spelling[row, n] > 0]
        found.append(_vote(parsed, words, spellings))
    return found


def _by_word(chunk: list[_ParsedTitle], lex: Lexicon) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Compare each title (rows) with each entry (columns) by words.

    Returns:
        The scores, the share of the entry's words that the title has, and whether the entry lacks the title's word for the activity.
    """
    size = len(lex.entries)
    cells: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    gains: list[Floats] = [np.zeros(0, dtype=np.float32)]
    head_cells: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    totals = np.ones(len(chunk), dtype=np.float32)
    for row, parsed in enumerate(chunk):
        total = 0.0
        for unit in parsed.units:
            forms = lex.words.get(unit.bare)
            if forms is None:
                total += _UNKNOWN_WEIGHT
                continue
            total += forms[0][2]
            for full, numbers, weight in forms:
                fit = _fit(unit, full, parsed.marked)
                cells.append(numbers + row * size)
                gains.append(np.full(len(numbers), fit * weight, dtype=np.float32))
                if unit is parsed.head and fit > _OTHER_MARKS:
                    head_cells.append(numbers + row * size)
        totals[row] = total or 1.0
    gained = _spread(cells, gains, len(chunk), size)
    covered = np.minimum(gained / lex.weights, np.float32(1))
    explained = np.minimum(gained / totals[:, None], np.float32(1))
    scores = covered * covered * (np.float32(1 - _EXPLAINED) + np.float32(_EXPLAINED) * explained) * lex.trust
    other_head = np.array([parsed.head is not None for parsed in chunk])[:, None] & np.ones(size, dtype=bool)
    other_head.reshape(-1)[np.concatenate(head_cells)] = False
    return scores, covered, other_head


def _by_spelling(chunk: list[_ParsedTitle], lex: Lexicon) -> Floats:
    """The cosine similarity of the spellings of each title (rows) and each entry (columns)."""
    size = len(lex.entries)
    cells: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    gains: list[Floats] = [np.zeros(0, dtype=np.float32)]
    lengths = np.ones(len(chunk), dtype=np.float32)
    for row, parsed in enumerate(chunk):
        length = 0.0
        for feature in spelling_features(parsed.units):
            indexed = lex.letters.get(feature)
            if indexed:
                cells.append(indexed[0] + row * size)
                gains.append(indexed[1])
                length += indexed[2]
        lengths[row] = np.sqrt(length) or 1.0
    return _spread(cells, gains, len(chunk), size) / lengths[:, None]


def _spread(cells: list[NDArray[np.int64]], gains: list[Floats], rows: int, columns: int) -> Floats:
    return np.bincount(np.concatenate(cells), np.concatenate(gains), rows * columns).astype(np.float32).reshape(rows, columns)


def _vote(parsed: _ParsedTitle, words: list[tuple[Entry, float, float]], spellings: list[tuple[Entry, float]]) -> Evidence | None:
    if not words and not spellings:
        return None
    exact = [covered > 0.8 and entry.bares == parsed.bares for entry, _, covered in words]
    named = any(same and entry.kind == "title" for same, (entry, _, _) in zip(exact, words, strict=True))
    if parsed.bares <= NEUTRAL and not named:
        return None
    by_word = [
        (_code_for(entry, parsed), score if not named or (same and entry.kind == "title") else score * _NOT_EXACT)
        for same, (entry, score, _) in zip(exact, words, strict=True)
    ]
    rankings = [_shares(by_word, _SHARPNESS)]
    if not any(exact):
        rankings.append(_shares([(_code_for(entry, parsed), score) for entry, score in spellings], _NEARNESS))
    codes, support = _elected(rankings)
    method = "fuzzy" if parsed.corrected or not words else "exact_title" if any(exact) else "keyword"
    return Evidence(method, codes, support, _detail(codes.get(4), rankings)) if codes else None


def _shares(votes: list[Vote], sharpness: int) -> list[Vote]:
    """The share of each code in a ranking. The shares sum to the best score; sharpness raises the weight of the best entries."""
    strongest = max((score for _, score in votes), default=0.0)
    weighted = [(code, (score / strongest) ** sharpness) for code, score in votes] if strongest else []
    total = sum(weight for _, weight in weighted)
    return [(code, strongest * weight / total) for code, weight in weighted]


def _elected(rankings: list[list[Vote]]) -> tuple[dict[int, str], dict[int, float]]:
    """The code with most support at 1, 2 and 4 digits, each within the one before."""
    codes: dict[int, str] = {}
    support: dict[int, float] = {}
    within = ""
    for level in reversed(LEVELS):
        shares: dict[str, float] = {}
        for code, share in (vote for ranking in rankings for vote in ranking):
            if len(code) >= level and code.startswith(within):
                shares[code[:level]] = shares.get(code[:level], 0.0) + share / len(rankings)
        if not shares:
            break
        within = max(shares, key=lambda code: shares[code])
        codes[level], support[level] = within, shares[within]
    return codes, support


def _detail(code: str | None, rankings: list[list[Vote]]) -> str:
    """The code of five digits on which the votes for these four digits agree, or ""."""
    shares: dict[str, float] = {}
    for full, share in (vote for ranking in rankings for vote in ranking):
        if code and full.startswith(code):
            shares[full] = shares.get(full, 0.0) + share
    most = max(shares, key=lambda full: shares[full], default="")
    return most if len(most) == 5 and shares[most] >= 0.7 * sum(shares.values()) else ""


def _code_for(entry: Entry, parsed: _ParsedTitle) -> str:
    """The entry's code, or the code of farm labourers, helpers, drivers or fishers where the title has such a word and the entry does not."""
    code = entry.code
    if parsed.head and code[0] in "68" and parsed.head.full in _ACTIVITY_CODES and parsed.head.bare not in entry.bares:
        return _ACTIVITY_CODES[parsed.head.full]
    words_of_entry = entry.fulls
    if parsed.drives and code.startswith(("611", "9201")) and _MACHINES.isdisjoint(words_of_entry):
        return _MACHINE_DRIVER
    if parsed.catches and code.startswith(_RAISED_FISH) and _CATCHES.isdisjoint(words_of_entry):
        code = _CAUGHT_FISH
    if parsed.mixed and code.startswith(("61", "62")) and (_RAISES.isdisjoint(words_of_entry) or _FIELDS.isdisjoint(words_of_entry)):
        code = _MIXED
    if parsed.own and code.startswith("92") and _OWN.isdisjoint(words_of_entry):
        return next((own for labour, own in _OWN_CODES.items() if code.startswith(labour)), code)
    if ((parsed.hired and code[0] == "6") or (parsed.task and code.startswith(_TASK_CODES))) and _HIRED.isdisjoint(words_of_entry):
        return next((labour for own, labour in _HIRED_CODES.items() if code.startswith(own)), code)
    if parsed.helps and _HELPS.isdisjoint(words_of_entry):
        return next((helper for trade, helper in _HELPERS.items() if code.startswith(trade)), code)
    return code


def _with_industry(text: str, evidence: Evidence | None, industry: str) -> Evidence | None:
    """The usual code of that industry where the title is general ("công nhân", "làm nông"), else the evidence."""
    words = {unit.bare for unit in compounded(syllables_of(text))}
    for group, plain in _PLAIN.items():
        if words and words <= plain:
            for prefix, code in industry_hints().get(group, ()):
                if industry.startswith(prefix):
                    codes = {level: code[:level] for level in LEVELS if len(code) >= level}
                    return Evidence("industry_assisted", codes, dict.fromkeys(codes, _INDUSTRY_SUPPORT), code if len(code) == 5 else "")
    return evidence
