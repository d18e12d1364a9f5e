"""Background processes of one installation: started in a group of their own, found again, and stopped with all their children."""

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from labour_market.errors import LabourMarketError

MARK = "LMW_STACK"
PATIENCE_SECONDS = 15


@contextmanager
def exclusively(home: Path, name: str) -> Iterator[None]:
    """One process of an installation at a time; the others wait. The lock falls with its holder, however it dies."""
    run = home / "run"
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(home: Path, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Start a process that outlives us, its output in $home/logs/<name>.log; returns its pid."""
    stop(home, name)
    logs, run = home / "logs", home / "run"
    for folder in (logs, run):
        folder.mkdir(parents=True, exist_ok=True)
    with (logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env={**os.environ, **(environment or {}), MARK: str(home)},
            start_new_session=True,
        )
    note = {"pid": process.pid, "started": psutil.Process(process.pid).create_time()}
    (run / f"{name}.json").write_text(json.dumps(note), encoding="ascii")
    return process.pid


def running(home: Path, name: str) -> int | None:
    """The pid of the component when it lives; a pid that another process has got since does not count."""
    note = _note(home, name)
    return note["pid"] if note and _lives(note) else None


def asked_for(home: Path, name: str) -> bool:
    """Whether the component was started and not stopped since, also when it has died."""
    return _note(home, name) is not None


def stop(home: Path, name: str) -> None:
    """Stop a component and all that it started, also when it died itself and left its children behind."""
    note = _note(home, name)
    if note is not None:
        _end(_session(note))
    (home / "run" / f"{name}.json").unlink(missing_ok=True)


def leftovers(home: Path) -> list[psutil.Process]:
    """Processes of this installation that are still there, whoever their parent is now."""
    found = {process for path in (home / "run").glob("*.json") if (note := _note(home, path.stem)) for process in _session(note)}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.add(process)
    return list(found)


def stop_leftovers(home: Path) -> None:
    """Stop what is still there of this installation."""
    _end(leftovers(home))


def _note(home: Path, name: str) -> dict[str, Any] | None:
    try:
        note = json.loads((home / "run" / f"{name}.json").read_text(encoding="ascii"))
        return {"pid": int(note["pid"]), "started": float(note["started"])}
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _lives(note: dict[str, Any]) -> bool:
    with suppress(psutil.Error):
        process = psutil.Process(note["pid"])
        return bool(process.create_time() == note["started"] and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _session(note: dict[str, Any]) -> list[psutil.Process]:
    """The component's session: itself and all that it started.

    Airflow's workers write their title over their environment, so the mark alone does not find them. The kernel gives a session's
    number to nobody else while one of its processes lives: where another process has our leader's pid, none of ours is left.
    """
    with suppress(psutil.NoSuchProcess):
        if psutil.Process(note["pid"]).create_time() != note["started"]:
            return []
    if note["started"] < psutil.boot_time():
        return []
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if os.getsid(process.pid) == note["pid"] and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def _end(processes: list[psutil.Process]) -> None:
    """Ask, then kill."""
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def holder_of(port: int) -> str | None:
    """Who listens on a port of 127.0.0.1, in words; None when nobody does."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            with suppress(psutil.Error):
                if connection.pid:
                    return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            return "another program"
    return None


def wait_until(what: str, ready: Callable[[], bool], seconds: float, log: Path | None = None) -> None:
    """Wait until ready() holds. Raises LabourMarketError that names what did not come up, with the end of its log."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            tail = log.read_text(encoding="utf-8", errors="replace")[-1500:] if log and log.exists() else ""
            raise LabourMarketError(f"{what} was not ready after {seconds:.0f} s\n{tail}".rstrip())
        time.sleep(0.25)
