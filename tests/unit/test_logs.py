"""The log of stages: where a load was and how long it took, without values of records."""

import errno
import logging
from collections.abc import Iterator

import psycopg
import pytest
from labour_market.cli import app
from labour_market.errors import UsageError
from labour_market.logs import describe, log_stage, log_to_terminal
from typer.testing import CliRunner

LOG = logging.getLogger("labour_market.test")


@pytest.fixture(autouse=True)
def package_logger() -> Iterator[logging.Logger]:
    """The logger of the package, whose level and handlers are restored afterwards."""
    logger = logging.getLogger("labour_market")
    level, handlers = logger.level, logger.handlers
    yield logger
    logger.setLevel(level)
    logger.handlers = handlers


def test_a_stage_logs_its_place_its_counts_and_its_seconds(caplog):
    caplog.set_level(logging.INFO, logger="labour_market")
    with log_stage(LOG, "publish", batch=7, feed="employers", period=None) as counts:
        counts["published"] = 12
    started, finished = caplog.messages
    assert started == "publish started: batch=7 feed=employers"
    assert finished.startswith("publish finished: batch=7 feed=employers published=12 seconds=0.")


@pytest.mark.parametrize("error", [RuntimeError("0912345678"), KeyboardInterrupt(), SystemExit(1)])
def test_a_stage_that_fails_logs_what_it_counted_and_the_kind_of_error(error, caplog):
    with pytest.raises(type(error)), log_stage(LOG, "read", batch=7) as counts:
        counts["records"] = 3
        raise error
    failed = caplog.records[-1]
    assert failed.levelno == logging.ERROR
    assert failed.message.startswith("read failed: batch=7 records=3 seconds=0.")
    assert failed.message.endswith(f" error={type(error).__name__}")


def test_an_error_of_the_system_is_described_with_its_cause_and_without_its_path():
    assert describe(OSError(errno.ENOSPC, "No space left", "/data/Nguyễn Văn An.csv")) == "OSError: No space left on device"
    assert describe(FileNotFoundError("Nguyễn Văn An.csv")) == "FileNotFoundError"


def test_an_error_of_the_server_is_described_without_its_text():
    error = psycopg.errors.UniqueViolation('duplicate key value violates unique constraint\nDETAIL: Key (phone)=("0912345678") exists.')
    assert describe(error) == "UniqueViolation 23505"
    assert describe(UsageError("there is no feed 'x'")) == "UsageError: there is no feed 'x'"


@pytest.mark.parametrize(
    ("verbose", "variable", "level"), [(False, None, "WARNING"), (True, None, "INFO"), (True, "debug", "DEBUG"), (False, "ERROR", "ERROR")]
)
def test_warnings_are_shown_unless_more_or_less_is_asked(verbose, variable, level, monkeypatch, package_logger):
    monkeypatch.delenv("LMW_LOG_LEVEL", raising=False)
    if variable:
        monkeypatch.setenv("LMW_LOG_LEVEL", variable)
    log_to_terminal(verbose)
    assert logging.getLevelName(package_logger.level) == level


def test_only_records_of_the_package_go_to_the_terminal(monkeypatch, capsys):
    """Great Expectations sets its own logger to INFO."""
    monkeypatch.delenv("LMW_LOG_LEVEL", raising=False)
    log_to_terminal(verbose=True)
    library = logging.getLogger("great_expectations")
    monkeypatch.setattr(library, "level", logging.INFO)
    library.info("made a folder")
    LOG.info("load started: feed=employers")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("INFO labour_market.test load started: feed=employers")


def test_verbose_is_an_option_of_every_command(monkeypatch, package_logger):
    monkeypatch.delenv("LMW_LOG_LEVEL", raising=False)
    assert CliRunner().invoke(app, ["-v", "contracts", "render", "--check"]).exit_code == 0
    assert package_logger.level == logging.INFO


def test_a_level_that_does_not_exist_is_a_wrong_call(monkeypatch):
    monkeypatch.setenv("LMW_LOG_LEVEL", "loud")
    done = CliRunner().invoke(app, ["contracts", "render", "--check"])
    assert done.exit_code == 2 and "LMW_LOG_LEVEL must be one of" in done.stderr
