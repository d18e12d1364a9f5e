"""Evaluation of the coder on titles labelled by hand: accuracy by level, for farm trades separately, and whether the scores are calibrated.

The labelled titles have three parts. Rules and aliases were tried on `development`, the scores were fitted on `calibration`, and `test` is
used only for the reported figures. Titles written `after` the alias list was closed are a harder test, since the list was made without
them. For a title with several codes each of them is a right answer; a title without codes cannot be coded.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any

from labour_market.errors import UsageError
from labour_market.occupations.calibration import Steps, evidence_kind, fit_steps, write_calibration
from labour_market.occupations.coder import LEVELS, Coding, code_titles, weigh

LABELLED = Path(__file__).with_name("labelled_titles.csv")
BANDS = ((0.0, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1.01))

Coder = Callable[[Sequence[str], Sequence[str | None]], Sequence[Coding]]


@dataclass(frozen=True)
class Labelled:
    """A title with its right codes, none where the title is too vague. trade: farm, other or none."""

    title: str
    industry: str | None
    codes: tuple[str, ...]
    trade: str
    part: str
    written: str


@dataclass
class Figures:
    """titles: how many can be coded; coverage: level -> share answered at that level or deeper; accuracy: level -> share of those right."""

    titles: int
    coverage: dict[int, float] = field(default_factory=dict)
    accuracy: dict[int, float] = field(default_factory=dict)


@dataclass
class Evaluation:
    """The result of an evaluation.

    figures: by group of titles. bands: score band -> (answers, mean score, share right). uncodable: the number of titles without a code,
    and how many of them got one. confusions: (right group, answered group, times), most frequent first. wrong: (title, right codes, answer).
    """

    part: str
    figures: dict[str, Figures]
    bands: dict[str, tuple[int, float, float]]
    uncodable: tuple[int, int]
    confusions: list[tuple[str, str, int]]
    wrong: list[tuple[str, str, str]]

    def as_json(self) -> dict[str, Any]:
        """The fields as a dict."""
        return asdict(self)


@cache
def labelled(part: str) -> tuple[Labelled, ...]:
    """The labelled titles of a part.

    Raises:
        UsageError: When there is no such part.
    """
    with LABELLED.open(encoding="utf-8", newline="") as file:
        found = tuple(
            Labelled(r["title"], r["industry"] or None, tuple(r["codes"].split()), r["trade"], r["part"], r["written"])
            for r in csv.DictReader(file)
            if r["part"] == part
        )
    if not found:
        raise UsageError(f"no titles are labelled for the part {part!r}")
    return found


def is_right(answer: str, codes: Iterable[str], level: int) -> bool | None:
    """Whether the first digits of an answer, as many as level, are those of a right code; None where a right code has fewer digits.

    Args:
        answer: The code that the coder gave.
        codes: The right codes.
        level: The number of digits that are compared.
    """
    if any(len(code) < level for code in codes):
        return None
    return any(answer[:level] == code[:level] for code in codes)


def _written(when: str, title: Labelled) -> bool:
    return title.written == when


def evaluate(part: str = "test", coder: Coder = code_titles) -> Evaluation:
    """Code a part of the labelled titles and compare the answers with the labels.

    Args:
        part: Test, calibration or development.
        coder: Codes (titles, industries).
    """
    titles = labelled(part)
    answers = coder([t.title for t in titles], [t.industry for t in titles])
    judged = list(zip(titles, answers, strict=True))
    groups: dict[str, Callable[[Labelled], bool]] = {
        "all": lambda t: True,
        "farm": lambda t: t.trade == "farm",
        "other": lambda t: t.trade == "other",
        **{f"written {when}": partial(_written, when) for when in dict.fromkeys(t.written for t in titles)},
    }
    uncodable = [answer for title, answer in judged if not title.codes]
    return Evaluation(
        part=part,
        figures={name: _figures([(t, a) for t, a in judged if t.codes and belongs(t)]) for name, belongs in groups.items()},
        bands=_bands(judged),
        uncodable=(len(uncodable), sum(answer.code is not None for answer in uncodable)),
        confusions=_confusions(judged),
        wrong=[(t.title, " ".join(t.codes), a.code or "") for t, a in judged if t.codes and a.code and not _is_right_to_its_level(t, a)],
    )


def _is_right_to_its_level(title: Labelled, answer: Coding) -> bool:
    """Whether the answer and a right code agree in all digits that both have."""
    assert answer.code
    return any(answer.code.startswith(code) or code.startswith(answer.code) for code in title.codes)


def _figures(judged: list[tuple[Labelled, Coding]]) -> Figures:
    figures = Figures(len(judged))
    for level in sorted(LEVELS):
        able = [(t, a) for t, a in judged if all(len(code) >= level for code in t.codes)]
        answered = [is_right(a.code, t.codes, level) for t, a in able if a.code and a.level >= level]
        figures.coverage[level] = len(answered) / len(able) if able else 0.0
        figures.accuracy[level] = sum(map(bool, answered)) / len(answered) if answered else 0.0
    return figures


def _bands(judged: list[tuple[Labelled, Coding]]) -> dict[str, tuple[int, float, float]]:
    bands = {}
    scored = [(a.score, _is_right_to_its_level(t, a)) for t, a in judged if a.code]
    for low, high in BANDS:
        inside = [(score, right) for score, right in scored if low <= score < high]
        if inside:
            mean, right = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            bands[f"{low:.2f}-{min(high, 1):.2f}"] = (len(inside), round(mean, 3), round(right, 3))
    return bands


def _confusions(judged: list[tuple[Labelled, Coding]]) -> list[tuple[str, str, int]]:
    pairs = Counter(
        (t.codes[0][:2], a.code[:2]) for t, a in judged if t.codes and a.code and a.level >= 2 and is_right(a.code, t.codes, 2) is False
    )
    return [(right, answered, times) for (right, answered), times in pairs.most_common()]


def calibrate() -> Steps:
    """Fit the scores on the calibration part, write the table and return its steps."""
    titles = labelled("calibration")
    evidence = weigh([t.title for t in titles], [t.industry for t in titles], [None] * len(titles))
    judged: dict[tuple[str, int], list[tuple[float, bool]]] = {}
    for title, found in zip(titles, evidence, strict=True):
        for level in LEVELS if found else ():
            right = found and level in found.codes and is_right(found.codes[level], title.codes, level)
            if found and right is not None and level in found.codes:
                judged.setdefault((evidence_kind(found.method), level), []).append((found.support[level], bool(right)))
    steps = {key: fit_steps(pairs) for key, pairs in judged.items()}
    write_calibration(steps)
    return steps
