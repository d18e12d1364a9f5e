"""Reads deliveries in a process of its own: a file of a stranger may crash its reader, grow it, or never end.

One process reads the deliveries of a load one after the other, and is replaced when it ends abnormally. Its memory and its processor
time are limited, and so is the time that the load waits for it. The answers of the process are bytes and JSON, which cannot run code in
the load.
"""

import ctypes
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from labour_market.batches.delivery_errors import InvalidDeliveryError
from labour_market.batches.landing import LandingStore
from labour_market.batches.ledger import Batch
from labour_market.contracts import Contract
from labour_market.errors import LabourMarketError
from labour_market.ingestion.person_search import Named, PersonSearch, search_file
from labour_market.ingestion.pseudonyms import load_pseudonym_key
from labour_market.ingestion.staging import csv_chunks, read_batch
from labour_market.logs import describe, trace
from labour_market.settings import Settings

START_SECONDS = 120
# the answers of the process: their first byte
READY, SECONDS, HEAD, ROWS, END, INVALID, ERROR = b"y", b"s", b"h", b"r", b".", b"i", b"e"


@dataclass(frozen=True)
class Limits:
    """What the reader of one delivery may use.

    Attributes:
        memory: Bytes of address space, whatever the size of the delivery.
        memory_per_byte: As much more for each byte of the delivery.
        seconds: Of the processor, whatever the size of the delivery.
        seconds_per_megabyte: As much more for each megabyte.
        patience: How many times as long the load waits, since the processor is shared.
    """

    memory: int = 3 * 2**30
    memory_per_byte: int = 16
    seconds: float = 60.0
    seconds_per_megabyte: float = 2.0
    patience: float = 5.0

    def memory_for(self, size: int) -> int:
        """Bytes of address space for a delivery of so many bytes."""
        return self.memory + self.memory_per_byte * size

    def seconds_for(self, size: int) -> float:
        """Seconds of the processor for a delivery of so many bytes."""
        return self.seconds + self.seconds_per_megabyte * size / 2**20


class ReaderDiedError(LabourMarketError):
    """A delivery ended the process abnormally. cause: crash, memory or time."""

    def __init__(self, cause: str, how: str) -> None:
        super().__init__(f"the reader of a delivery ended abnormally ({how})")
        self.cause = cause


class ReadingError(LabourMarketError):
    """An internal error in the process. Its note has the traceback, which holds no value of a record."""


class ReaderNotStartedError(LabourMarketError):
    """The process could not be started, which is no fault of a delivery."""


@dataclass(frozen=True)
class Reading:
    """A delivery that was read: the number of its records, what was left out (staging.read_batch), and its rows as CSV."""

    records: int
    remarks: dict[str, Any]
    rows: Iterator[bytes]


