"""Coding job titles to VSCO 2020, at the level that the words defend: 1, 2, 4 or 5 digits, or not at all.

Two voices are heard. The first compares a title with every entry of the lexicon by their common words, rare words counting more,
and lets what the first verb names go before what the work is about ("bán thanh long" sells). The second compares spellings, letter by letter. Their
best entries vote, level by level; how often such votes were right among titles labelled by hand is the score that is told.
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
# An answer at a level must be right seven times in ten; else a shorter code is given, or none.
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
    """Full forms of these words, and bare ones for whoever types no marks. bare: False for words that then look like others."""
    units = [unit for word in words.split("|") for unit in compounded(syllables_of(word))]
    return frozenset(form for unit in units for form in ((unit.full, unit.bare) if bare else (unit.full,)))


# Work for somebody else: with a farm trade it is farm labour (VSCO 92), and not a farm of one's own (61, 62).
_HIRED = _forms("thuê|làm thuê|công nhật|công nhân|nhân viên|làm công")
_HIRED_PAIRS = {("cho", "chu"), ("cho", "nguoi"), ("cho", "nha_vuon"), ("cho", "vua"), ("lam", "cho"), ("an", "cong"), ("an", "ki")}
_NOT_HIRED = {("thue", field) for field in ("dat", "ruong", "ray", "vuon", "ao", "vuong", "them")} | {("lam_thue", "them"), ("cho", "thue")}
_HIRED_CODES = {
    **{"6113": "9204", "611": "92010", "612": "92020", "613": "92030", "621": "92050", "622": "9206"},
    **{"61": "92", "62": "92"},
}
# So is one task with crops or trees ("cắt chanh", "vô bầu"), unless the words or the form say that they are one's own, or are sold.
_TASKS = _forms(
    "cắt|bẻ|hái|nhổ|chặt|đốn|cưa|vót|lột|lặt|tỉa|bao|đào|dỡ|móc|bới|xịt|phun|bón|rải|tưới|bơm|bồi|cột|vác|khiêng|phát|dặm"
) | _forms("vô", bare=False)
_TASK_CODES = ("611", "621")
# ... and what is done on the family's own farm ("cắt cỏ cho bò nhà") is that farm's trade, helping there too.
_OWN = _forms("nhà|gia đình|chồng|cha|mình|cha mẹ|ba má|ba mẹ|bố mẹ|ông xã|bà xã") | _forms("vợ|mẹ", bare=False)
_OWN_CODES = {"9201": "61", "9202": "612", "9204": "6113", "9205": "621", "9206": "622"}
# Who sells what they grew or raised themselves ("bán chanh nhà trồng") is its grower.
_SELLS, _THEMSELVES, _GROWS = _forms("bán|buôn bán"), _forms("nhà|tự|gia đình|mình"), _forms("trồng|nuôi|ươm|ương|ấp|thả|câu")
# Growing and raising on one farm is mixed farming; fields count only before the animals, for "nuôi cá ruộng" raises fish.
_RAISES, _FIELDS = _forms("nuôi|chăn nuôi|chăn"), _forms("trồng|trồng trọt|ruộng|vườn|rẫy|nông")
_MIXED = "61300"
# Who catches fish ("câu tôm càng") does not raise it.
_CATCHES = _forms("câu|bắt|giăng|đặt|soi|chài|cào|đánh bắt")
_RAISED_FISH, _CAUGHT_FISH = "6221", "6222"
# Who drives a machine over the fields ("chạy máy tuốt lúa") is its driver.
_MACHINES = _forms("máy|máy bay|drone|máy cày|máy xới|máy gặt|máy kéo")
_DRIVES = _forms("lái|chạy|điều khiển|vận hành|bay") | _MACHINES
_MACHINE_DRIVER = "8341"
# Who helps at a trade (phụ) is coded with the helpers.
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
# Who sells a thing, drives it, guards it or keeps its books does not grow, raise or make it (codes of groups 6 and 8).
_DOERS = {
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
# Titles of these words alone say less than the employer's industry does.
_PLAIN = {
    "worker": {"cong_nhan", "nhan_vien", "san_xuat", "lao_dong", "truc_tiep", "vien", "lam", "cong_ti", "phu", "viec", "cong_trinh"},
    "farm": {
        *("lam", "nong", "nong_dan", "nong_nghiep", "vuon", "ray", "chan_nuoi", "trong_trot", "trong", "nuoi", "trang_trai", "trai"),
        *("vuong", "tha", "uom", "cay", "nha", "ruong"),
    },
    "service": {"nhan_vien", "kinh_doanh", "tu", "phuc_vu", "lai", "tai_xe", "chay", "thue", "lam", "cong_nhan", "buon_ban", "ban"},
}

# For whom somebody works, by the status in employment of the survey's form (Thông tư 01/2022/TT-BLĐTBXH, question 12.1).
_WORKS_FOR = {"employee": "others", "own_account": "self", "family_worker": "self", "employer": "self"}

Vote = tuple[str, float]
Question = tuple[str, str]  # a cleaned title, and for whom its person works: "self", "others" or ""


class Coding(NamedTuple):
    """A coded title, its phone numbers and ids masked. code: VSCO 2020 or None; level: its digits, 0 for none; score: the share of such answers that are right.

    method: given, exact_title, keyword, industry_assisted, fuzzy, manual or none.
    """

    title: str
    code: str | None
    level: int
    method: str
    score: float


class Evidence(NamedTuple):
    """What is known of a title: its best codes at 4, 2 and 1 digits with raw support from 0 to 1, and a code of 5 digits or ""."""

    method: str
    codes: dict[int, str]
    support: dict[int, float]
    detail: str


class _Read(NamedTuple):
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
    """Version of the rules and of the files they rest on; a title coded by another one is coded again."""
    return f"{CODER_VERSION}.{files_digest()}.{load_calibration().digest}"


def code_titles(
    titles: Sequence[str],
    industry: str | Sequence[str | None] | None = None,
    status: str | Sequence[str | None] | None = None,
    calibration: Calibration | None = None,
) -> list[Coding]:
    """Code titles as people typed them, in their order. Evidence beside them, one for all or one each: industry, the employer's VSIC code;
    status, the person's status in employment (employer, own_account, family_worker, employee)."""
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
    """The evidence on each title; None where nothing of it is like anything known. Many titles are shared out to all processors."""
    asked = [(clean_title(title), _WORKS_FOR.get(status or "", "")) for title, status in zip(titles, statuses, strict=True)]
    distinct = list(dict.fromkeys(question for question in asked if question[0]))
    if len(distinct) < _WORTH_PROCESSES:
        found = _weigh_texts(distinct)
    else:
        workers = os.cpu_count() or 1
        shares = [distinct[start::workers] for start in range(workers)]
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            found = {question: evidence for share in pool.map(_weigh_texts, shares) for question, evidence in share.items()}
    return [
        _with_industry(question[0], found.get(question), industry) if industry else found.get(question)
        for question, industry in zip(asked, industries, strict=True)
    ]


