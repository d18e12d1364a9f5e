"""The home of an installation: what is written there is readable by its owner only, whatever the umask."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from labour_market.settings import make_home_private
from simulator import build_province, serve

from tests.conftest import Server, free_port


def open_paths(home: Path) -> list[str]:
    """What others than the owner may read, write or enter; sockets and links have no bytes."""
    found = []
    for folder, folders, names in os.walk(home):
        for path in (Path(folder), *(Path(folder) / name for name in (*folders, *names))):
            if not path.is_symlink() and path.stat().st_mode & 0o077:
                found.append(f"{path.relative_to(home)} {path.stat().st_mode & 0o777:o}")
    return sorted(set(found))


def test_every_file_of_a_night_is_private_under_any_umask(server: Server, warehouse: str, tmp_path: Path, monkeypatch) -> None:
    home = tmp_path / "new" / "home"
    shutil.copytree(server.home / "secrets", home / "secrets")  # the passwords of the roles of this server
    with serve(build_province(tmp_path / "province", scale=0.02, scenario="clean")) as gateway:
        gateway.write_senders(tmp_path / "senders.yml")
        monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
        monkeypatch.setenv("LMW_SITE_PORT", str(free_port()))
        monkeypatch.setenv("LMW_HOME", str(home))
        monkeypatch.delenv("LMW_LANDING")
        lmw = Path(sys.executable).with_name("lmw")
        render = f"{sys.executable} -c 'from labour_market import site; site.render()'"
        commands = [f"{lmw} {rest}" for rest in ("up --without-airflow", "ingest --feed fair_sessions --feed placements", "build")]
        try:
            for command in (*commands, render):
                shell = ["/bin/sh", "-c", f"umask 000; exec {command}"]
                done = subprocess.run(shell, capture_output=True, text=True, check=False, timeout=500)
                assert done.returncode == 0, done.stderr[-2000:]
        finally:
            subprocess.run([lmw, "down"], check=False)
    assert {path.name for path in home.iterdir()} >= {"secrets", "landing", "logs", "run", "site", "dbt"}
    assert (home / "site" / "index.html").exists()
    assert open_paths(home) == []


def test_a_home_that_others_may_enter_is_made_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "logs" / "old").mkdir(parents=True)
    (home / "postgres").mkdir(mode=0o700)
    (home / "postgres" / "kept").touch(mode=0o600)
    (home / "run.sh").touch()
    (home / "logs" / "old" / "line.log").write_text("x")
    (home / "run.sh").chmod(0o755)
    for path in (home, home / "logs", home / "logs" / "old"):
        path.chmod(0o777)
    make_home_private(home)
    assert open_paths(home) == []
    assert (home / "run.sh").stat().st_mode & 0o777 == 0o700
    assert (home / "logs" / "old" / "line.log").stat().st_mode & 0o777 in (0o600,)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_new_home_is_private_with_the_folders_above_it(tmp_path: Path, depth: int) -> None:
    home = tmp_path.joinpath(*"abc"[:depth])
    before = os.umask(0)
    try:
        make_home_private(home)
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (home, *home.parents) if path != tmp_path and tmp_path in path.parents] == [
        0o700
    ] * depth
