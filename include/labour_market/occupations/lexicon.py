"""What titles are compared with: the classification's own titles and the trade names of the alias list, indexed by their words."""

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from rapidfuzz.distance import OSA

from labour_market.occupations.titles import Unit, clean_title, compounded, syllables_of
from labour_market.settings import DBT_DIR

SEEDS = DBT_DIR / "seeds" / "occupation"
OCCUPATIONS = SEEDS / "occupation.csv"
ALIASES = SEEDS / "title_alias.csv"
HINTS = SEEDS / "industry_hint.csv"

# How much an entry of a kind is trusted: a whole name of a trade more than a verb alone, or than the thing it is about.
KIND_TRUST = {"title": 1.0, "official": 0.96, "head": 0.9, "object": 0.85}
# Words that stand before any trade tell little of which it is.
_NEUTRAL = {
    *("lam", "cong_nhan", "nhan_vien", "nguoi", "tho", "nha", "chu", "khac", "lien_quan", "cong_ti", "viec", "di", "mo", "cho", "san_xuat"),
    *("ban_than", "gia_dinh", "dung", "khau", "nhan", "phu", "tiem", "co"),
}
_NEUTRAL_WEIGHT = 0.55
_ASIDE = re.compile(r"\([^)]*\)")
_RESIDUAL = re.compile(r"(?:chưa được phân vào đâu|và (?:các |những )?(?:thợ|nghề|công việc|lao động|người)(?: khác)? (?:khác )?có liên quan|có liên quan|khác)$")


@dataclass(frozen=True)
class Entry:
    """A title that stands for a code. key: its cleaned text; units: its words, each once; kind: title, official, head or object."""

    key: str
    code: str
    kind: str
    units: tuple[Unit, ...]


@dataclass
class Lexicon:
    """Entries and their index. postings: bare word -> its full forms, each with entry numbers and the word's weight."""

    entries: list[Entry]
    weights: np.ndarray
    trust: np.ndarray
    postings: dict[str, list[tuple[str, np.ndarray, float]]]
    heads: dict[str, set[str]]
    spelt: list[str]
    vocabulary: dict[str, int]
    pairs: set[tuple[str, str]]
    near: dict[str, list[str]]

    def corrected(self, syllables: list[Unit]) -> tuple[list[Unit], bool]:
        """The syllables with unknown ones replaced by the nearest known word, or split in two; and whether any was."""
        changed = False
        result: list[Unit] = []
        for at, unit in enumerate(syllables):
            if unit.bare in self.vocabulary or len(unit.bare) < 3 or not unit.bare.isalpha():
                result.append(unit)
                continue
            before = result[-1].bare if result else ""
            after = syllables[at + 1].bare if at + 1 < len(syllables) else ""
            found = self._nearest(unit.bare, before, after)
            changed = changed or found is not None
            result += [Unit(word, word, marked=False) for word in found] if found else [unit]
        return result, changed

    def _nearest(self, word: str, before: str, after: str) -> tuple[str, ...] | None:
        candidates: dict[tuple[str, ...], float] = {}
        for shape in {word, *_deletions(word)}:
            for known in self.near.get(shape, ()):
                if OSA.distance(word, known, score_cutoff=1) <= 1:
                    fits = ((before, known) in self.pairs) + ((known, after) in self.pairs)
                    candidates[(known,)] = 10 * fits + float(np.log1p(self.vocabulary[known])) + (known[0] == word[0])
        for cut in range(2, len(word) - 1):
            first, second = word[:cut], word[cut:]
            if (first, second) in self.pairs:
                candidates[(first, second)] = 12.0
        return max(candidates, key=lambda c: candidates[c]) if candidates else None


