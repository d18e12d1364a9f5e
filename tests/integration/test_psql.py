"""`lmw psql`: into the warehouse as one of its roles, with whatever psql itself takes."""

import subprocess
import sys
from pathlib import Path

LMW = str(Path(sys.executable).parent / "lmw")


def psql(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([LMW, "psql", *arguments], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60)


def test_what_psql_takes_is_passed_on(warehouse):
    done = psql("-c", "select current_user", "-Atc", "select 1 + 1")
    assert (done.returncode, done.stdout) == (0, "bi_reader\n2\n"), done.stderr
    done = psql("--role", "steward", "--csv", "--command=select current_user as who")
    assert done.stdout == "who\nsteward\n"
    assert psql("-v", "ON_ERROR_STOP=1", "-c", "select nothing").returncode == 1


def test_a_role_that_is_not_there_is_answered_with_those_that_are(warehouse):
    done = psql("--role", "nobody")
    assert done.returncode == 2
    assert done.stderr == "lmw: there is no role 'nobody'; known: loader, auditor, transformer, steward, dpo, bi_reader\n"
