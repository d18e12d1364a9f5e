"""Work in a process of its own, which is killed before one of its statements: a child that is forked, so that it begins at once."""

import itertools
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import psycopg

FORK = multiprocessing.get_context("fork")
PATIENCE_SECONDS = 600  # of a test, on a machine with other work


@dataclass
class Child:
    """A child that works. `wait` gives what it returned, or None when it was killed; an error of the child is an error of the test."""

    process: BaseProcess
    answers: Connection

    def wait(self, seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait for the end of the child."""
        answer = None
        if self.answers.poll(seconds):
            try:
                answer = self.answers.recv()
            except EOFError:
                answer = None
        self.process.join(seconds)
        if self.process.is_alive():
            self.process.kill()
            raise AssertionError(f"the child did not end within {seconds} s")
        if self.process.exitcode == -signal.SIGKILL:
            return None
        assert self.process.exitcode == 0, f"the child ended with {self.process.exitcode}"
        if isinstance(answer, str) and answer.startswith("Traceback"):
            raise AssertionError(answer)
        return answer

    @property
    def was_killed(self) -> bool:
        """Whether the child has ended by SIGKILL."""
        return self.process.exitcode == -signal.SIGKILL


def begin(work: Callable[[], Any], kill_at: int | None = None, end: signal.Signals = signal.SIGKILL) -> Child:
    """Start work in a child.

    Args:
        work: what the child does; its result must be picklable.
        kill_at: the number of the statement, of all that the child sends to PostgreSQL, before which a signal ends it.
        end: the signal; SIGSTOP stops the child until it is continued.
    """
    here, there = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_work, args=(work, kill_at, end, there), daemon=False)
    process.start()
    there.close()
    return Child(process, here)


def run(work: Callable[[], Any], kill_at: int | None = None) -> Any:
    """Work in a child, and wait for it."""
    return begin(work, kill_at).wait()


def _work(work: Callable[[], Any], kill_at: int | None, end: signal.Signals, answers: Connection) -> None:
    if kill_at is not None:
        _end_before(kill_at, end)
    try:
        answer = work()
    except BaseException:  # noqa: BLE001  # of whatever kind, it is the answer
        answer = traceback.format_exc()
    answers.send(answer)
    answers.close()
    os._exit(0)


def _end_before(number: int, end: signal.Signals) -> None:
    """Send this process a signal before it sends that statement; BEGIN and COMMIT count too."""
    sent = itertools.count(1)

    def count() -> None:
        if next(sent) == number:
            os.kill(os.getpid(), end)

    for name in ("execute", "executemany", "copy"):
        setattr(psycopg.Cursor, name, _counted(getattr(psycopg.Cursor, name), count))
    command = psycopg.Connection._exec_command

    def counted_command(*arguments: Any, **named: Any) -> Iterator[Any]:
        count()
        return command(*arguments, **named)

    psycopg.Connection._exec_command = counted_command  # type: ignore[method-assign, assignment]


def _counted(method: Callable[..., Any], count: Callable[[], None]) -> Callable[..., Any]:
    def counted(*arguments: Any, **named: Any) -> Any:
        count()
        return method(*arguments, **named)

    return counted
