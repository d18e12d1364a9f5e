"""Identifiers are nouns and verbs of the field: the words below are refused in names of Python, SQL and the dbt project's YAML.

Prose is read too: docstrings and comments of the code, but of tests; the English columns of metric.csv; and the English of the
descriptions in the dbt project's YAML and in the contracts, which analysts see in `bi`.

docs/glossary.md has the terms that are used instead. A name is split at its underscores and capitals; whole parts are compared.
"""

import ast
import csv
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from labour_market.settings import PROJECT_ROOT

REFUSED = frozenset({
    *("told", "tell", "tells", "stands", "standing", "stood", "knows", "knew", "lays", "laid", "lay", "beside", "borne", "lasting"),
    *("whole", "settle", "settles", "settled", "forgotten", "widen", "widens", "widened", "ship", "ships", "shipped", "mend"),
    *("mends", "mended", "follow", "follows", "followed", "follower", "followers", "aside", "somebody", "nobody", "speaks"),
    *("clerks", "fewest"),
})  # fmt: skip
# Words of clauses. The name of a test is a sentence and may have one; any other name is a noun or a verb.
CLAUSE_WORDS = frozenset({
    *("who", "whom", "whose", "what", "said", "says", "say", "ask", "asks", "again", "anew", "mine", "ours", "theirs", "shown"),
})  # fmt: skip
REFUSED_PHRASES = ("gives_away", "give_away", "turns_up", "in_words", "is_had", "asked_for")

# Standard terms and interfaces that hold such a word.
ALLOWED = {
    "cost_settled_vnd",  # a column that offices send: the settled cost of a session, as in accounting
}
ALLOWED_PHRASES = ("follow_up", "followed_up", "follows_up")  # of a placement: what became of it

# Prose has more forms of the same words, and some of the words in another sense.
REFUSED_IN_PROSE = (REFUSED - {"clerks", "whole", "settled"}) | {
    *("whoever", "besides", "lies", "bears", "dead", "die", "dies", "died", "dying", "wins", "forget", "forgets"),
}
REFUSED_PHRASES_IN_PROSE = (
    *(phrase.replace("_", " ") for phrase in REFUSED_PHRASES),
    *(
        "gives way",
        "give way",
        "put aside",
        "of no land",
        "side by side",
        "says which",
        "it says",
        "takes from",
        "takes away",
        "refuses to send",
    ),
)
ALLOWED_PHRASES_IN_PROSE = ("follow-up", "followed up", "follow redirects")  # of a job start; of HTTP

METRICS = "dbt_project/seeds/metric/metric.csv"
ENGLISH_COLUMNS = ("label_en", "numerator", "denominator", "definition_en", "grain", "known_traps")
DESCRIPTIONS = ("description", "purpose", "limitations", "usage", "dataGranularityDescription")

JINJA_MACRO = re.compile(r"\{%-?\s*(?:macro|test|materialization)\s+(\w+)\s*(?:\(([^)]*)\))?")
JINJA_VARIABLE = re.compile(r"\{%-?\s*(?:set|for)\s+([\w, ]+?)\s*(?:=|\bin\b|%\})")
SQL_COMMENT_OR_TEXT = re.compile(r"--[^\n]*|/\*.*?\*/|\{#.*?#\}|'(?:[^']|'')*'", re.DOTALL)
CTE_OR_TABLE = re.compile(r"\b([a-z_]\w*)\s+as\s+(?:(?:not\s+)?materialized\s+)?\(", re.IGNORECASE)
ALIAS = re.compile(r"\bas\s+([a-z_]\w*)", re.IGNORECASE)
CREATED = re.compile(r"\bcreate\s+(?:\w+\s+){0,3}?(?:table|view|function|index|schema)\s+(?:if\s+not\s+exists\s+)?([\w.]+)", re.IGNORECASE)
COLUMN = re.compile(r"^\s+([a-z_]\w*)\s+(?:text|bigint|int|integer|smallint|numeric|boolean|date|timestamptz|jsonb)\b", re.MULTILINE)


def files() -> Iterator[str]:
    """Files with names of ours, as paths from the project's root."""
    for folder in ("dags", "dbt_project", "include", "plugins", "tests"):
        for path in sorted((PROJECT_ROOT / folder).rglob("*")):
            endings = (".py", ".sql", ".yml") if folder == "dbt_project" else (".py", ".sql")
            if path.suffix in endings and not {"target", "dbt_packages", "logs"}.intersection(path.parts):
                yield str(path.relative_to(PROJECT_ROOT))