def _deletions(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _official_titles() -> Iterable[tuple[str, str, str]]:
    with OCCUPATIONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if int(row["level"]) < 4 or row["code"][0] in "01":  # state bodies name ranks, which many a code shares
                continue
            for part in re.split(r"[,;/]", _ASIDE.sub("", row["label_vi"])):
                words = _RESIDUAL.sub("", part.strip())
                if len(words.split()) > 1:
                    yield words, row["code"], "official"


def _aliases() -> Iterable[tuple[str, str, str]]:
    with ALIASES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["alias"], row["code"], row["kind"]


def units_of(text: str) -> tuple[Unit, ...]:
    """The words of a cleaned title, each once, in order."""
    return tuple(dict.fromkeys(compounded(syllables_of(text))))


@cache
def lexicon() -> Lexicon:
    """The lexicon of this installation's files. Takes about a quarter of a second, once a process."""
    entries: dict[tuple[str, str], Entry] = {}
    for text, code, kind in [*_aliases(), *_official_titles()]:
        key = clean_title(text)
        if key and (key, code[:4]) not in entries:
            entries[key, code[:4]] = Entry(key, code, kind, units_of(key))
    return index(list(entries.values()))


def index(entries: list[Entry]) -> Lexicon:
    """Index these entries by word."""
    numbered: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    frequency: dict[str, int] = defaultdict(int)
    for number, entry in enumerate(entries):
        for unit in entry.units:
            numbered[unit.bare][unit.full].append(number)
        for bare in {unit.bare for unit in entry.units}:
            frequency[bare] += 1
    weight = {bare: word_weight(len(entries), count, bare) for bare, count in frequency.items()}
    vocabulary: dict[str, int] = defaultdict(int)
    pairs: set[tuple[str, str]] = set()
    for entry in entries:
        syllables = [unit.bare for unit in syllables_of(entry.key)]
        for syllable in syllables:
            vocabulary[syllable] += 1
        pairs.update(zip(syllables, syllables[1:], strict=False))
    near: dict[str, list[str]] = defaultdict(list)
    for word in vocabulary:
        if len(word) > 1:
            for shape in {word, *_deletions(word)}:
                near[shape].append(word)
    return Lexicon(
        entries=entries,
        weights=np.array([sum(weight[bare] for bare in {u.bare for u in entry.units}) for entry in entries]),
        trust=np.array([KIND_TRUST[entry.kind] for entry in entries]),
        postings={
            bare: [(full, np.array(numbers, dtype=np.int64), weight[bare]) for full, numbers in forms.items()]
            for bare, forms in numbered.items()
        },
        heads=_heads(entries),
        spelt=[" ".join(unit.bare.replace("_", " ") for unit in entry.units) for entry in entries],
        vocabulary=dict(vocabulary),
        pairs=pairs,
        near=dict(near),
    )


def word_weight(entries: int, containing: int, bare: str) -> float:
    """How telling a word is: the logarithm of its rarity among the entries."""
    rarity = float(np.log((entries + 1) / (containing + 0.5)))
    return rarity * _NEUTRAL_WEIGHT if bare in _NEUTRAL else rarity


def _heads(entries: list[Entry]) -> dict[str, set[str]]:
    """Words that say what is done, by bare form: those that begin trade names, and the heads of the alias list."""
    objects = {entry.units[0].bare for entry in entries if entry.kind == "object"}
    begins: dict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        if entry.kind in ("title", "head"):
            first = next((unit for unit in entry.units if unit.bare not in _NEUTRAL), None)
            if first and first.bare not in objects:
                begins[first.bare, first.full] += 5 if entry.kind == "head" else 1
    heads: dict[str, set[str]] = defaultdict(set)
    for (bare, full), count in begins.items():
        if count >= 2:
            heads[bare].add(full)
    return dict(heads)


@cache
def industry_hints() -> Mapping[str, list[tuple[str, str]]]:
    """Group of plain titles -> (beginning of an industry code, occupation code), the longest beginnings first."""
    hints: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with HINTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            hints[row["title_group"]].append((row["industry_prefix"], row["code"]))
    return {group: sorted(found, key=lambda hint: -len(hint[0])) for group, found in hints.items()}


@cache
def files_digest() -> str:
    """Eight characters that change with any of the files that coding rests on."""
    found = hashlib.sha256()
    for path in (OCCUPATIONS, ALIASES, HINTS):
        found.update(path.read_bytes())
    return found.hexdigest()[:8]
