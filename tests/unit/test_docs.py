"""What the docs name exists: links, paths, commands and their options, make targets, relations, models, settings.

docs/dictionary.md is generated, and tests/contract compares it with the contracts.
"""

import re
from collections import Counter
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
import typer
import yaml
from labour_market.batches.states import ALLOWED_MOVES
from labour_market.cli import app
from labour_market.contracts import contract_feeds
from labour_market.settings import DBT_DIR, INCLUDE, PROJECT_ROOT, QUERIES_DIR

from tests.unit.test_package_layers import LAYERS
from tests.unit.test_plain_language import REFUSED, refused_in_prose

DOCS = sorted(
    [
        *(PROJECT_ROOT / name for name in ("README.md", "CONTRIBUTING.md", "dags/README.md")),
        *(path for path in (PROJECT_ROOT / "docs").rglob("*.md") if path.name != "dictionary.md"),
    ]
)
ARCHITECTURE = PROJECT_ROOT / "docs" / "architecture.md"
DECISIONS = PROJECT_ROOT / "docs" / "decisions"
RENAMED = PROJECT_ROOT / "docs" / "renamed.md"
ROOTS = (".ci", "dags", "dbt_project", "deploy", "docs", "include", "plugins", "tests")
IS_FILE = re.compile(r"[\w.<>*-]+(?:/[\w.<>*-]+)*/?")
EXTENSIONS = ("md", "py", "sql", "csv", "yml", "yaml", "toml", "png", "json", "html", "lock", "in")
LMW = typer.main.get_command(app)
MADE_BY_A_RUN = ("senders.yml", "./var", ".venv/bin/lmw", ".venv", "var")
SCHEMAS = (
    "analysis",
    "bi",
    "core",
    "indicators",
    "intermediate",
    "marts",
    "ops",
    "quarantine",
    "reference",
    "staging",
    "vault",
    "vintages",
)
MODEL = re.compile(r"(?:bridge|dim|fct|int|stg)_[a-z0-9_]*(?:<[a-z]+>[a-z0-9_]*)*")


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks_of(text: str) -> list[str]:
    """Fenced and indented code."""
    fenced = re.findall(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [*fenced, *re.findall(r"(?:^ {4}\S.*\n?)+", text, flags=re.MULTILINE)]


def spans_of(text: str) -> list[str]:
    """Code within a line."""
    unfenced = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", re.sub(r"^ {4}\S.*$", "", unfenced, flags=re.MULTILINE))


def current_text(path: Path) -> str:
    """The text of a page without the first column of docs/renamed.md, which names what exists no longer."""
    text = text_of(path)
    return re.sub(r"^\|[^|]*\|", "|", text, flags=re.MULTILINE) if path == RENAMED else text


def lines_of_code(path: Path) -> list[str]:
    text = current_text(path)
    return [*spans_of(text), *chain.from_iterable(block.splitlines() for block in blocks_of(text))]


def prose_of(text: str) -> str:
    for code in blocks_of(text):
        text = text.replace(code, "")
    return re.sub(r"`[^`\n]+`|\]\([^)]*\)", " ", text)


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.fixture(params=DOCS, ids=name_of)
def page(request: pytest.FixtureRequest) -> Path:
    return request.param


@cache
def tree() -> tuple[str, ...]:
    """Every file and folder of the project, from its root, without what it makes when it runs."""
    below = chain.from_iterable((PROJECT_ROOT / root).rglob("*") for root in ROOTS)
    paths = [*PROJECT_ROOT.glob("*"), *(PROJECT_ROOT / root for root in ROOTS), *below]
    return tuple(name_of(path) for path in paths if "__pycache__" not in path.parts)


def is_in_tree(token: str, folder: Path) -> bool:
    """Whether a path, or some path with a <placeholder> or *, is in the tree: from the root, the page, or by its last parts."""
    pattern = re.sub(r"<[a-z_]+>|\\\*", "[^/]+", re.escape(token.rstrip("/")).replace(r"\<", "<").replace(r"\>", ">"))
    found = re.compile(rf"(?:.*/)?{pattern}")
    return (folder / token).exists() or any(found.fullmatch(path) for path in tree())


@cache
def models() -> dict[str, str]:
    """The schema of every model of the dbt project."""
    folders = yaml.safe_load(text_of(DBT_DIR / "dbt_project.yml"))["models"]["labour_market"]
    schemas = {}
    for path in (DBT_DIR / "models").rglob("*.sql"):
        own = re.search(r"\bschema\s*=\s*'(\w+)'", text_of(path))
        schemas[path.stem] = own[1] if own else folders[path.relative_to(DBT_DIR / "models").parts[0]]["+schema"]
    return schemas


@cache
def relations() -> frozenset[str]:
    """Every table, view and function that the database scripts, the contracts or the dbt project make, as schema.name."""
    scripts = "\n".join(text_of(path) for path in (INCLUDE / "labour_market" / "database").rglob("*.sql"))
    functions = "\n".join(text_of(path) for path in (DBT_DIR / "routines").glob("*.sql"))
    return frozenset(
        [
            *re.findall(r"create (?:unlogged )?table (?:if not exists )?(\w+\.\w+)", scripts, flags=re.IGNORECASE),
            *re.findall(r"create or replace function (\w+\.\w+)", functions),
            *(f"core.{feed}" for feed in contract_feeds()),
            *(f"{schema}.{model}" for model, schema in models().items()),
            *(f"reference.{path.stem}" for path in (DBT_DIR / "seeds").rglob("*.csv")),
        ]
    )


def leads_somewhere(target: str, page: Path) -> bool:
    file, _, anchor = target.partition("#")
    path = (page.parent / file).resolve() if file else page
    return path.exists() and (not anchor or anchor in map(slug, re.findall(r"^#+ (.+)$", text_of(path), flags=re.MULTILINE)))


def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path):
    targets = [target for target in re.findall(r"\]\(([^)\s]+)\)", text_of(page)) if not re.match(r"[a-z]+:", target)]
    assert [target for target in targets if not leads_somewhere(target, page)] == []


