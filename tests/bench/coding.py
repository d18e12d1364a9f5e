"""The coder compared with two simple baselines on the test part of the labelled titles, and its speed on many titles.

Both baselines see the very entries that the coder sees. They answer everything, so they are held to the share of titles that the
coder answers, namely those of highest confidence.
"""

import random
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from labour_market.occupations.coder import code_titles
from labour_market.occupations.evaluation import is_right, labelled
from labour_market.occupations.lexicon import lexicon
from labour_market.occupations.titles import clean_title
from rapidfuzz import fuzz, process

MANY = 100_000
SECONDS_ALLOWED = 60.0

Guess = tuple[str, float]


def by_fuzzy_match(titles: Sequence[str]) -> list[Guess]:
    """The entry that is spelt most like the title, by rapidfuzz's token sort ratio, from 0 to 1."""
    entries = lexicon().entries
    keys = [entry.key for entry in entries]
    guesses = []
    for title in titles:
        found = process.extractOne(clean_title(title), keys, scorer=fuzz.token_sort_ratio)
        guesses.append((entries[found[2]].code, found[1] / 100))
    return guesses


def by_tfidf_neighbour(titles: Sequence[str]) -> list[Guess]:
    """The nearest entry by the cosine of TF-IDF vectors of syllables and pairs of syllables."""
    entries = lexicon().entries
    bags = [_bag(entry.key) for entry in entries]
    containing = Counter(term for bag in bags for term in bag)
    rarity = {term: np.log((1 + len(bags)) / (1 + number)) + 1 for term, number in containing.items()}
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, bag in enumerate(bags):
        length = np.sqrt(sum((times * rarity[term]) ** 2 for term, times in bag.items()))
        for term, times in bag.items():
            postings[term].append((number, times * rarity[term] / length))
    guesses = []
    for title in titles:
        query = {term: times * rarity[term] for term, times in _bag(clean_title(title)).items() if term in rarity}
        length = np.sqrt(sum(weight**2 for weight in query.values())) or 1.0
        scores = np.zeros(len(entries))
        for term, weight in query.items():
            numbers, weights = zip(*postings[term], strict=True)
            scores[list(numbers)] += weight / length * np.array(weights)
        best = int(scores.argmax())
        guesses.append((entries[best].code, float(scores[best])))
    return guesses


def _bag(text: str) -> Counter[str]:
    syllables = text.split()
    return Counter([*syllables, *map(" ".join, pairwise(syllables))])


def by_coder(titles: Sequence[str], industries: Sequence[str | None]) -> list[Guess]:
    return [(coding.code or "", coding.score) for coding in code_titles(titles, industries)]


def accuracy(guesses: Sequence[Guess], level: int, answered: int | None = None) -> tuple[float, int]:
    """Share right at that level among the most confident answers, and how many answers that is."""
    judged = []
    for (code, confidence), title in zip(guesses, labelled("test"), strict=True):
        right = is_right(code, title.codes, level) if title.codes else None
        if right is not None and len(code) >= level:
            judged.append((confidence, right))
    judged.sort(key=lambda pair: -pair[0])
    answers = judged[:answered]
    return sum(right for _, right in answers) / len(answers), len(answers)


def compare() -> dict[str, dict[int, tuple[float, int]]]:
    """Accuracy and answers by level, of the coder and of both baselines at the coder's coverage."""
    titles = labelled("test")
    texts = [title.title for title in titles]
    codings = by_coder(texts, [title.industry for title in titles])
    found = {"coder": {level: accuracy(codings, level) for level in (1, 2, 4)}}
    for name, guesses in (("plain fuzzy match", by_fuzzy_match(texts)), ("TF-IDF nearest neighbour", by_tfidf_neighbour(texts))):
        found[name] = {level: accuracy(guesses, level, found["coder"][level][1]) for level in (1, 2, 4)}
    return found


def many_titles(number: int, seed: int = 1) -> list[str]:
    """Distinct titles as a province writes them: the labelled ones, two joined, with slips and places."""
    chance = random.Random(seed)
    known = [title.title for part in ("development", "calibration", "test") for title in labelled(part)]
    found: dict[str, None] = {}
    while len(found) < number:
        letters = list(chance.choice(known))
        if len(letters) > 4 and chance.random() < 0.6:
            letters[chance.randrange(len(letters))] = chance.choice("abcdeghiklmnoprstuvxy")
        tail = chance.choice(
            ["", " ở nhà", " lâu năm", " ca đêm", " tại xã", f" {chance.randrange(1, 99)} công", f", {chance.choice(known)}"]
        )
        found["".join(letters) + tail] = None
    return list(found)


def run() -> list[dict[str, Any]]:
    figures = compare()
    rows = []
    for baseline in ("plain fuzzy match", "TF-IDF nearest neighbour"):
        (share, answers), (baseline_share, _) = figures["coder"][2], figures[baseline][2]
        rows.append(
            {
                "what": f"level 2 errors of the coder / {baseline}: {share:.3f} and {baseline_share:.3f} right of {answers}",
                "ratio": (1 - share) / (1 - baseline_share),
                "bar": 0.99,
                "bar_text": "fewer",
                "seconds": [],
                "peak_mb": [],
            }
        )
    titles = many_titles(MANY)
    started = time.perf_counter()
    code_titles(titles)
    seconds = time.perf_counter() - started
    rows.append(
        {
            "what": f"coding {MANY:,} distinct titles / a minute",
            "ratio": seconds / SECONDS_ALLOWED,
            "bar": 1.0,
            "bar_text": "<= 1",
            "seconds": [seconds, SECONDS_ALLOWED],
            "peak_mb": [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024],
        }
    )
    return rows
