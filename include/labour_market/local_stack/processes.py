"""Background processes of one installation: each is started in a session of its own, found by it, and stopped with its children."""

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
from labour_market.settings import OWNER_ONLY, make_private_folder

MARK = "LMW_STACK"
PATIENCE_SECONDS = 15


@contextmanager
def exclusively(home: Path, name: str) -> Iterator[None]:
    """Hold a lock that one process of an installation has at a time; others wait. It is released when its holder ends, also when killed."""
    run = home / "run"
    make_private_folder(run)
    with os.fdopen(os.open(run / f"{name}.lock", os.O_WRONLY | os.O_CREAT, 0o600), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start(home: Path, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Start a component as a background process.

    Args:
        home: The home of the installation.
        name: The component; its output goes to logs/<name>.log.
        command: The program and its arguments.
        environment: Variables in addition to the current ones.

    Returns:
        The pid.
    """
    stop(home, name)
    logs, run = home / "logs", home / "run"
    for folder in (logs, run):
        make_private_folder(folder)
    with (logs / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=home,
            env={**os.environ, **(environment or {}), MARK: str(home)},
            start_new_session=True,
            umask=OWNER_ONLY,
        )
    note = {"pid": process.pid, "started": psutil.Process(process.pid).create_time()}
    (run / f"{name}.json").write_text(json.dumps(note), encoding="ascii")
    return process.pid


def running(home: Path, name: str) -> int | None:
    """The pid of a running component, else None. A pid that another process has got since does not count."""
    note = _note(home, name)
    return note["pid"] if note and _is_running(note) else None


def expected(home: Path, name: str) -> bool:
    """Whether a component was started and not stopped since, so that it should run."""
    return _note(home, name) is not None


def stop(home: Path, name: str) -> None:
    """Stop a component and its child processes, also the children of a component that ended abnormally."""
    note = _note(home, name)
    if note is not None:
        _end(_session(note))
    (home / "run" / f"{name}.json").unlink(missing_ok=True)


def leftovers(home: Path) -> list[psutil.Process]:
    """Running processes of this installation, also those that have lost their parent."""
    found = {process for path in (home / "run").glob("*.json") if (note := _note(home, path.stem)) for process in _session(note)}
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == str(home) and process.status() != psutil.STATUS_ZOMBIE:
                found.add(process)
    return list(found)


def stop_leftovers(home: Path) -> None:
    """Stop the running processes of this installation."""
    _end(leftovers(home))


def _note(home: Path, name: str) -> dict[str, Any] | None:
    try:
        note = json.loads((home / "run" / f"{name}.json").read_text(encoding="ascii"))
        return {"pid": int(note["pid"]), "started": float(note["started"])}
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _is_running(note: dict[str, Any]) -> bool:
    with suppress(psutil.Error):
        process = psutil.Process(note["pid"])
        return bool(process.create_time() == note["started"] and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _session(note: dict[str, Any]) -> list[psutil.Process]:
    """The processes of a component's session: itself and its children.

    Airflow's workers overwrite their environment with their title, so that MARK does not find them. The kernel does not give the number
    of a session to another process while one of its processes runs: where another process has the component's pid, the session is over.
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
    """Terminate processes, and kill those that do not end within PATIENCE_SECONDS."""
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    for process in alive:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=5)


def holder_of(port: int) -> str | None:
    """The program that listens on a port, as text with its pid; None when there is none."""
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port:
            with suppress(psutil.Error):
                if connection.pid:
                    return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            return "another program"
    return None


def wait_until(component: str, ready: Callable[[], bool], seconds: float, log: Path | None = None) -> None:
    """Wait until ready() holds.

    Args:
        component: The name of what starts, for the message.
        ready: Whether it answers.
        seconds: How long to wait.
        log: The file of its output.

    Raises:
        LabourMarketError: The message names what did not come up, with the end of its log.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            tail = log.read_text(encoding="utf-8", errors="replace")[-1500:] if log and log.exists() else ""
            raise LabourMarketError(f"{component} was not ready after {seconds:.0f} s\n{tail}".rstrip())
        time.sleep(0.25)
