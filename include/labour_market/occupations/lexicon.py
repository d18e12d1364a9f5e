"""The lexicon that titles are compared with: titles of the classification and trade names of the alias list, indexed by words and letters."""

import csv
import hashlib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import OSA

from labour_market.occupations.codes import SEEDS
from labour_market.occupations.titles import Unit, clean_title, compounded, syllables_of

OCCUPATIONS = SEEDS / "occupation.csv"
ALIASES = SEEDS / "title_alias.csv"
HINTS = SEEDS / "industry_hint.csv"

# The weight of an entry by its kind: a complete name of a trade has more than only its verb, or only its object.
KIND_TRUST = {"title": 1.0, "official": 0.96, "head": 0.9, "object": 0.85}
# Words that occur with every trade distinguish little.
NEUTRAL = {
    *("lam", "cong_nhan", "nhan_vien", "nguoi", "tho", "nha", "chu", "khac", "lien_quan", "cong_ti", "viec", "di", "mo", "cho", "san_xuat"),
    *("lao_dong", "ban_than", "giup", "gia_dinh", "dung", "khau", "nhan", "phu", "tiem", "co", "thoi_vu", "mua_vu", "tu_do"),
}
_NEUTRAL_WEIGHT = 0.7
_LETTERS = 4
_TOO_COMMON = 0.05  # a feature of a larger share of entries distinguishes none of them, and costs most
_PARENTHESES = re.compile(r"\([^)]*\)")
_RESIDUAL = re.compile(
    r"(?:chưa được phân vào đâu|và (?:các |những )?(?:thợ|nghề|công việc|lao động|người)(?: khác)? (?:khác )?có liên quan|có liên quan|khác)$"
)
# A text of the shape of a Vietnamese syllable (without marks) may be a word that the lexicon does not have; any other is a typing error.
_SYLLABLE_SHAPE = re.compile(
    r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnpqrstvx])?(?:uye|uya|uyu|ieu|yeu|oai|oay|oeo|uoi|uou|uay|uo|ua|ue|uy|ui|uu|ia|ie|iu|ye"
    r"|oa|oe|oi|oo|ai|ao|au|ay|eo|eu|[aeiouy])(?:ch|ng|nh|[cmnpt])?"
)

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Entry:
    """A title of a code. key: its clean text; kind: title, official, head or object; units: its distinct words; fulls: their full forms;
    bares: their bare forms."""

    key: str
    code: str
    kind: str
    units: tuple[Unit, ...]
    fulls: frozenset[str]
    bares: frozenset[str]


@dataclass
class Lexicon:
    """Entries and their two indexes.

    words: bare word -> its full forms, each with entry numbers and the word's weight. weights: the sum of the weights of an entry's words.
    letters: feature of the spelling -> entry numbers, their gains, and the square of the feature's rarity.
    """

    entries: list[Entry]
    weights: Floats
    trust: Floats
    words: dict[str, list[tuple[str, Numbers, float]]]
    letters: dict[str, tuple[Numbers, Floats, float]]
    heads: dict[str, set[str]]
    vocabulary: dict[str, int]
    pairs: set[tuple[str, str]]
    near: dict[str, list[str]]

    def corrected(self, syllables: Sequence[Unit]) -> tuple[list[Unit], bool]:
        """Correct typing errors: replace a syllable by the nearest word of the lexicon, or split it in two.

        A title without any word of the lexicon is corrected only when all its syllables can be.

        Returns:
            The syllables, and whether any was corrected.
        """
        changed = False
        result: list[Unit] = []
        for at, unit in enumerate(syllables):
            is_word = unit.bare in self.vocabulary or not unit.bare.isalpha() or _SYLLABLE_SHAPE.fullmatch(unit.bare)
            if is_word or len(unit.bare) < 3:
                result.append(unit)
                continue
            before = result[-1].bare if result else ""
            after = syllables[at + 1].bare if at + 1 < len(syllables) else ""
            found = self._nearest(unit.bare, before, after)
            changed = changed or found is not None
            result += [Unit(word, word, False) for word in found] if found else [unit]
        if changed and not any(unit.bare in self.vocabulary for unit in syllables):
            changed = all(unit.bare in self.vocabulary for unit in result)
        return (result, True) if changed else (list(syllables), False)

    def _nearest(self, word: str, before: str, after: str) -> tuple[str, ...] | None:
        candidates: dict[tuple[str, ...], float] = {}
        for shape in {word, *_deletions(word)}:
            for candidate in self.near.get(shape, ()):
                if OSA.distance(word, candidate, score_cutoff=1) <= 1:
                    fits = ((before, candidate) in self.pairs) + ((candidate, after) in self.pairs)
                    candidates[(candidate,)] = 10 * fits + float(np.log1p(self.vocabulary[candidate])) + (candidate[0] == word[0])
        for cut in range(2, len(word) - 1):
            if (word[:cut], word[cut:]) in self.pairs:
                candidates[word[:cut], word[cut:]] = 12.0
        return max(candidates, key=lambda c: candidates[c]) if candidates else None


