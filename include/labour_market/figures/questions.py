"""Prepared questions: queries of include/queries with parameters, run with the role that BI tools use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from labour_market.errors import UsageError
from labour_market.settings import PROVINCE_TIME, QUERIES_DIR


@dataclass(frozen=True)
class Question:
    """A prepared question. defaults: parameter -> default value; meanings: parameter -> description; query: on the views of `bi`."""

    name: str
    text_vi: str
    text_en: str
    defaults: dict[str, str]
    meanings: dict[str, str]
    query: str


def load_questions() -> dict[str, Question]:
    """Read the questions, by name.

    A file begins with `-- question in Vietnamese | in English`, then has one line `-- parameter = default | Vietnamese | English` each.
    """
    return {path.stem: _read(path.stem, path.read_text(encoding="utf-8")) for path in sorted(QUERIES_DIR.glob("*.sql"))}


def run_question(
    connection: psycopg.Connection, question: Question, parameters: Mapping[str, str] | None = None
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run the query of a question.

    Args:
        connection: Of a role that reads bi.
        question: The question.
        parameters: Values that differ from the defaults.

    Returns:
        The names of the columns, and the rows.

    Raises:
        UsageError: There is no such parameter, or a value cannot be read.
    """
    unknown = set(parameters or {}) - set(question.defaults)
    if unknown:
        expected = ", ".join(question.defaults) or "none"
        raise UsageError(f"{question.name} has no parameter {', '.join(sorted(unknown))}; it has: {expected}")
    try:
        cursor = connection.execute(question.query.encode(), {"time_zone": PROVINCE_TIME.key, **question.defaults, **(parameters or {})})
    except (psycopg.DataError, psycopg.ProgrammingError) as error:
        raise UsageError(f"{question.name}: {str(error).splitlines()[0]}") from None
    return [column.name for column in cursor.description or []], cursor.fetchall()


def _read(name: str, text: str) -> Question:
    comments = [line.removeprefix("-- ") for line in text.splitlines() if line.startswith("-- ")]
    text_vi, _, text_en = comments[0].partition(" | ")
    defaults, meanings = {}, {}
    for line in comments[1:]:
        parameter, _, rest = line.partition(" = ")
        *value, vi, en = rest.split(" | ")
        defaults[parameter] = " | ".join(value)
        meanings[parameter] = f"{vi} | {en}"
    query = "\n".join(line for line in text.splitlines() if not line.startswith("-- "))
    return Question(name, text_vi, text_en, defaults, meanings, query)