def test_every_path_is_in_the_tree(page: Path):
    tokens = {
        token
        for token in spans_of(current_text(page))
        if IS_FILE.fullmatch(token) and ("/" in token or token.rpartition(".")[2] in EXTENSIONS) and token not in MADE_BY_A_RUN
    }
    missing = {token for token in tokens if not is_in_tree(token, page.parent)}
    assert not missing


def test_every_command_exists_with_its_options(page: Path):
    wrong = set()
    for line in lines_of_code(page):
        for call in re.findall(r"(?:^|[ /(`])lmw( [^&|#]*)?", line):
            words = call.split()
            command = LMW
            while hasattr(command, "commands") and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
                found = command.commands.get(words.pop(0))
                if found is None:
                    wrong.add(line)
                    break
                command = found
            options = set(chain.from_iterable(parameter.opts for parameter in command.params)) | {"--help"}
            given = {option.partition("=")[0] for option in re.findall(r"(?<!\S)--[a-z][a-z-]*", call)}
            if given - options and not command.context_settings.get("ignore_unknown_options"):
                wrong.add(line)
    assert not wrong


def test_every_make_target_exists(page: Path):
    targets = set(re.findall(r"^([a-z-]+):", text_of(PROJECT_ROOT / "Makefile"), flags=re.MULTILINE))
    named = {target for line in lines_of_code(page) for target in re.findall(r"(?:^|\s)make ([a-z-]+)", line)}
    missing = named - targets
    assert not missing


def test_every_relation_exists(page: Path):
    found = re.compile(rf"(?<![\w./-])((?:{'|'.join(SCHEMAS)})\.[a-z]\w*)(?![\w/*]|\.(?:{'|'.join(EXTENSIONS)})\b)")
    named = {relation for line in lines_of_code(page) for relation in found.findall(line)}
    missing = named - relations()
    assert not missing


def test_every_model_exists(page: Path):
    named = {model for line in lines_of_code(page) for model in re.findall(rf"(?<!\w){MODEL.pattern}", line)}
    patterns = {model: re.compile(re.sub(r"<[a-z]+>", "[a-z0-9_]+", model)) for model in named if not model.endswith("_")}
    missing = {model for model, pattern in patterns.items() if not any(map(pattern.fullmatch, models()))}
    assert not missing


