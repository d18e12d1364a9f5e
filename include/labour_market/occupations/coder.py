"""Coding job titles to VSCO 2020, at the level that the words defend: 1, 2, 4 or 5 digits, or not at all.

A title is compared with every entry of the lexicon by their common words, rare words counting more. What the first verb names goes
before what the work is about ("bán thanh long" sells), and the entries that fit best vote, level by level. How often such votes were
right among titles labelled by hand is the score that is told.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from labour_market.occupations.calibration import Calibration, load_calibration
from labour_market.occupations.lexicon import Entry, Lexicon, files_digest, industry_hints, lexicon
from labour_market.occupations.titles import Unit, clean_title, compounded, syllables_of

CODER_VERSION = "1"
LEVELS = (4, 2, 1)
# The score that an answer needs at a level; below it a shorter code is given, and below the last none.
NEEDED = {4: 0.6, 2: 0.55, 1: 0.55}

_CHUNK = 256
_VOTERS = 8
_SHARPNESS = 8
_COVER_POWER = 2.5
_EXPLAINED = 0.6
_OTHER_HEAD = 0.6
_NOT_EXACT = 0.75
_UNKNOWN_WEIGHT = 2.0
_UNMARKED, _UNMARKED_AMONG_MARKED, _OTHER_MARKS = 0.95, 0.85, 0.55
_WEAK, _ALIKE = 0.3, 80.0
_INDUSTRY_SUPPORT = 0.85

# Work for somebody else: with a farm trade it is farm labour (VSCO 92), and not a farm of one's own (61, 62).
_HIRED = {"thue", "lam_thue", "cong_nhat", "cong_nhan"}
_NOT_HIRED = {("thue", "dat"), ("thue", "ruong"), ("thue", "them"), ("lam_thue", "them")}
_HIRED_CODES = {"6113": "9204", "611": "92010", "612": "92020", "613": "92030", "621": "92050", "622": "9206", "61": "92", "62": "92", "6": "9"}
# Titles of these words alone say less than the employer's industry does.
_PLAIN = {
    "worker": {"cong_nhan", "nhan_vien", "san_xuat", "lao_dong", "truc_tiep", "xuong", "vien", "lam", "cong_ti", "phu", "cong_trinh"},
    "farm": {"lam", "nong", "nong_dan", "nong_nghiep", "vuon", "ray", "chan_nuoi", "trong_trot", "trong", "nuoi", "trang_trai", "trai",
             "vuong", "tha", "uom", "cay", "nha", "nong_trai", "ruong"},
    "service": {"nhan_vien", "kinh_doanh", "tu", "phuc_vu", "lai", "tai_xe", "chay", "thue", "lam", "cong_nhan", "buon_ban", "ban"},
}  # fmt: skip

Numbers = NDArray[np.float64]


class Coding(NamedTuple):
    """A coded title. code: VSCO 2020 or None; level: its digits, 0 for none; score: the share of such answers that are right.

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
    hired: bool


def coder_version() -> str:
    """Version of the rules and of the files they rest on; a title coded by another one is coded again."""
    return f"{CODER_VERSION}.{files_digest()}.{load_calibration().digest}"


def code_titles(
    titles: Sequence[str],
    industry: str | Sequence[str | None] | None = None,
    calibration: Calibration | None = None,
) -> list[Coding]:
    """Code titles as people typed them, in their order. industry: the employer's VSIC code, one for all or one each."""
    industries: Sequence[str | None] = [industry] * len(titles) if industry is None or isinstance(industry, str) else industry
    table = calibration or load_calibration()
    return [_answer(title, found, table) for title, found in zip(titles, weigh(titles, industries), strict=True)]


def _answer(title: str, evidence: Evidence | None, calibration: Calibration) -> Coding:
    for level in LEVELS if evidence else ():
        if level in evidence.codes:
            score = calibration.probability(level, evidence.support[level])
            if score >= NEEDED[level]:
                code = evidence.detail if level == 4 and evidence.detail else evidence.codes[level]
                return Coding(title, code, len(code), evidence.method, round(score, 3))
    return Coding(title, None, 0, "none", 0.0)


def weigh(titles: Sequence[str], industries: Sequence[str | None]) -> list[Evidence | None]:
    """The evidence on each title; None where no word of it says anything."""
    lex = lexicon()
    cleaned = [clean_title(title) for title in titles]
    known: dict[str, Evidence | None] = {}
    distinct = list(dict.fromkeys(filter(None, cleaned)))
    for start in range(0, len(distinct), _CHUNK):
        chunk = [_read(text, lex) for text in distinct[start : start + _CHUNK]]
        for read, evidence in zip(chunk, _weigh_chunk(chunk, lex), strict=True):
            known[read.text] = evidence
    return [
        _with_industry(text, known.get(text), industry) if industry else known.get(text)
        for text, industry in zip(cleaned, industries, strict=True)
    ]


def _read(text: str, lex: Lexicon) -> _Read:
    syllables, corrected = lex.corrected(syllables_of(text))
    units = list(dict.fromkeys(compounded(syllables)))
    marked = any(unit.marked for unit in units)
    head = next((u for u in units if any(_fit(u, full, marked) > _OTHER_MARKS for full in lex.heads.get(u.bare, ()))), None)
    bares = [unit.bare for unit in units]
    hired = not _HIRED.isdisjoint(bares) and _NOT_HIRED.isdisjoint(zip(bares, bares[1:], strict=False))
    return _Read(text, units, head, marked, corrected, hired)