class Reader:
    """The process that reads deliveries; it starts when the block begins, and ends with it."""

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        self._settings = settings
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection
        self._ready, self._idle = False, True

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, contract: Contract, batch: Batch) -> Reading:
        """Read a landed batch.

        Args:
            contract: Of the batch's feed.
            batch: A batch whose bytes are in the landing store.

        Returns:
            The delivery; its rows are to be taken before the next delivery is read.

        Raises:
            InvalidDeliveryError: The delivery cannot be read as it was announced.
            ReaderDiedError: The process ended abnormally; also while the rows are taken.
            ReadingError: An internal error; also while the rows are taken.
            ReaderNotStartedError: There is no process to read it.
        """
        self._prepare()
        answers = self._answers(contract, batch, None)
        head = json.loads(next(answers))
        return Reading(head["records"], head["remarks"], answers)

    def search(self, contract: Contract, batch: Batch, person: PersonSearch) -> Named:
        """Look for a person in the landed file of a batch; a file that ends the process abnormally, or is gone, is unclear.

        Args:
            contract: Of the batch's feed.
            batch: A batch whose bytes were landed.
            person: What to look for.

        Raises:
            ReaderNotStartedError: There is no process to read it.
        """
        self._prepare()
        try:
            (answer,) = self._answers(contract, batch, person)
        except (ReaderDiedError, ReadingError):
            return Named.UNCLEAR
        return Named(answer.decode())

    def _prepare(self) -> None:
        if not self._idle:  # it ended abnormally, or the rows of its last delivery were not wanted
            self._stop()
        self._await_ready()
        self._idle = False

    def _answers(self, contract: Contract, batch: Batch, person: PersonSearch | None) -> Iterator[bytes]:
        """The head of a delivery, then the chunks of its rows; or what is known of a person in it."""
        left = None
        try:
            self._pipe.send((self._settings, self._limits, contract, batch, person))
            while True:
                kind, content, left = self._receive(left)
                if kind == END:
                    self._idle = True
                    return
                if kind == INVALID:
                    self._idle = True
                    raise InvalidDeliveryError(**json.loads(content))
                if kind == ERROR:
                    self._idle = True
                    raise _reading_error(**json.loads(content))
                yield content
        except (EOFError, OSError):
            raise self._death() from None

    def _receive(self, left: float | None) -> tuple[bytes, bytes, float | None]:
        """An answer, and the seconds that are left for the others. The process says first how long its delivery may take."""
        begun = time.monotonic()
        if not self._pipe.poll(START_SECONDS if left is None else max(left, 0.0)):
            self._stop()
            raise ReaderDiedError("time", "it was too slow")
        answer = self._pipe.recv_bytes()
        if answer[:1] == SECONDS:
            return self._receive(float(answer[1:]))
        return answer[:1], answer[1:], None if left is None else left - (time.monotonic() - begun)

    def _start(self) -> None:
        self._pipe, child_end = Pipe()
        with child_end:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(child_end.fileno())], stdin=subprocess.DEVNULL, pass_fds=[child_end.fileno()]
            )
        self._ready, self._idle = False, True

    def _await_ready(self) -> None:
        if self._process is None:
            self._start()
        if self._ready:
            return
        try:
            if self._pipe.poll(START_SECONDS) and self._pipe.recv_bytes() == READY:
                self._ready = True
                return
        except (EOFError, OSError):
            pass
        self._stop()
        raise ReaderNotStartedError("the process that reads deliveries did not start; its error is in the output of the load")

    def _death(self) -> ReaderDiedError:
        """What ended the process."""
        assert self._process
        code = self._process.wait()
        self._stop()
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        cause = {"SIGXCPU": "time", "SIGKILL": "memory", f"exit code {os.EX_OSERR}": "memory"}.get(name, "crash")
        return ReaderDiedError(cause, name)

    def _stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._pipe.close()
        self._process = None


def _reading_error(error: str, place: str) -> ReadingError:
    raised = ReadingError(error)
    raised.add_note(place)
    return raised


# ---- in the process


def _serve(pipe: Connection) -> None:
    """Read the deliveries that the load names, until it closes its end."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: without its load the process has nothing to do
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold records
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")  # where memory ends, this process goes first
    pipe.send_bytes(READY)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # a library that crashes may print values of records
    while True:
        try:
            settings, limits, contract, batch, person = pipe.recv()
        except EOFError:
            return
        gc.disable()  # it would look through millions of values again and again, none of them in a cycle: a sixth of the time
        _read(pipe, settings, limits, contract, batch, person)
        gc.enable()


def _read(pipe: Connection, settings: Settings, limits: Limits, contract: Contract, batch: Batch, person: PersonSearch | None) -> None:
    try:
        store = LandingStore(settings.landing_url)
        size = store.path_of(str(batch.sha256)).stat().st_size
        seconds = limits.seconds_for(size)
        _limit(resource.RLIMIT_AS, limits.memory_for(size))
        _limit(resource.RLIMIT_CPU, int(time.process_time() + seconds) + 1)
        pipe.send_bytes(SECONDS + str(seconds * limits.patience).encode())
        key = load_pseudonym_key(settings)
        if person:
            pipe.send_bytes(HEAD + search_file(contract, batch, store, key, person).encode())
            pipe.send_bytes(END)
            return
        normalised, remarks = read_batch(contract, batch, store, key)
        pipe.send_bytes(HEAD + json.dumps({"records": len(normalised.row_numbers), "remarks": remarks}).encode())
        for chunk in csv_chunks(contract, batch, normalised):
            pipe.send_bytes(ROWS + chunk)
        pipe.send_bytes(END)
    except MemoryError:
        os._exit(os.EX_OSERR)
    except InvalidDeliveryError as error:
        pipe.send_bytes(INVALID + json.dumps({"rule_name": error.rule_name, "details": error.details}).encode())
    except Exception as error:
        pipe.send_bytes(ERROR + json.dumps({"error": describe(error), "place": trace(error)}).encode())


def _limit(resource_id: int, amount: int) -> None:
    _, most = resource.getrlimit(resource_id)
    resource.setrlimit(resource_id, (amount if most == resource.RLIM_INFINITY else min(amount, most), most))


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
