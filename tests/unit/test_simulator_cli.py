"""`python -m simulator`: one line when it is ready, the same tokens after a restart, and a clean end."""

import http.client
import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

SMALL = ("--scale", "0.01", "--port", "0")


@contextmanager
def simulator(home: Path, *options: str):
    """A running simulator: its process and the line that it printed."""
    command = [sys.executable, "-m", "simulator", "--home", str(home), *SMALL, *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


def first_sender(home: Path) -> dict[str, str]:
    return yaml.safe_load((home / "senders.yml").read_text(encoding="utf-8"))["senders"][0]


def request_deliveries(sender: dict[str, str]) -> tuple[int, dict[str, Any]]:
    url = urlsplit(sender["base_url"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
    connection.request("GET", f"{url.path}/v1/deliveries?feed=employers", headers={"Authorization": f"Bearer {sender['token']}"})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def test_it_serves_until_it_is_stopped_and_keeps_its_tokens(tmp_path):
    tokens = []
    for stop in (signal.SIGTERM, signal.SIGINT):
        with simulator(tmp_path) as (process, line):
            assert line.startswith("ready: 17 gateways at http://127.0.0.1:")
            sender = first_sender(tmp_path)
            assert request_deliveries(sender)[1]["items"][0]["feed"] == "employers"
            tokens.append(sender["token"])
            process.send_signal(stop)
            _, errors = process.communicate(timeout=10)
            assert (process.returncode, errors) == (0, "")
    assert tokens[0] == tokens[1]
    kept = tmp_path / "secrets" / "gateway_tokens.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "simulator").iterdir())) == 1, "the night was made up once"


def test_it_can_start_with_faults_and_an_exact_number_of_records(tmp_path):
    faults = tmp_path / "faults.json"
    faults.write_text('[{"kind": "503", "sender": "794"}]', encoding="utf-8")
    options = ("--faults", str(faults), "--scenario", "clean", "--rows", "employers:794=77")
    with simulator(tmp_path, *options) as (_, line):
        assert "0 things amiss" in line
        sender = first_sender(tmp_path)
        assert request_deliveries(sender)[0] == 503
        assert request_deliveries(sender)[1]["items"][0]["record_count"] == 77


@pytest.mark.parametrize("options", (["--rows", "employers"], ["--rows", "weather:794=5"], ["--scenario", "chaos"]))
def test_impossible_options_are_refused(tmp_path, options):
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "--home", str(tmp_path), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert options[0].lstrip("-") in done.stderr
    assert "Traceback" not in done.stderr
