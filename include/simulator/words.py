"""The vocabulary of the simulation, kept in simulator/data: names, trades with their slang, industries.

- names.yml: lists, and tables of how often each is given
- trades.csv: sector; VSCO 2020 code at level 4; wage of an employee in million đồng a month; schooling that is asked for; how
  often people of their own (own), without training (low), trained and graduate do it; names in full; slang as it is typed
- industries.csv: VSIC 2018 codes, zeros kept; share of women; how often each type of employer is in it; words for its name;
  trades it hires
"""

import csv
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent / "data"
NAMES: dict[str, Any] = yaml.safe_load((FOLDER / "names.yml").read_text(encoding="utf-8"))


def read_words(name: str) -> list[dict[str, str]]:
    """The rows of one of the tables."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def listed(cell: str) -> tuple[str, ...]:
    """What a cell holds, separated by semicolons."""
    return tuple(part.strip() for part in cell.split(";"))
