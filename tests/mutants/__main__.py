"""`python -m tests.mutants [--seed N] [--each N] [MODULE ...]`: samples mutants of the code that matters, and which the tests notice.

Each mutant is written into a copy of the project, and the tests of its module run there until the first failure. A mutant that they do not
notice is a survivor: a gap, or a change without effect, which `equivalent.csv` lists with its reason. The result is printed, kept in
results.yml, and written to docs/mutants.md. Exit code 1 when fewer than 90 % of the others are noticed, 2 when tests fail without a mutant.
"""

import argparse
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from threading import Lock

import psycopg
import yaml
from labour_market.local_stack.postgres import start_server, stop_server
from labour_market.settings import PROJECT_ROOT

from tests.conftest import SHARED_SERVER, Server, free_port, make_template
from tests.mutants.mutations import Mutant, mutants_of, mutants_of_sql

HERE = Path(__file__).parent
RESULTS = HERE / "results.yml"
TABLE = PROJECT_ROOT / "docs" / "mutants.md"
BAR = 0.9
SLOWER = 5  # times as long as without a mutant: tests that take longer hang, and have noticed it


@dataclass
class Result:
    """What happened to the mutants of one module. survivors: name -> line."""

    seed: int
    commit: str
    date: str
    mutants: int = 0
    noticed: int = 0
    equivalent: int = 0
    survivors: dict[str, int] = field(default_factory=dict)


def main() -> int:
    """Sample, run, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=3, help="mutants of each module")
    parser.add_argument("--jobs", type=int, default=2, help="modules at a time")
    parser.add_argument("modules", nargs="*", help="paths below include/labour_market; default: all in modules.yml")
    options = parser.parse_args()
    tests = yaml.safe_load((HERE / "modules.yml").read_text(encoding="utf-8"))
    modules = options.modules or list(tests)
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory(prefix="lmw-mutants-") as folder, _server(Path(folder) / "home") as server:
        runners: Queue[Runner] = Queue()
        durations = Durations()
        for number in range(options.jobs):
            runners.put(Runner(_copy(Path(folder) / str(number)), server, durations))

        def run(module: str) -> Result | None:
            runner = runners.get()
            try:
                return _run(runner, module, tests[module], options.seed, options.each)
            finally:
                runners.put(runner)

        with ThreadPoolExecutor(options.jobs) as pool:
            for module, result in zip(modules, pool.map(run, modules), strict=True):
                if result:
                    results[module] = result
                    _keep(tests, module, result)
    noticed, counted = _counts(results)
    print(f"{noticed} of {counted} mutants noticed ({noticed / max(1, counted):.0%}); the bar is {BAR:.0%}")
    if len(results) < len(modules):
        return 2
    return 0 if noticed >= BAR * counted else 1


def _run(runner: "Runner", module: str, tests: list[str], seed: int, count: int) -> Result | None:
    """Run the tests of a module with each mutant of its sample; None where they fail without one."""
    if runner.seconds_of(tests) is None:
        print(f"{module}: its tests fail without a mutant", flush=True)
        return None
    equivalent = _reasons("equivalent.csv")
    result = Result(seed, runner.commit, f"{datetime.now(UTC):%Y-%m-%d}")
    for mutant in _sample(module, seed, count):
        result.mutants += 1
        if mutant.name in equivalent:
            result.equivalent += 1
            outcome = "equivalent"
        elif runner.notices(mutant, tests):
            result.noticed += 1
            outcome = "noticed"
        else:
            result.survivors[mutant.name] = mutant.line
            outcome = "SURVIVED"
        print(f"{outcome:10} {mutant.line:4} {mutant.name}", flush=True)
    return result


def _keep(tests: Mapping[str, object], module: str, result: Result) -> None:
    """Keep the result of a module, and write the table of all that are kept."""
    kept = yaml.safe_load(RESULTS.read_text(encoding="utf-8")) or {} if RESULTS.exists() else {}
    kept = {name: kept[name] for name in tests if name in kept} | {module: asdict(result)}
    kept = {name: kept[name] for name in tests if name in kept}
    RESULTS.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=1_000), encoding="utf-8")
    TABLE.write_text(_table({name: Result(**values) for name, values in kept.items()}, tests), encoding="utf-8")


def _counts(results: Mapping[str, Result]) -> tuple[int, int]:
    """The mutants that were noticed, and all that have an effect."""
    return sum(r.noticed for r in results.values()), sum(r.mutants - r.equivalent for r in results.values())


def _reasons(name: str) -> dict[str, str]:
    """The reason of each mutant in a file of them, by its name."""
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return {row["mutant"]: row["reason"] for row in csv.DictReader(file)}


def candidates(module: str) -> list[Mutant]:
    """Every mutant of a module."""
    path = f"include/labour_market/{module}"
    text = (PROJECT_ROOT / path).read_text(encoding="utf-8")
    return (mutants_of if module.endswith(".py") else mutants_of_sql)(module, text)


def _sample(module: str, seed: int, count: int) -> list[Mutant]:
    found = candidates(module)
    return random.Random(f"{seed} {module}").sample(found, min(count, len(found)))  # no secret


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=PROJECT_ROOT, capture_output=True, check=True, text=True).stdout.strip()


def _copy(folder: Path) -> Path:
    """The files of the project that git has, in a folder of their own."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, target = PROJECT_ROOT / name, folder / "tree" / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder / "tree"