def refused_words(name: str) -> list[str]:
    """The refused words and phrases in a name."""
    if name in ALLOWED:
        return []
    refused = REFUSED if name.startswith("test_") else REFUSED | CLAUSE_WORDS
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    for phrase in ALLOWED_PHRASES:
        snake = re.sub(rf"(?<![a-z0-9]){phrase}(?![a-z0-9])", "", snake)
    phrases = [phrase for phrase in REFUSED_PHRASES if re.search(rf"(?<![a-z0-9]){phrase}(?![a-z0-9])", snake)]
    return [*sorted(refused.intersection(re.split("[^a-z0-9]+", snake))), *phrases]


def refused_in_prose(text: str) -> list[str]:
    """The refused words and phrases in English sentences."""
    plain = " ".join(text.lower().split())
    for phrase in ALLOWED_PHRASES_IN_PROSE:
        plain = plain.replace(phrase, "")
    phrases = [phrase for phrase in REFUSED_PHRASES_IN_PROSE if re.search(rf"\b{phrase}\b", plain)]
    return [*sorted(REFUSED_IN_PROSE.intersection(re.findall(r"\w+", plain))), *phrases]


def prose_in_python(text: str) -> Iterator[str]:
    """Docstrings and comments, without `code`."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield re.sub("`[^`]+`", "", token.string)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and (docstring := ast.get_docstring(node)):
            yield re.sub("`[^`]+`", "", docstring)


def prose_in_sql(text: str) -> Iterator[str]:
    """Comments of SQL and of Jinja."""
    yield from (found[0] for found in SQL_COMMENT_OR_TEXT.finditer(text) if not found[0].startswith("'"))


def english_half(description: str) -> str:
    """The English of a description in two languages, 'Vietnamese | English' or 'Vietnamese / English'; else all of it."""
    return re.split(r" [|/] ", " ".join(description.split()), maxsplit=1)[-1]


def descriptions_in(document: Any) -> Iterator[str]:
    """The English of every description of a dbt file or a contract."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key in DESCRIPTIONS and isinstance(value, str):
                yield english_half(value)
            else:
                yield from descriptions_in(value)
    elif isinstance(document, list):
        for value in document:
            yield from descriptions_in(value)


def described_files() -> Iterator[str]:
    """Files with descriptions in English, as paths from the project's root."""
    for folder, ending in (("dbt_project", "yml"), ("include/contracts", "yaml")):
        for path in sorted((PROJECT_ROOT / folder).rglob(f"*.{ending}")):
            if not {"target", "dbt_packages", "logs"}.intersection(path.parts):
                yield str(path.relative_to(PROJECT_ROOT))


