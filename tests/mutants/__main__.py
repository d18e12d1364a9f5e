"""`python -m tests.mutants [--seed N] [--each N] [MODULE ...]`: samples mutants of the code that matters, and which the tests notice.

Each mutant is written into a copy of the project, and the tests of its module run there until the first failure. A mutant that they do not
notice is a survivor: a gap, or a change without effect, which `equivalent.csv` lists with its reason. Exit code 1 when fewer than 90 % of
the others are noticed.
"""

import argparse
import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from labour_market.settings import PROJECT_ROOT

from tests.mutants.mutations import Mutant, mutants_of, mutants_of_sql

HERE = Path(__file__).parent
BAR = 0.9
LIMIT = 900  # seconds of the tests of one mutant: one that hangs is noticed


def main() -> int:
    """Sample, run, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=4, help="mutants of each module")
    parser.add_argument("modules", nargs="*", help="paths below include/labour_market; default: all in modules.yml")
    options = parser.parse_args()
    tests = yaml.safe_load((HERE / "modules.yml").read_text(encoding="utf-8"))
    reasons = _equivalent()
    noticed, survivors = 0, []
    with tempfile.TemporaryDirectory(prefix="lmw-mutants-") as folder:
        copy = _copy(Path(folder))
        for module in options.modules or tests:
            if not _tests_pass(copy, tests[module]):
                print(f"{module}: its tests fail without a mutant", file=sys.stderr)
                return 2
            for mutant in _sample(module, options.seed, options.each, reasons):
                path = copy / mutant.module
                original = path.read_text(encoding="utf-8")
                path.write_text(mutant.text, encoding="utf-8")
                survived = _tests_pass(copy, tests[module])
                path.write_text(original, encoding="utf-8")
                print(
                    "SURVIVED" if survived else "noticed ", f"{mutant.module}:{mutant.line}: {mutant.before} -> {mutant.after}", flush=True
                )
                noticed += not survived
                survivors += [mutant] if survived else []
    share = noticed / max(1, noticed + len(survivors))
    print(f"{noticed} of {noticed + len(survivors)} mutants noticed ({share:.0%}); the bar is {BAR:.0%}")
    return 0 if share >= BAR else 1


def _equivalent() -> dict[str, str]:
    """The reason of each mutant without effect, by its name."""
    with (HERE / "equivalent.csv").open(encoding="utf-8", newline="") as file:
        return {row["mutant"]: row["reason"] for row in csv.DictReader(file)}


def _sample(module: str, seed: int, count: int, reasons: dict[str, str]) -> list[Mutant]:
    """Some mutants of a module, without those that have no effect."""
    path = f"include/labour_market/{module}"
    text = (PROJECT_ROOT / path).read_text(encoding="utf-8")
    candidates = [m for m in (mutants_of if module.endswith(".py") else mutants_of_sql)(path, text) if m.name not in reasons]
    return random.Random(f"{seed} {module}").sample(candidates, min(count, len(candidates)))  # no secret


def _copy(folder: Path) -> Path:
    """The files of the project that git has, in a folder of their own."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, target = PROJECT_ROOT / name, folder / "tree" / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder / "tree"


def _tests_pass(copy: Path, paths: list[str]) -> bool:
    environment = {**os.environ, "PYTHONPATH": f"{copy}:{copy / 'include'}", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *paths],
            cwd=copy, env=environment, capture_output=True, check=False, timeout=LIMIT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