def _deletions(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def units_of(text: str) -> tuple[Unit, ...]:
    """The distinct words of a clean title, in order."""
    return tuple(dict.fromkeys(compounded(syllables_of(text))))


def spelling_features(units: Sequence[Unit]) -> list[str]:
    """The features by which spellings are compared: words, pairs of words, and runs of four letters, without marks."""
    bares = [unit.bare for unit in units]
    text = f" {' '.join(bares).replace('_', ' ')} "
    features = [f"w{bare}" for bare in bares]
    features += [f"m{unit.full}" for unit in units if unit.marked]
    features += [f"p{first} {second}" for first, second in itertools.pairwise(bares)]
    features += [f"1{bare}" for bare in bares[:1]]
    features += [text[at : at + _LETTERS] for at in range(len(text) - _LETTERS + 1)]
    return list(dict.fromkeys(features))


def _official_titles() -> Iterable[tuple[str, str, str]]:
    with OCCUPATIONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if int(row["level"]) < 4 or row["code"][0] in "01":  # codes of state bodies share the names of ranks
                continue
            for part in re.split(r"[,;/]", _PARENTHESES.sub("", row["label_vi"])):
                words = _RESIDUAL.sub("", part.strip())
                if len(words.split()) > 1:
                    yield words, row["code"], "official"


def _aliases() -> Iterable[tuple[str, str, str]]:
    with ALIASES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["alias"], row["code"], row["kind"]


@cache
def lexicon() -> Lexicon:
    """The lexicon of this installation's files, built once a process in about half a second."""
    entries: dict[tuple[str, str], Entry] = {}
    for text, code, kind in [*_aliases(), *_official_titles()]:
        key = clean_title(text)
        if key and (key, code[:4]) not in entries:
            units = units_of(key)
            fulls, bares = frozenset(unit.full for unit in units), frozenset(unit.bare for unit in units)
            entries[key, code[:4]] = Entry(key, code, kind, units, fulls, bares)
    return index(list(entries.values()))


def index(entries: list[Entry]) -> Lexicon:
    """Build a lexicon of these entries."""
    words: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    vocabulary: dict[str, int] = defaultdict(int)
    pairs: set[tuple[str, str]] = set()
    for number, entry in enumerate(entries):
        for unit in entry.units:
            words[unit.bare][unit.full].append(number)
        syllables = [unit.bare for unit in syllables_of(entry.key)]
        for syllable in syllables:
            vocabulary[syllable] += 1
        pairs.update(itertools.pairwise(syllables))
    near: dict[str, list[str]] = defaultdict(list)
    for word in filter(lambda candidate: len(candidate) > 1, vocabulary):
        for shape in {word, *_deletions(word)}:
            near[shape].append(word)
    weight = {
        bare: _rarity(len(entries), len({number for numbers in forms.values() for number in numbers}))
        * (_NEUTRAL_WEIGHT if bare in NEUTRAL else 1.0)
        for bare, forms in words.items()
    }
    return Lexicon(
        entries=entries,
        weights=np.array([sum(weight[unit.bare] for unit in entry.units) for entry in entries], dtype=np.float32),
        trust=np.array([KIND_TRUST[entry.kind] for entry in entries], dtype=np.float32),
        words={
            bare: [(full, np.array(numbers, dtype=np.int64), weight[bare]) for full, numbers in forms.items()]
            for bare, forms in words.items()
        },
        letters=_letters(entries),
        heads=_heads(entries),
        vocabulary=dict(vocabulary),
        pairs=pairs,
        near=dict(near),
    )


def _letters(entries: list[Entry]) -> dict[str, tuple[Numbers, Floats, float]]:
    found: dict[str, list[int]] = defaultdict(list)
    features = [spelling_features(entry.units) for entry in entries]
    for number, of_entry in enumerate(features):
        for feature in of_entry:
            found[feature].append(number)
    rarity = {f: _rarity(len(entries), len(n)) for f, n in found.items() if len(n) <= _TOO_COMMON * len(entries)}
    squares = [sum(rarity[feature] ** 2 for feature in of_entry if feature in rarity) for of_entry in features]
    lengths = np.sqrt(np.maximum(np.array(squares, dtype=np.float32), np.float32(1)))
    return {
        feature: (where, (square / lengths[where]).astype(np.float32), square)
        for feature, square in ((feature, value**2) for feature, value in rarity.items())
        for where in [np.array(found[feature], dtype=np.int64)]
    }


def _rarity(entries: int, containing: int) -> float:
    return float(np.log((entries + 1) / (containing + 0.5)))


def _heads(entries: list[Entry]) -> dict[str, set[str]]:
    """Words for an activity, by bare form: those that begin trade names, and the heads of the alias list."""
    objects = {entry.units[0].bare for entry in entries if entry.kind == "object"}
    begins: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        if entry.kind in ("title", "head"):
            first = next((unit for unit in entry.units if unit.bare not in NEUTRAL), None)
            if first and first.bare not in objects:
                begins[first.bare, first.full] += 5 if entry.kind == "head" else 1
    heads: dict[str, set[str]] = defaultdict(set)
    for (bare, full), count in begins.items():
        if count >= 2:
            heads[bare].add(full)
    return dict(heads)


@cache
def industry_hints() -> Mapping[str, list[tuple[str, str]]]:
    """Group of general titles -> (prefix of an industry code, occupation code), the longest prefixes first."""
    hints: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with HINTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            hints[row["title_group"]].append((row["industry_prefix"], row["code"]))
    return {group: sorted(found, key=lambda hint: -len(hint[0])) for group, found in hints.items()}


@cache
def files_digest() -> str:
    """Eight characters that change with any of the files that the coder reads."""
    found = hashlib.sha256()
    for path in (OCCUPATIONS, ALIASES, HINTS):
        found.update(path.read_bytes())
    return found.hexdigest()[:8]
