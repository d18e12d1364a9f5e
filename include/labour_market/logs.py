"""The log of the stages of a batch: when each began and ended, for which batch, with counts and seconds, and no value of a record."""

import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from labour_market.errors import LabourMarketError, UsageError

Progress = Callable[[str], None]  # takes a line for the person who waits
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
logging.getLogger("urllib3").setLevel(logging.INFO)  # at DEBUG it logs addresses, and the id of a delivery is text of a sender


@contextmanager
def log_stage(logger: logging.Logger, stage: str, **place: object) -> Iterator[dict[str, object]]:
    """Log the beginning and the end of a stage, or the kind of error that ended it.

    Args:
        logger: The logger of the module that runs the stage.
        stage: Its name: pull, read, stage, audit, publish, replay, reconcile ...
        place: What it works on: batch, feed, sender, attempt ...

    Yields:
        A dict in which the stage puts what it counted; it is logged at the end.
    """
    counts: dict[str, object] = {}
    begun = time.monotonic()
    logger.info("%s started: %s", stage, _pairs(place))
    try:
        yield counts
    except BaseException as error:
        logger.error("%s failed: %s", stage, _pairs({**place, **counts, "seconds": _since(begun), "error": describe(error)}))
        raise
    logger.info("%s finished: %s", stage, _pairs({**place, **counts, "seconds": _since(begun)}))


def describe(error: BaseException) -> str:
    """An error without values of records: our own in its words, one of the server by its kind and the object that it names.

    One of the system has the system's words, such as "No space left on device", and no path.
    """
    if isinstance(error, LabourMarketError):
        return f"{type(error).__name__}: {error}"
    if isinstance(error, psycopg.Error):
        named = (error.sqlstate, error.diag.schema_name, error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
        return " ".join([type(error).__name__, *filter(None, named)])
    if isinstance(error, OSError) and error.errno:
        return f"{type(error).__name__}: {os.strerror(error.errno)}"
    return type(error).__name__


def trace(error: BaseException) -> str:
    """The traceback of an error and of those that it came from, oldest first: places in the code, and no value of a record."""
    earlier = error.__cause__ or error.__context__
    places = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
    notes = error.__notes__ if isinstance(error, LabourMarketError) and hasattr(error, "__notes__") else []
    return "\n".join([*([trace(earlier)] if earlier else []), *notes, places + describe(error)])


def log_to_terminal(verbose: bool) -> None:
    """Write logs to standard error: LMW_LOG_LEVEL, else INFO when verbose, else WARNING.

    Raises:
        UsageError: LMW_LOG_LEVEL is not a level.
    """
    level = os.environ.get("LMW_LOG_LEVEL", "").upper() or ("INFO" if verbose else "WARNING")
    if level not in LEVELS:
        raise UsageError(f"LMW_LOG_LEVEL must be one of {', '.join(LEVELS)}, not {level!r}")
    package = logging.getLogger("labour_market")
    package.setLevel(level)
    package.handlers = [_StandardError()]


class _StandardError(logging.Handler):
    """Writes records of this package to standard error; other packages keep Python's default, which shows warnings."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        print(self.format(record), file=sys.stderr)


def _pairs(values: dict[str, object]) -> str:
    return " ".join(f"{name}={value}" for name, value in values.items() if value is not None)


def _since(begun: float) -> str:
    return f"{time.monotonic() - begun:.3f}"