def names_in_python(text: str) -> Iterator[str]:
    """Names that the code gives: of functions, classes, parameters, variables, attributes of its own objects, imports under a new name."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.ImportFrom(names=aliases) | ast.Import(names=aliases):
                yield from (alias.asname for alias in aliases if alias.asname)
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                yield name


def names_in_sql(text: str) -> Iterator[str]:
    """Names that a script or a model gives: of CTEs, aliases, tables and columns, macros, their parameters and variables."""
    bare = SQL_COMMENT_OR_TEXT.sub("''", text)
    for pattern in (CTE_OR_TABLE, ALIAS, CREATED, COLUMN):
        yield from pattern.findall(bare)
    for name, parameters in JINJA_MACRO.findall(text):
        yield name
        yield from re.findall(r"[A-Za-z_]\w*", re.sub(r"=[^,]*", "", parameters))
    for variables in JINJA_VARIABLE.findall(text):
        yield from re.findall(r"[A-Za-z_]\w*", variables)


def names_in_yaml(document: Any) -> Iterator[str]:
    """Every `name:` of a dbt file: models, columns, sources, seeds, macros, tests, exposures; and the names of variables."""
    if isinstance(document, dict):
        if isinstance(document.get("name"), str):
            yield document["name"]
        if isinstance(document.get("vars"), dict):
            yield from document["vars"]
        for value in document.values():
            yield from names_in_yaml(value)
    elif isinstance(document, list):
        for value in document:
            yield from names_in_yaml(value)


def names_in(path: str) -> Iterator[str]:
    """The name of a file, and those that it gives."""
    text = (PROJECT_ROOT / path).read_text(encoding="utf-8")
    yield Path(path).stem
    if path.endswith(".py"):
        yield from names_in_python(text)
    elif path.endswith(".sql"):
        yield from names_in_sql(text)
    else:
        yield from names_in_yaml(yaml.safe_load(text))


FILES = list(files())


@pytest.mark.parametrize("path", FILES)
def test_names_of_a_file_are_plain(path: str):
    refused = {name: words for name in names_in(path) if (words := refused_words(name))}
    assert not refused


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("def tell_result(told): ...", {"tell_result", "told"}),
        ("class SettledBatch:\n    whole: int", {"SettledBatch", "whole"}),
        ("for laid, plain in pairs: pass", {"laid"}),
        ("x = [told for told in rows]", {"told"}),
        ("self.standing = 1", {"standing"}),
        ("import numpy as beside", {"beside"}),
        ("frame.whole_dataframe(follow=True)", set()),
        ("bystanders = wholesale = 1", set()),
        ("followed_up_on = follow_up = cost_settled_vnd = 1", set()),
    ],
)
def test_refused_names_of_python_are_found(text: str, names: set[str]):
    assert {name for name in names_in_python(text) if refused_words(name)} == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("with told as (select 1), rows as (select 2) select * from told", {"told"}),
        ("select a as value__whole from b as beside", {"value__whole", "beside"}),
        ("{% macro lay_out(who, fewest=5) %}{% set settled = 1 %}", {"lay_out", "who", "fewest", "settled"}),
        ("create table if not exists ops.standing (\n  whole text\n);", {"ops.standing", "whole"}),
        ("select 1 -- as told by\n, 'x as told' as plain", set()),
    ],
)
def test_refused_names_of_sql_are_found(text: str, names: set[str]):
    assert {name for name in names_in_sql(text) if refused_words(name)} == names


def test_refused_names_of_yaml_are_found():
    document = yaml.safe_load("models: [{name: int_day__told, columns: [{name: day}, {name: is_whole}], data_tests: [unique: {name: x}]}]")
    assert {name for name in names_in_yaml(document) if refused_words(name)} == {"int_day__told", "is_whole"}


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith((".py", ".sql")) and not path.startswith("tests/")])
def test_docstrings_and_comments_of_a_file_are_plain(path: str):
    text = (PROJECT_ROOT / path).read_text(encoding="utf-8")
    prose = prose_in_python(text) if path.endswith(".py") else prose_in_sql(text)
    refused = {sentence: words for sentence in prose if (words := refused_in_prose(sentence))}
    assert not refused


def test_docstrings_and_comments_are_found():
    python = '"""A."""\n# B `nobody`\nclass C:\n    """C."""\n    def d(self):\n        """D."""\n        return "no # E"  # F\n'
    assert list(prose_in_python(python)) == ["# B ", "# F", "A.", "C.", "D."]
    assert list(prose_in_sql("-- A\nselect 'it''s -- no' /* B\nC */ {# D #}")) == ["-- A", "/* B\nC */", "{# D #}"]


@pytest.mark.parametrize("path", list(described_files()))
def test_descriptions_of_a_file_are_plain(path: str):
    document = yaml.safe_load((PROJECT_ROOT / path).read_text(encoding="utf-8"))
    refused = {text: words for text in descriptions_in(document) if (words := refused_in_prose(text))}
    assert not refused


def test_definitions_of_indicators_are_plain():
    with (PROJECT_ROOT / METRICS).open(encoding="utf-8", newline="") as file:
        cells = {(row["metric"], column): row[column] for row in csv.DictReader(file) for column in ENGLISH_COLUMNS}
    refused = {cell: words for cell, text in cells.items() if (words := refused_in_prose(text))}
    assert len(cells) > 300
    assert not refused


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("of an office and of no land: told for the province", ["told", "of no land"]),
        ("not_reached is beside it", ["beside"]),
        ("Rows put aside", ["aside", "put aside"]),
        ("it would give away\n a hidden rate", ["give away"]),
        ("the kind of movement says which way", ["says which"]),
        ("its first day stands here", ["stands"]),
        ("the longest keyword wins", ["wins"]),
        ("it refuses to send the rest; we follow redirects", ["refuses to send"]),
        ("settled cost, the whole commune, follow-up checks", []),
    ],
)
def test_refused_words_of_prose_are_found(text: str, refused: list[str]):
    assert refused_in_prose(text) == refused


def test_the_english_half_of_a_description_is_read():
    document = yaml.safe_load(
        "models: [{description: 'Vị trí. | Position.', columns: [{description: 'Lô / batch'}, {description: English.}]}]"
    )
    assert list(descriptions_in(document)) == ["Position.", "batch", "English."]
