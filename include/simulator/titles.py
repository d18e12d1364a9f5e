"""Trades, and the texts that people and clerks write for them: in full, in slang, without diacritics, with typing errors or phone numbers.

The trades of the province's farms (dragon fruit, seedless lime, pineapple, free-range ducks, swiftlets ...) have no code of their
own in VSCO 2020. Their code here is their residual group, and survey records do not have it.
"""

import unicodedata
from dataclasses import dataclass
from random import Random

from simulator.chance import by_weight
from simulator.words import listed, read_words


@dataclass(frozen=True)
class Trade:
    """A trade of data/trades.csv. code: VSCO 2020, level 4; wage: lowest and highest, in million đồng a month."""

    key: str
    sector: str
    code: str
    wage: tuple[float, float]
    schooling: str
    names: tuple[str, ...]
    slang: tuple[str, ...]

    @property
    def group(self) -> str:
        """The code of level 2."""
        return self.code[:2]


_ROWS = read_words("trades")
TRADES = {
    row["key"]: Trade(
        row["key"],
        row["sector"],
        row["code"],
        (float(row["wage_low"]), float(row["wage_high"])),
        row["schooling"],
        listed(row["names"]),
        listed(row["slang"]),
    )
    for row in _ROWS
}
# the trades of the self-employed (own), and of employees by their training
DRAW_TRADE = {kind: by_weight([(TRADES[row["key"]], float(row[kind])) for row in _ROWS]) for kind in ("own", "low", "trained", "graduate")}

# texts that a person or a clerk adds to a trade
_PLACES = by_weight({"": 80, " tại nhà": 5, " ở xã": 4, " theo mùa vụ": 3, " thời vụ": 3, " lâu năm": 3, " phụ gia đình": 2})
_WAYS = by_weight({"full": 52, "slang": 23, "bare": 15, "slip": 6, "upper": 3, "spaces": 1})


def written(trade: Trade, rng: Random) -> str:
    """A trade as a person writes it on a form."""
    way = _WAYS(rng)
    if way == "slang":
        return rng.choice(trade.slang)
    text = rng.choice(trade.names) + _PLACES(rng)
    if way == "bare":
        return without_diacritics(text)
    if way == "slip":
        return slip(text, rng)
    if way == "upper":
        return text.upper()
    if way == "spaces":
        return text.replace(" ", "  ", 1)
    return text[0].upper() + text[1:] if rng.random() < 0.4 else text


def without_diacritics(text: str) -> str:
    """The text as it is typed without Vietnamese marks."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return bare.replace("đ", "d").replace("Đ", "D")


def slip(text: str, rng: Random) -> str:
    """A typing error: two letters swapped, one lost or one doubled; never in a digit."""
    places = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i + 1].isalpha()]
    if not places:
        return text
    at = rng.choice(places)
    kind = rng.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    return text[: at + 1] + text[at] + text[at + 1 :]
