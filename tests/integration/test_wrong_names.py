"""A wrong name in a call is an error that lists the right ones, and never an empty result."""

import pytest
from labour_market.cli import app
from typer.testing import CliRunner

STATE = ["--source", "a report", "--stated-by", "the office", "--on", "2023-06-14"]
CALLS = [
    (["as-of", "2023-06-30", "--metric", "nonsense"], "unknown indicator 'nonsense'", "placements"),
    (["as-of", "2023-06-30", "--against", "2023-12-31", "--metric", "nonsense"], "unknown indicator 'nonsense'", "placements"),
    (["as-of", "2023-06-30", "--recount", "--metric", "nonsense"], "unknown indicator 'nonsense'", "placements"),
    (["state", "nonsense", "2023", "1", *STATE], "unknown indicator 'nonsense'", "placements"),
    (["state", "placements", "2023", "1", "--area-mode", "nonsense", *STATE], "unknown area mode 'nonsense'", "restated"),
    (["state", "placements", "2023", "1", "--part", "nonsense", *STATE], "unknown part 'nonsense'", "numerator"),
    (["batches", "--sender", "foo"], "unknown sender 'foo'", "803"),
    (["batches", "--state", "nonsense"], "unknown state 'nonsense'", "quarantined"),
    (["batches", "--feed", "nonsense"], "unknown feed 'nonsense'", "employers"),
    (["replay", "employers", "--reason", "a rule", "--period", "2023-99"], "'2023-99' has a month that does not exist", ""),
    (["replay", "employers", "--reason", "a rule", "--period", "June"], "'June' is not a period", "2023-06-14"),
    (["replay", "employers", "--reason", "a rule", "--sender", "foo"], "unknown sender 'foo'", "803"),
    (["replay", "nonsense", "--reason", "a rule"], "unknown feed 'nonsense'", "employers"),
    (["ingest", "--period", "2023-02-30"], "'2023-02-30' is not a day", ""),
    (["ingest", "--sender", "foo"], "unknown sender 'foo'", "803"),
    (["ingest", "--feed", "placements", "--sender", "803"], "unknown feed of sender 803 'placements'", "employers"),
    (["question", "nonsense"], "unknown question 'nonsense'", "plans_not_approved"),
    (["person", "links", "--state", "nonsense"], "unknown state 'nonsense'", "proposed"),
    (["occupation", "code", "--status", "nonsense"], "unknown status 'nonsense'", "own_account"),
    (["occupation", "history", "9999-L99"], "9999-L99", ""),
    (["trace", "nonsense", "a=b"], "there is no view 'nonsense'", "indicator"),
    (["show", "4711"], "batch 4711 is not in the ledger", ""),
]


@pytest.fixture(scope="module")
def prepared(clone, tmp_path_factory):
    senders = tmp_path_factory.mktemp("senders") / "senders.yml"
    senders.write_text(
        'senders: [{code: "803", name: x, base_url: "http://127.0.0.1:1", token: x, feeds: [employers, job_orders]}]\n', encoding="utf-8"
    )
    with pytest.MonkeyPatch.context() as patch, clone() as dsn:
        patch.setenv("WAREHOUSE_DSN", dsn)
        patch.setenv("LMW_SENDERS", str(senders))
        yield


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(("call", "sentence", "right"), CALLS, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_name_exits_2_and_lists_the_right_ones(call, sentence, right):
    done = CliRunner().invoke(app, call, input="")
    assert done.exit_code == 2, done.output
    assert sentence in done.stderr and right in done.stderr


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize("call", [["batches", "--sender", "803"], ["replay", "employers", "--reason", "a rule", "--sender", "803"]])
def test_a_sender_of_the_senders_file_without_a_delivery_is_no_wrong_name(call):
    assert CliRunner().invoke(app, call).exit_code == 0
