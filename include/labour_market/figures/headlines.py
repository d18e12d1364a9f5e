"""The headline figures, which the demonstration and the page show first, each with its query."""

from dataclasses import dataclass

import psycopg
import yaml

from labour_market.settings import CONFIG_DIR


@dataclass(frozen=True)
class Figure:
    """One headline figure; value is None where `bi` has no value or suppresses it. Where it is of a period, also which senders are in."""

    label_vi: str
    label_en: str
    query: str
    value: int | None
    period: str | None = None
    senders_in: int | None = None
    senders_expected: int | None = None


def read_headlines(connection: psycopg.Connection) -> list[Figure]:
    """Run the queries of include/config/headlines.yml."""
    figures = []
    for entry in yaml.safe_load((CONFIG_DIR / "headlines.yml").read_text(encoding="utf-8")):
        row = connection.execute(entry["query"].encode()).fetchone()
        value = None if row is None or row[0] is None else int(row[0])
        figures.append(Figure(entry["label_vi"], entry["label_en"], entry["query"], value, *(row[1:] if row else ())))
    return figures
