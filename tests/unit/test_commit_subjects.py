"""The script that .ci/run and the commit-msg hook call accepts subjects of one form."""

import subprocess
import sys
from pathlib import Path

import pytest
from labour_market.settings import PROJECT_ROOT

SCRIPT = PROJECT_ROOT / ".ci" / "check-subjects"


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *arguments], cwd=folder, capture_output=True, text=True, check=False)


def check_message(folder: Path, message: str) -> subprocess.CompletedProcess[str]:
    path = folder / "COMMIT_EDITMSG"
    path.write_text(message, encoding="utf-8")
    return check(folder, str(path))


@pytest.mark.parametrize(
    "subject",
    [
        "cli: print one line for each feed",
        "dbt: address review notes",
        "ci: feed the cache",
        "star: process rows in one pass",
        f"docs: {'x' * 66}",
    ],
)
def test_a_subject_of_the_form_is_accepted(tmp_path: Path, subject: str):
    assert check_message(tmp_path, f"{subject}\n\nAdded because of a reason.").returncode == 0


@pytest.mark.parametrize(
    "subject",
    [
        "Print one line for each feed",
        "cli: printed one line for each feed",
        "cli: prints one line for each feed",
        "cli: printing of lines",
        "cli: the lines are printed",
        "cli:print one line",
        "cli, dags: print one line",
        "cli dags: print one line",
        f"docs: {'x' * 67}",
    ],
)
def test_another_subject_is_refused_by_name(tmp_path: Path, subject: str):
    result = check_message(tmp_path, subject)
    assert result.returncode == 1
    assert subject in result.stdout


def test_every_commit_of_a_clone_without_the_base_is_checked(tmp_path: Path):
    def git(*arguments: str) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, capture_output=True, check=True)

    git("init")
    git("commit", "--allow-empty", "-m", "cli: print one line")
    assert check(tmp_path).returncode == 0
    git("commit", "--allow-empty", "-m", "x")
    assert check(tmp_path).stdout.startswith("'x'")