def test_every_setting_is_read_somewhere(page: Path):
    sources = "\n".join(text_of(path) for path in [*INCLUDE.rglob("*.py"), *(PROJECT_ROOT / "tests").glob("*.py")])
    missing = {name for name in re.findall(r"\bLMW_[A-Z_]+\b", text_of(page)) if f'"{name}"' not in sources}
    assert not missing


def test_every_setting_is_in_the_table_of_operations():
    sources = "\n".join(map(text_of, (INCLUDE / "labour_market").rglob("*.py")))
    settings = set(re.findall(r'"((?:LMW|WAREHOUSE)_(?!DBT_|STACK)[A-Z_]+)"', sources))  # but what the package gives its own children
    table = text_of(PROJECT_ROOT / "docs" / "operations.md")
    assert settings
    missing = {name for name in settings if f"`{name}`" not in table}
    assert not missing


def test_prose_uses_no_refused_word(page: Path):
    prose = prose_of(text_of(page)).lower()
    words = (REFUSED - {"clerks"}) & set(re.findall(r"[a-z]+", prose))
    assert not words.union(refused_in_prose(prose))
    assert "held against" not in prose


def test_the_glossary_has_each_term_once_in_both_languages():
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", text_of(PROJECT_ROOT / "docs" / "glossary.md"), flags=re.MULTILINE)
    terms = [(term, vietnamese, meaning) for term, vietnamese, meaning in rows if term not in ("term", "---")]
    assert len(terms) > 80
    assert [term for term, times in Counter(term for term, _, _ in terms).items() if times > 1] == []
    assert [term for term, _, meaning in terms if not meaning.endswith(".")] == []


def test_the_drawn_states_of_a_batch_are_those_of_the_ledger():
    diagram = text_of(ARCHITECTURE).partition("stateDiagram-v2")[2].partition("```")[0]
    drawn = set(re.findall(r"^ {4}(\w+) --> (\w+)$", diagram, flags=re.MULTILINE))
    assert drawn == {(str(before), str(after)) for before, states in ALLOWED_MOVES.items() for after in states}


def test_the_table_of_layers_is_that_of_the_package():
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", text_of(ARCHITECTURE), flags=re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", rooms)) & set().union(*LAYERS) for _, rooms in rows] == LAYERS
    assert [int(number) for number, _ in rows] == list(range(1, len(LAYERS) + 1))


def test_the_places_of_a_change_are_full_paths():
    places = text_of(PROJECT_ROOT / "CONTRIBUTING.md").partition("## Where does it go?")[2].partition("## A dbt model of each layer")[0]
    files = [token for token in spans_of(places) if re.fullmatch(r"[\w./-]+", token) and token.rpartition(".")[2] in EXTENSIONS]
    assert len(files) > 50
    assert [token for token in files if not (PROJECT_ROOT / token).exists()] == []


def test_every_layer_of_the_dbt_project_is_described():
    layers = {path.name for path in (DBT_DIR / "models").iterdir() if path.is_dir()}
    listed = set(re.findall(r"^\| (\w+) \| `dbt_project/models/", text_of(PROJECT_ROOT / "CONTRIBUTING.md"), flags=re.MULTILINE))
    drawn = text_of(ARCHITECTURE).partition("## The dbt project")[2].partition("Nothing reads upward")[0]
    assert listed == layers == set(re.findall(r"`(\w+)` \(", drawn))


def test_every_decision_is_listed_and_has_its_three_parts():
    records = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    numbers = [path.name[:4] for path in records]
    assert numbers == [f"{number:04d}" for number in range(1, len(records) + 1)]
    for path in records:
        assert [f"**{part}.**" in text_of(path) for part in ("Context", "Decision", "Consequences")] == [True] * 3, path.name
        title = text_of(path).splitlines()[0].removeprefix(f"# {path.name[:4]}: ")
        assert f"| [{path.name[:4]}]({path.name}) | {title} |" in text_of(DECISIONS / "README.md")


def test_every_prepared_question_is_listed():
    listed = re.findall(r"^\| `(\w+)` \|", text_of(PROJECT_ROOT / "docs" / "questions.md"), flags=re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in QUERIES_DIR.glob("*.sql"))