def _weigh_texts(questions: list[Question]) -> dict[Question, Evidence | None]:
    lex = lexicon()
    found: dict[Question, Evidence | None] = {}
    for start in range(0, len(questions), _CHUNK):
        chunk = questions[start : start + _CHUNK]
        found.update(zip(chunk, _weigh_chunk([_read(text, works_for, lex) for text, works_for in chunk], lex), strict=True))
    return found


def _read(text: str, works_for: str, lex: Lexicon) -> _Read:
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
    if not own and not hired:  # the words say nothing of it: the form does
        own, hired = works_for == "self", works_for == "others"
    return _Read(
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
    """Without the selling, where the title says that what is sold was grown at home."""
    if any(one.full in _THEMSELVES and next_one.full in _GROWS for one, next_one in pairwise(units)) and units[0].full in _SELLS:
        return [unit for unit in units[1:] if unit.full not in _THEMSELVES]
    return units


def _both_grows_and_raises(words: list[str]) -> bool:
    raises = next((at for at, word in enumerate(words) if word in _RAISES), None)
    return raises is not None and not _FIELDS.isdisjoint(words[:raises])


def _fit(unit: Unit, full: str, marked: bool) -> float:
    """How well a typed word is a word of the lexicon with the same letters. marked: the title has diacritics elsewhere."""
    if unit.full == full:
        return 1.0
    if unit.marked:
        return _OTHER_MARKS
    return _UNMARKED_AMONG_MARKED if marked else _UNMARKED


def _weigh_chunk(chunk: list[_Read], lex: Lexicon) -> list[Evidence | None]:
    by_word, covered, other_head = _by_word(chunk, lex)
    by_spelling = _by_spelling(chunk, lex)
    by_word[other_head] *= np.float32(_OTHER_HEAD)
    best = np.argpartition(-by_word, _VOTERS, axis=1)[:, :_VOTERS]
    nearest = np.argpartition(-by_spelling, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    found: list[Evidence | None] = []
    for row, read in enumerate(chunk):
        words = [(lex.entries[n], float(by_word[row, n]), float(covered[row, n])) for n in best[row] if by_word[row, n] > 0]
        spellings = [(lex.entries[n], float(by_spelling[row, n])) for n in nearest[row] if by_spelling[row, n] > 0]
        found.append(_vote(read, words, spellings))
    return found


def _by_word(chunk: list[_Read], lex: Lexicon) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """How well each entry fits each title by its words, the share of the entry's words that the title has, and whether the entry
    is without the word that says what is done."""
    size = len(lex.entries)
    cells: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    gains: list[Floats] = [np.zeros(0, dtype=np.float32)]
    head_cells: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    totals = np.ones(len(chunk), dtype=np.float32)
    for row, read in enumerate(chunk):
        total = 0.0
        for unit in read.units:
            forms = lex.words.get(unit.bare)
            if forms is None:
                total += _UNKNOWN_WEIGHT
                continue
            total += forms[0][2]
            for full, numbers, weight in forms:
                fit = _fit(unit, full, read.marked)
                cells.append(numbers + row * size)
                gains.append(np.full(len(numbers), fit * weight, dtype=np.float32))
                if unit is read.head and fit > _OTHER_MARKS:
                    head_cells.append(numbers + row * size)
        totals[row] = total or 1.0
    gained = _spread(cells, gains, len(chunk), size)
    covered = np.minimum(gained / lex.weights, np.float32(1))
    explained = np.minimum(gained / totals[:, None], np.float32(1))
    scores = covered * covered * (np.float32(1 - _EXPLAINED) + np.float32(_EXPLAINED) * explained) * lex.trust
    other_head = np.array([read.head is not None for read in chunk])[:, None] & np.ones(size, dtype=bool)
    other_head.reshape(-1)[np.concatenate(head_cells)] = False
    return scores, covered, other_head


def _by_spelling(chunk: list[_Read], lex: Lexicon) -> Floats:
    """The cosine of each title's and each entry's spelling."""
    size = len(lex.entries)
    cells: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    gains: list[Floats] = [np.zeros(0, dtype=np.float32)]
    lengths = np.ones(len(chunk), dtype=np.float32)
    for row, read in enumerate(chunk):
        length = 0.0
        for feature in spelling_features(read.units):
            known = lex.letters.get(feature)
            if known:
                cells.append(known[0] + row * size)
                gains.append(known[1])
                length += known[2]
        lengths[row] = np.sqrt(length) or 1.0
    return _spread(cells, gains, len(chunk), size) / lengths[:, None]


def _spread(cells: list[NDArray[np.int64]], gains: list[Floats], rows: int, columns: int) -> Floats:
    return np.bincount(np.concatenate(cells), np.concatenate(gains), rows * columns).astype(np.float32).reshape(rows, columns)


def _vote(read: _Read, words: list[tuple[Entry, float, float]], spellings: list[tuple[Entry, float]]) -> Evidence | None:
    if not words and not spellings:
        return None
    exact = [covered > 0.8 and entry.bares == read.bares for entry, _, covered in words]
    named = any(same and entry.kind == "title" for same, (entry, _, _) in zip(exact, words, strict=True))
    if read.bares <= NEUTRAL and not named:
        return None
    by_word = [
        (_seen_as(entry, read), score if not named or (same and entry.kind == "title") else score * _NOT_EXACT)
        for same, (entry, score, _) in zip(exact, words, strict=True)
    ]
    voices = [_shares(by_word, _SHARPNESS)]
    if not any(exact):
        voices.append(_shares([(_seen_as(entry, read), score) for entry, score in spellings], _NEARNESS))
    codes, support = _elected(voices)
    method = "fuzzy" if read.corrected or not words else "exact_title" if any(exact) else "keyword"
    return Evidence(method, codes, support, _detail(codes.get(4), voices)) if codes else None


def _shares(votes: list[Vote], sharpness: int) -> list[Vote]:
    """What each code has of a voice, whose strength is that of its best vote."""
    strongest = max((score for _, score in votes), default=0.0)
    loud = [(code, (score / strongest) ** sharpness) for code, score in votes] if strongest else []
    everything = sum(vote for _, vote in loud)
    return [(code, strongest * vote / everything) for code, vote in loud]


def _elected(voices: list[list[Vote]]) -> tuple[dict[int, str], dict[int, float]]:
    """The code with most support at 1, 2 and 4 digits, each within the one before."""
    codes: dict[int, str] = {}
    support: dict[int, float] = {}
    within = ""
    for level in reversed(LEVELS):
        shares: dict[str, float] = {}
        for code, share in (vote for voice in voices for vote in voice):
            if len(code) >= level and code.startswith(within):
                shares[code[:level]] = shares.get(code[:level], 0.0) + share / len(voices)
        if not shares:
            break
        within = max(shares, key=lambda code: shares[code])
        codes[level], support[level] = within, shares[within]
    return codes, support


def _detail(code: str | None, voices: list[list[Vote]]) -> str:
    """The five digits on which those that vote for these four agree, or ""."""
    shares: dict[str, float] = {}
    for full, share in (vote for voice in voices for vote in voice):
        if code and full.startswith(code):
            shares[full] = shares.get(full, 0.0) + share
    most = max(shares, key=lambda full: shares[full], default="")
    return most if len(most) == 5 and shares[most] >= 0.7 * sum(shares.values()) else ""


def _seen_as(entry: Entry, read: _Read) -> str:
    """The entry's code, or that of hired hands, helpers and others where the title says so and the entry does not."""
    code = entry.code
    if read.head and code[0] in "68" and read.head.full in _DOERS and read.head.bare not in entry.bares:
        return _DOERS[read.head.full]
    said = entry.fulls
    if read.drives and code.startswith(("611", "9201")) and _MACHINES.isdisjoint(said):
        return _MACHINE_DRIVER
    if read.catches and code.startswith(_RAISED_FISH) and _CATCHES.isdisjoint(said):
        code = _CAUGHT_FISH
    if read.mixed and code.startswith(("61", "62")) and (_RAISES.isdisjoint(said) or _FIELDS.isdisjoint(said)):
        code = _MIXED
    if read.own and code.startswith("92") and _OWN.isdisjoint(said):
        return next((own for labour, own in _OWN_CODES.items() if code.startswith(labour)), code)
    if ((read.hired and code[0] == "6") or (read.task and code.startswith(_TASK_CODES))) and _HIRED.isdisjoint(said):
        return next((labour for own, labour in _HIRED_CODES.items() if code.startswith(own)), code)
    if read.helps and _HELPS.isdisjoint(said):
        return next((helper for trade, helper in _HELPERS.items() if code.startswith(trade)), code)
    return code


def _with_industry(text: str, evidence: Evidence | None, industry: str) -> Evidence | None:
    """Where the title is plain ("công nhân", "làm nông"), what people with that title do in that industry."""
    words = {unit.bare for unit in compounded(syllables_of(text))}
    for group, plain in _PLAIN.items():
        if words and words <= plain:
            for prefix, code in industry_hints().get(group, ()):
                if industry.startswith(prefix):
                    codes = {level: code[:level] for level in LEVELS if len(code) >= level}
                    return Evidence("industry_assisted", codes, dict.fromkeys(codes, _INDUSTRY_SUPPORT), code if len(code) == 5 else "")
    return evidence