def _fit(unit: Unit, full: str, marked: bool) -> float:
    """How well a typed word is a word of the lexicon with the same letters. marked: the title has diacritics elsewhere."""
    if unit.full == full:
        return 1.0
    if unit.marked:
        return _OTHER_MARKS
    return _UNMARKED_AMONG_MARKED if marked else _UNMARKED


def _weigh_chunk(chunk: list[_Read], lex: Lexicon) -> list[Evidence | None]:
    scores, covered = _scores(chunk, lex)
    top = np.argpartition(-scores, _VOTERS, axis=1)[:, :_VOTERS]
    found: list[Evidence | None] = []
    for row, read in enumerate(chunk):
        candidates = [(lex.entries[n], float(scores[row, n]), float(covered[row, n])) for n in top[row] if scores[row, n] > 0]
        if max((score for _, score, _ in candidates), default=0.0) < _WEAK:
            candidates += _alike(read, lex)
        found.append(_vote(read, candidates))
    return found


def _scores(chunk: list[_Read], lex: Lexicon) -> tuple[Numbers, Numbers]:
    """How well each entry fits each title, and the share of the entry's words that the title has."""
    size = len(lex.entries)
    cells: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    gains: list[Numbers] = [np.zeros(0)]
    head_cells: list[NDArray[np.int64]] = [np.zeros(0, dtype=np.int64)]
    totals = np.ones(len(chunk))
    for row, read in enumerate(chunk):
        total = 0.0
        for unit in read.units:
            forms = lex.postings.get(unit.bare)
            if forms is None:
                total += _UNKNOWN_WEIGHT
                continue
            total += forms[0][2]
            for full, numbers, weight in forms:
                fit = _fit(unit, full, read.marked)
                cells.append(numbers + row * size)
                gains.append(np.full(len(numbers), fit * weight))
                if unit is read.head and fit > _OTHER_MARKS:
                    head_cells.append(numbers + row * size)
        totals[row] = total or 1.0
    shape = (len(chunk), size)
    gained = np.bincount(np.concatenate(cells), np.concatenate(gains), minlength=shape[0] * size).reshape(shape)
    covered = np.minimum(gained / lex.weights, 1.0)
    explained = np.minimum(gained / totals[:, None], 1.0)
    scores = covered**_COVER_POWER * (1 - _EXPLAINED + _EXPLAINED * explained) * lex.trust
    with_head = np.zeros(shape[0] * size, dtype=bool)
    with_head[np.concatenate(head_cells)] = True
    has_head = np.array([read.head is not None for read in chunk])[:, None]
    scores *= np.where(with_head.reshape(shape) | ~has_head, 1.0, _OTHER_HEAD)
    return scores, covered


def _alike(read: _Read, lex: Lexicon) -> list[tuple[Entry, float, float]]:
    """Entries spelt like the whole title, for titles of which no word is known."""
    text = " ".join(unit.bare.replace("_", " ") for unit in read.units)
    hits = process.extract(text, lex.spelt, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=3)
    return [(lex.entries[number], (ratio / 100) ** 3, 0.0) for _, ratio, number in hits]


def _vote(read: _Read, candidates: list[tuple[Entry, float, float]]) -> Evidence | None:
    if not candidates:
        return None
    words = {unit.bare for unit in read.units}
    votes: list[tuple[str, float]] = []
    exact = False
    for entry, score, covered in candidates:
        same = covered > 0.8 and {unit.bare for unit in entry.units} == words
        exact = exact or same
        named = entry.kind == "title" and same
        votes.append((_as_hired(entry, read), score * (1.0 if named else _NOT_EXACT if exact else 1.0)))
    if exact:
        votes = [
            (code, score if entry.kind == "title" and {u.bare for u in entry.units} == words else score * _NOT_EXACT)
            for (entry, score, _), (code, _) in zip(candidates, votes, strict=True)
        ]
    best = max(score for _, score in votes)
    loud = [(code, score, (score / best) ** _SHARPNESS) for code, score in votes]
    everything = sum(vote for _, _, vote in loud)
    codes: dict[int, str] = {}
    support: dict[int, float] = {}
    within = ""
    for level in reversed(LEVELS):
        shares: dict[str, float] = {}
        for code, _, vote in loud:
            if len(code) >= level and code.startswith(within):
                shares[code[:level]] = shares.get(code[:level], 0.0) + vote
        if not shares:
            break
        within = max(shares, key=lambda code: shares[code])
        codes[level] = within
        support[level] = shares[within] / everything * max(score for code, score, _ in loud if code.startswith(within))
    method = "fuzzy" if read.corrected or not any(covered for _, _, covered in candidates) else "exact_title" if exact else "keyword"
    return Evidence(method, codes, support, _detail(codes.get(4), loud))


def _detail(code: str | None, loud: list[tuple[str, float, float]]) -> str:
    """The five digits on which those that vote for these four agree, or ""."""
    if code is None:
        return ""
    shares: dict[str, float] = {}
    for full, _, vote in loud:
        if full.startswith(code):
            shares[full] = shares.get(full, 0.0) + vote
    most = max(shares, key=lambda full: shares[full])
    return most if len(most) == 5 and shares[most] >= 0.7 * sum(shares.values()) else ""


def _as_hired(entry: Entry, read: _Read) -> str:
    if read.hired and entry.code[:2] in ("61", "62") and _HIRED.isdisjoint(unit.bare for unit in entry.units):
        return next(labour for own, labour in _HIRED_CODES.items() if entry.code.startswith(own))
    return entry.code


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
