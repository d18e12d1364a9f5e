"""The JSON output of `lmw occupation`."""

import json

from labour_market.cli import app
from typer.testing import CliRunner


def test_titles_are_coded_by_line_in_their_order():
    done = CliRunner().invoke(app, ["occupation", "code", "--json"], input="công nhân may\n\ntrồng lúa\n")
    assert done.exit_code == 0, done.output
    answers = json.loads(done.stdout)
    assert [line["title"] for line in answers] == ["công nhân may", "", "trồng lúa"]
    assert set(answers[0]) == {"title", "code", "level", "method", "score"}
    assert answers[0]["code"].startswith("81")
    assert answers[1]["code"] is None
    assert answers[2]["code"].startswith("6")


def test_the_coder_is_evaluated_by_a_command():
    done = CliRunner().invoke(app, ["occupation", "evaluate", "--part", "development", "--json"])
    assert done.exit_code == 0, done.output
    answers = json.loads(done.stdout)
    assert answers["part"] == "development"
    assert answers["figures"]["all"]["coverage"]["2"] > 0.9
    assert answers["bands"]
