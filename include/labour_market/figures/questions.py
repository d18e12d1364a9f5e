"""Questions that the warehouse answers on day one: queries of include/queries with parameters, asked by the role that BI tools use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from labour_market.errors import UsageError
from labour_market.settings import QUERIES_DIR


@dataclass(frozen=True)
class Question:
    """A question: what it asks, the value of each parameter when none is given, what each parameter is, and the query on `bi`."""

    name: str
    asks_vi: str
    asks_en: str
    defaults: dict[str, str]
    meanings: dict[str, str]
    query: str


def load_questions() -> dict[str, Question]:
    """The questions by name. A file begins with its question, then has a line `-- parameter = default | Vietnamese | English` for each."""
    return {path.stem: _read(path.stem, path.read_text(encoding="utf-8")) for path in sorted(QUERIES_DIR.glob("*.sql"))}


def ask(
    connection: psycopg.Connection, question: Question, given: Mapping[str, str] | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The answer as columns and rows, parameters bound. Raises UsageError naming an unknown parameter, or what is wrong with a value."""
    unknown = set(given or {}) - set(question.defaults)
    if unknown:
        known = ", ".join(question.defaults) or "none"
        raise UsageError(f"{question.name} has no parameter {', '.join(sorted(unknown))}; it has: {known}")
    try:
        cursor = connection.execute(question.query.encode(), {**question.defaults, **(given or {})})
    except (psycopg.DataError, psycopg.ProgrammingError) as error:
        raise UsageError(f"{question.name}: {str(error).splitlines()[0]}") from None
    return [column.name for column in cursor.description or []], cursor.fetchall()


def _read(name: str, text: str) -> Question:
    comments = [line.removeprefix("-- ") for line in text.splitlines() if line.startswith("-- ")]
    asks_vi, _, asks_en = comments[0].partition(" | ")
    defaults, meanings = {}, {}
    for line in comments[1:]:
        parameter, _, rest = line.partition(" = ")
        *value, vi, en = rest.split(" | ")
        defaults[parameter] = " | ".join(value)
        meanings[parameter] = f"{vi} | {en}"
    query = "\n".join(line for line in text.splitlines() if not line.startswith("-- "))
    return Question(name, asks_vi, asks_en, defaults, meanings, query)