@contextmanager
def _server(home: Path) -> Iterator[Server]:
    """One server with a provisioned database for the tests of all mutants."""
    os.environ.update(LMW_HOME=str(home), LMW_PG_PORT=str(free_port()))
    for name in ("WAREHOUSE_DSN", "LMW_SENDERS"):
        os.environ.pop(name, None)
    server = Server(start_server(home), home)
    try:
        make_template(server)
        yield server
    finally:
        stop_server(home)


class Durations:
    """How long each test file takes without a mutant; each is run once for all jobs."""

    def __init__(self) -> None:
        self._seconds: dict[str, float | None] = {}
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)

    def of(self, path: str, passes: Callable[[], bool]) -> float | None:
        """The seconds of a test file; None when it fails."""
        with self._locks[path]:
            if path not in self._seconds:
                began = time.monotonic()
                passed = passes()
                self._seconds[path] = time.monotonic() - began if passed else None
            return self._seconds[path]


class Runner:
    """Runs tests in a copy of the project, with a server that all runs share and a home that each run has alone."""

    def __init__(self, copy: Path, server: Server, durations: Durations) -> None:
        self.copy = copy
        self.server = server
        self.durations = durations
        self.commit = _git("rev-parse", "--short=12", "HEAD")
        if _git("status", "--porcelain", "--", ".", *(f":!{path.relative_to(PROJECT_ROOT)}" for path in (RESULTS, TABLE))):
            self.commit += " with changes"

    def seconds_of(self, paths: list[str]) -> float | None:
        """The time of test files without a mutant; None when one of them fails."""
        seconds = [self.durations.of(path, lambda path=path: self._pass([path], 3600)) for path in paths]  # type: ignore[misc]
        return None if None in seconds else sum(filter(None, seconds))

    def notices(self, mutant: Mutant, paths: list[str]) -> bool:
        """Whether one of the test files fails with a mutant, or hangs."""
        path = self.copy / "include" / "labour_market" / mutant.module
        original = path.read_text(encoding="utf-8")
        path.write_text(mutant.text, encoding="utf-8")
        try:
            return not self._pass(paths, 60 + SLOWER * (self.seconds_of(paths) or 0))
        finally:
            path.write_text(original, encoding="utf-8")

    def _pass(self, paths: list[str], limit: float) -> bool:
        with tempfile.TemporaryDirectory(prefix="lmw-home-") as home:
            shutil.copytree(self.server.home, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("postgres*"))
            shutil.copy(self.server.home / "secrets" / "postgres", f"{home}/secrets/postgres")
            environment = {
                **os.environ,
                "PYTHONPATH": f"{self.copy}:{self.copy / 'include'}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "LMW_HOME": home,
                SHARED_SERVER: self.server.admin_dsn,
            }
            process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *paths],
                cwd=self.copy, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            try:
                return process.wait(limit) == 0
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                return False
            finally:
                psycopg.connect(self.server.admin_dsn).close()  # fails when a mutant has ended the server


def _table(results: Mapping[str, Result], modules: Iterable[str]) -> str:
    noticed, counted = _counts(results)
    reasons = _reasons("survivors.csv")
    rows = [
        f"| `{name}` | {r.mutants} | {r.noticed} | {r.equivalent} | {len(r.survivors)} | {r.seed} | {r.commit} | {r.date} |"
        for name, r in results.items()
    ]
    survivors = [
        f"| {line} | `{name.replace('|', chr(92) + '|').replace('`', chr(39))}` | {reasons.get(name, 'a gap')} |"
        for r in results.values()
        for name, line in r.survivors.items()
    ]
    missing = [f"- `{name}`" for name in modules if name not in results]
    return "\n".join(
        [
            "# Mutants",
            "",
            "`make mutants` changes the code that matters at one place at a time, and runs the tests of the changed module",
            "(`tests/mutants/modules.yml`). A change that they do not notice is a survivor. Changes without effect are listed with",
            "their reasons in `tests/mutants/equivalent.csv`; they are not run, and do not count. The bar is 90 %. The run writes",
            "this page, from the last result of each module.",
            "",
            f"**{noticed} of {counted} noticed ({noticed / max(1, counted):.0%})**, in {len(results)} modules.",
            "",
            "| module | mutants | noticed | equivalent | survivors | seed | commit | date |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "## Survivors",
            "",
            "| line | change | reason |",
            "|---|---|---|",
            *survivors,
            "",
            *(["## Modules without a result", "", *missing, ""] if missing else []),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
