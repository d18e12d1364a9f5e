"""The vocabulary of the simulation, kept in simulator/data: names, trades with their slang, industries.

- names.yml: lists, and tables with frequencies
- trades.csv: sector; VSCO 2020 code at level 4; wage of an employee in million đồng a month; required schooling;
  frequency among the self-employed (own), without training (low), trained and graduates; full names; slang
- industries.csv: VSIC 2018 codes with leading zeros; share of women; frequency of each type of employer; words for names of firms;
  trades that it hires
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
    """The values of a cell, separated by semicolons."""
    return tuple(part.strip() for part in cell.split(";"))
