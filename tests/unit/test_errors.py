"""What a command says and which code it exits with when something goes wrong."""

import psycopg
import pytest
from labour_market.batches.landing import LandingStore
from labour_market.cli import app
from labour_market.cli.terminal import plain_errors
from labour_market.database.connections import admin_dsn
from labour_market.errors import LabourMarketError, UsageError
from labour_market.settings import load_settings, secret
from typer.testing import CliRunner


@plain_errors
def fail(error: Exception) -> None:
    raise error


@pytest.mark.parametrize(("kind", "code"), [(LabourMarketError, 1), (UsageError, 2)])
def test_our_own_error_is_one_line_and_an_exit_code(kind, code, capsys):
    with pytest.raises(SystemExit) as ended:
        fail(kind("the sender is not in the senders file"))
    assert ended.value.code == code
    assert capsys.readouterr().err == "lmw: the sender is not in the senders file\n"


@pytest.mark.parametrize("error", [KeyError("feed"), ValueError("no"), RuntimeError("no"), FileNotFoundError("no"), IndexError(0)])
def test_a_fault_of_the_program_keeps_its_traceback(error):
    with pytest.raises(type(error)) as raised:
        fail(error)
    assert raised.value is error


def test_an_internal_key_error_of_a_command_is_no_wrong_call(monkeypatch):
    """Through all of `lmw`: the traceback is in the result, and the exit code is that of a crash."""

    def broken(check: bool) -> list[str]:
        return [{"a": "b"}["c"]]

    monkeypatch.setattr("labour_market.codegen.render_all", broken)
    done = CliRunner().invoke(app, ["contracts", "render"])
    assert isinstance(done.exception, KeyError) and done.exit_code == 1
    assert "lmw:" not in done.output


def test_a_debugged_command_keeps_every_traceback(monkeypatch):
    monkeypatch.setenv("LMW_DEBUG", "1")
    with pytest.raises(UsageError):
        fail(UsageError("no such feed"))


def test_a_server_that_is_not_there_is_one_line(capsys):
    with pytest.raises(SystemExit) as ended:
        plain_errors(psycopg.connect)("host=127.0.0.1 port=1 connect_timeout=2")
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("lmw: the warehouse cannot be reached")


def test_a_statement_that_ran_too_long_is_no_missing_server():
    with pytest.raises(psycopg.errors.QueryCanceled):
        fail(psycopg.errors.QueryCanceled("canceling statement due to statement timeout"))


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_a_port_that_is_none_names_its_variable(port, monkeypatch):
    monkeypatch.setenv("LMW_PG_PORT", port)
    with pytest.raises(UsageError, match="LMW_PG_PORT"):
        load_settings()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["batches", "--feed", "nonsense"], "unknown feed 'nonsense'"),
        (["batches", "--state", "lost"], "unknown state 'lost'"),
        (["replay", "employers", "--reason", " "], "a replay needs a reason"),
        (["question", "nonsense"], "unknown question 'nonsense'"),
        (["trace", "indicator", "metric"], "'metric' is not COLUMN=VALUE"),
        (["psql", "--role", "owner"], "there is no role 'owner'"),
        (["occupation", "evaluate", "--part", "nonsense"], "no titles are labelled for the part 'nonsense'"),
    ],
)
def test_a_wrong_call_exits_with_2(arguments, sentence):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_senders_file_that_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("LMW_SENDERS", str(tmp_path / "senders.yml"))
    done = CliRunner().invoke(app, ["ingest"])
    assert done.exit_code == 2 and "senders.yml" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("LMW_HOME", "/proc/none", "cannot be created"),
        ("WAREHOUSE_DSN", "postgres:canary@", "no connection string"),
        ("LMW_LANDING", "nosuch://bucket", "cannot be used"),
        ("LMW_PG_PORT", "five", "must be a port"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_in_one_sentence(name, value, word, monkeypatch, tmp_path):
    monkeypatch.setenv("LMW_HOME", str(tmp_path))
    monkeypatch.delenv("WAREHOUSE_DSN", raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=word) as raised:
        settings = load_settings()
        LandingStore(settings.landing_url)
        admin_dsn(settings)
        secret(settings, "postgres")
    assert "canary" not in str(raised.value)
