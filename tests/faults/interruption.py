"""Work in a process of its own, which a signal ends or stops at a point of the test's choice.

The code of the product has no hook for this: the process is forked, and wraps a function of the code before it begins.
"""

import functools
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg import sql


@dataclass(frozen=True)
class Point:
    """A point in the code: before or after a call of a function.

    Attributes:
        function: As "module:function" or "module:Class.method".
        when: "before" or "after".
        call: Which of its calls.
        text: Only calls with this text in an argument, such as a part of a statement.
    """

    function: str
    when: str = "before"
    call: int = 1
    text: str = ""


def wrap(point: Point, act: Callable[[], Any]) -> None:
    """Call act at a point, in this process and from now on."""
    module, _, path = point.function.partition(":")
    *owners, name = path.split(".")
    owner = functools.reduce(getattr, owners, importlib.import_module(module))
    original, calls = getattr(owner, name), 0

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += point.text in " ".join(map(_text, arguments)) if point.text else 1
        reached = calls == point.call and (not point.text or point.text in " ".join(map(_text, arguments)))
        if reached and point.when == "before":
            act()
        result = original(*arguments, **named)
        if reached and point.when == "after":
            act()
        return result

    setattr(owner, name, wrapped)


def _text(argument: Any) -> str:
    if isinstance(argument, sql.Composable):
        return argument.as_string(None)
    return argument if isinstance(argument, str) else ""


class Forked:
    """Work in a forked process; as a context manager it is ended with its block."""

    def __init__(self, work: Callable[[], Any], *prepare: Callable[[], Any]) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.status: int | None = None
        self.pid = os.fork()
        if not self.pid:
            code = 1
            try:
                for step in prepare:
                    step()
                work()
                code = 0
            except BaseException:  # noqa: BLE001  # the parent sees the exit code, and pytest the text
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)

    def wait(self) -> int:
        """The exit code; of a process that a signal ended, its negative number."""
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status

    def wait_stopped(self) -> None:
        """Wait until it has stopped; it must not end before."""
        found = os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        assert found and found.si_code == os.CLD_STOPPED, "it ended before it reached the point"

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, while it runs."""
        if self.status is None:
            os.kill(self.pid, number)

    def __enter__(self) -> "Forked":
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()


def forked(work: Callable[[], Any], point: Point | None = None, number: signal.Signals = signal.SIGKILL) -> Forked:
    """Work that sends itself a signal at a point."""
    if point is None:
        return Forked(work)
    return Forked(work, lambda: wrap(point, lambda: os.kill(os.getpid(), number)))


def killed(work: Callable[[], Any], point: Point) -> bool:
    """Run work that is killed at a point; returns whether it reached the point."""
    code = forked(work, point).wait()
    assert code in (0, -signal.SIGKILL), "it ended with an error before it reached the point"
    return code != 0
