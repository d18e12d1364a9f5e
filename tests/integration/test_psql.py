"""`lmw psql` opens psql with one of the warehouse's roles and passes its arguments on."""

import subprocess
import sys
from pathlib import Path

LMW = str(Path(sys.executable).parent / "lmw")


def psql(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LMW, "psql", *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60)


def test_arguments_of_psql_are_passed_on(warehouse):
    done = psql("-c", "select current_user", "-Atc", "select 1 + 1")
    assert (done.returncode, done.stdout) == (0, "bi_reader\n2\n"), done.stderr
    done = psql("--role", "steward", "--csv", "--command=select current_user as who")
    assert done.stdout == "who\nsteward\n"
    assert psql("-v", "ON_ERROR_STOP=1", "-c", "select nothing").returncode == 1


def test_an_unknown_role_is_refused_with_the_list_of_roles(warehouse):
    done = psql("--role", "nobody")
    assert done.returncode == 2
    assert done.stderr == "lmw: there is no role 'nobody'; known: loader, auditor, transformer, steward, dpo, analyst, bi_reader\n"
