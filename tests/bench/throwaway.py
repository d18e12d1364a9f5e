"""A server and a provisioned warehouse for one bench, and measured child processes."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.conftest import free_port


@contextmanager
def warehouse() -> Iterator[Path]:
    """The embedded server in a folder of its own, provisioned with its reference lists; the environment points at it."""
    from labour_market.database import provision
    from labour_market.local_stack.postgres import start_server, stop_server
    from labour_market.transform import deploy_models

    with own_home() as home:
        try:
            start_server(home)
            provision()
            deploy_models()
            yield home
        finally:
            stop_server(home)


@contextmanager
def stack_home() -> Iterator[Path]:
    """A home for a separate stack, which is stopped in the end."""
    from labour_market.local_stack import stack

    with own_home() as home:
        try:
            yield home
        finally:
            stack.down()


@contextmanager
def own_home() -> Iterator[Path]:
    """An empty LMW_HOME with free ports of its own."""
    home = Path(tempfile.mkdtemp(prefix="lmw-bench-"))
    for name in ("WAREHOUSE_DSN", "LMW_SENDERS", "LMW_LANDING"):
        os.environ.pop(name, None)
    os.environ.update(
        LMW_HOME=str(home),
        **{name: str(free_port()) for name in ("LMW_PG_PORT", "LMW_GATEWAY_PORT", "LMW_AIRFLOW_PORT", "LMW_SITE_PORT")},
    )
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def in_a_process(module: str, *arguments: object) -> dict[str, Any]:
    """Run `python -m <module> <arguments>`; gives the JSON that it prints last, with the peak memory of that process in MB.

    Raises RuntimeError with the end of its output when it fails.
    """
    done = subprocess.run([sys.executable, "-m", module, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{module} {arguments}: {(done.stderr or done.stdout)[-2000:]}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def report(**figures: Any) -> None:
    """The last line of a measured process: its figures, and its own peak memory."""
    print(json.dumps({**figures, "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))


def seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
