"""`lmw occupation`, as a program reads it."""

import json

from labour_market.cli import app
from typer.testing import CliRunner


def test_titles_are_coded_one_a_line_and_in_their_order():
    done = CliRunner().invoke(app, ["occupation", "code", "--json"], input="công nhân may\n\ntrồng lúa\n")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [line["title"] for line in told] == ["công nhân may", "", "trồng lúa"]
    assert set(told[0]) == {"title", "code", "level", "method", "score"}
    assert told[0]["code"].startswith("81")
    assert told[1]["code"] is None
    assert told[2]["code"].startswith("6")


def test_the_coder_is_measured_from_a_terminal():
    done = CliRunner().invoke(app, ["occupation", "evaluate", "--part", "development", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["part"] == "development"
    assert told["figures"]["all"]["coverage"]["2"] > 0.9
    assert told["bands"]
