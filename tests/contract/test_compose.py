"""docker-compose.yml as far as a machine without a container engine can hold it to its word."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from labour_market.settings import PROJECT_ROOT

TEXT = (PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("labour-market-warehouse")}
# the specification's own schema (Apache-2.0)
SCHEMA = json.loads((PROJECT_ROOT / "tests/fixtures/compose/compose-spec.schema.json").read_text(encoding="utf-8"))


def test_the_file_is_valid_by_the_compose_specification():
    jsonschema.Draft201909Validator(SCHEMA).validate(COMPOSE)


def test_the_schema_would_refuse_a_wrong_file():
    wrong = {**COMPOSE, "services": {**SERVICES, "site": {**SERVICES["site"], "comand": ["x"]}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft201909Validator(SCHEMA).validate(wrong)


def test_the_stack_is_whole():
    assert {"postgres", "redis", "simulator", "airflow-api", "airflow-scheduler", "airflow-processor", "airflow-worker", "site"} <= set(
        SERVICES
    )
    assert SERVICES["postgres"]["image"].startswith("postgres:18")
    assert OURS["airflow-worker"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"


def test_every_variable_is_in_the_example_without_a_value_and_has_no_default():
    used = set(re.findall(r"\$\{(\w+)", TEXT))
    offered = dict(re.findall(r"^(\w+)=(.*)$", (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert used == set(offered)
    assert set(offered.values()) == {""}
    assert ":-" not in TEXT, "a secret with a default is no secret"


def test_ports_are_bound_to_loopback_alone():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_path_that_is_mounted_or_copied_is_there():
    mounted = [v.split(":")[0] for service in SERVICES.values() for v in service.get("volumes", []) if v.startswith("./")]
    copied = re.findall(r"^COPY (.+) \S+$", (PROJECT_ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    paths = [*mounted, *(path for line in copied for path in line.split())]
    assert len(paths) >= 5
    assert [path for path in paths if not (PROJECT_ROOT / path).exists()] == []


def test_every_dependency_names_a_service_and_waits_for_something_that_can_come():
    for name, service in SERVICES.items():
        for other, condition in service.get("depends_on", {}).items():
            assert other in SERVICES, name
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other], f"{name} waits for the health of {other}, which nobody checks"


def harmless(argv: list[str]) -> list[tuple[list[str], list[str]]]:
    """The program of a command in a form that only explains itself, and the options that the command gives it."""
    if argv[0] == "sh":
        return [form for part in argv[2].split("&&") for form in harmless(shlex.split(part))]
    nested = argv[0] == "python" or argv[1] in ("celery", "db")
    return [([*argv[: 3 if nested else 2], "--help"], [word for word in argv if word.startswith("--")])]


COMMANDS = [
    pytest.param(*form, id=f"{name}: {' '.join(form[0])}") for name, service in OURS.items() for form in harmless(service["command"])
]


@pytest.mark.parametrize(("command", "options"), COMMANDS)
def test_every_command_exists_and_knows_its_options(command, options, tmp_path):
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"},
    )
    assert done.returncode == 0, done.stderr[-1500:]
    assert [option for option in options if option not in done.stdout] == []
