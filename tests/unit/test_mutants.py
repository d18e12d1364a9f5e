"""The list of the modules that are mutated, and the mutations themselves."""

import ast
import csv

import pytest
import yaml
from labour_market.settings import PROJECT_ROOT

from tests.mutants.__main__ import HERE, candidates
from tests.mutants.mutations import mutants_of, mutants_of_sql

PACKAGE = PROJECT_ROOT / "include" / "labour_market"
MODULES = yaml.safe_load((HERE / "modules.yml").read_text(encoding="utf-8"))
COMPLETE = ("alerts", "batches", "gateway", "ingestion", "normalise", "persons", "reading")  # folders of which every file matters
LEFT_OUT = {
    *("alerts/causes.py", "alerts/notifiers.py"),  # names, and libraries of mail and HTTP
    *("batches/formats.py", "batches/states.py", "batches/insert_request.sql"),  # constants, which other tests compare
}


def test_every_mutated_module_is_there_and_so_are_the_tests_that_must_notice():
    assert [module for module in MODULES if not (PACKAGE / module).is_file()] == []
    assert {path for paths in MODULES.values() for path in paths if not (PROJECT_ROOT / path.split("::")[0]).exists()} == set()


def test_every_file_of_the_code_that_matters_is_mutated():
    files = {
        str(path.relative_to(PACKAGE))
        for folder in COMPLETE
        for path in (PACKAGE / folder).glob("*")
        if path.suffix in (".py", ".sql") and (path.name != "__init__.py" or path.parent.name == "normalise")
    }
    assert sorted(files - LEFT_OUT - set(MODULES)) == []


@pytest.mark.parametrize("name", ["equivalent.csv", "survivors.csv"])
def test_every_mutant_with_a_reason_can_still_be_made(name):
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["reason"].strip() for row in rows)
    modules = {row["mutant"].split(": ")[0] for row in rows}
    known = {mutant.name for module in modules for mutant in candidates(module)}
    assert {row["mutant"] for row in rows} - known == set()


def test_a_mutant_changes_one_place_of_the_code_and_none_of_its_comments():
    text = (
        '"""Doc of 1."""\nLIMIT = 5\ndef check(size: int) -> bool:\n    """At most 5."""\n    LOG.info("%s", 7)\n'
        "    return size <= LIMIT and size > 0\n"
    )
    found = mutants_of("some.py", text)
    assert {(m.scope, m.before, m.after) for m in found} == {
        ("", "LIMIT = 5", "LIMIT = 6"),
        ("check", "return size <= LIMIT and size > 0", "return size < LIMIT and size > 0"),
        ("check", "return size <= LIMIT and size > 0", "return size <= LIMIT and size >= 0"),
        ("check", "return size <= LIMIT and size > 0", "return size <= LIMIT and size > 1"),
        ("check", "return size <= LIMIT and size > 0", "return size <= LIMIT or size > 0"),
    }
    assert len({m.text for m in found} | {ast.unparse(ast.parse(text))}) == len(found) + 1


def test_a_mutant_of_sql_changes_one_word_at_one_place():
    found = mutants_of_sql("some.sql", "-- a and b\nselect 1 where a = 1 and b = 2 -- and\n")
    assert [m.text.splitlines()[1] for m in found] == [
        "select 1 where a = 1 or b = 2 -- and",
        "select 1 where a <> 1 and b = 2 -- and",
        "select 1 where a = 1 and b <> 2 -- and",
    ]


def test_a_mutant_of_sql_is_still_sql():
    text = "update t set a = 1, b = 2 where c = 3\non conflict do update set\n    a = excluded.a,\n    b = excluded.b\nwhere d = 4\n"
    found = mutants_of_sql("some.sql", text)
    assert [m.text.replace(text, "") and (m.before, m.after) for m in found] == [
        ("update t set a = 1, b = 2 where c = 3", "update t set a = 1, b = 2 where c <> 3"),
        ("where d = 4", "where d <> 4"),
    ]
