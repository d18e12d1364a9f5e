"""The text of docker-compose.yml; tests/e2e/test_compose_commands.py runs its commands."""

import json
import re

import jsonschema
import pytest
import yaml
from labour_market.settings import PROJECT_ROOT, PROVINCE_TIME

TEXT = (PROJECT_ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]
OWN_IMAGES = {name: service for name, service in SERVICES.items() if service["image"].startswith("labour-market-warehouse")}
# the specification's own schema (Apache-2.0)
SCHEMA = json.loads((PROJECT_ROOT / "tests/fixtures/compose/compose-spec.schema.json").read_text(encoding="utf-8"))


def test_the_file_is_valid_by_the_compose_specification():
    jsonschema.Draft201909Validator(SCHEMA).validate(COMPOSE)


def test_the_schema_would_refuse_a_wrong_file():
    wrong = {**COMPOSE, "services": {**SERVICES, "site": {**SERVICES["site"], "comand": ["x"]}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft201909Validator(SCHEMA).validate(wrong)


def test_every_part_of_the_stack_is_a_service():
    assert {"postgres", "redis", "simulator", "airflow-api", "airflow-scheduler", "airflow-processor", "airflow-worker", "site"} <= set(
        SERVICES
    )
    assert SERVICES["postgres"]["image"].startswith("postgres:18")
    assert OWN_IMAGES["airflow-worker"]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert OWN_IMAGES["airflow-worker"]["environment"]["AIRFLOW__CORE__DEFAULT_TIMEZONE"] == PROVINCE_TIME.key


def test_every_variable_is_in_the_example_without_a_value_and_has_no_default():
    used = set(re.findall(r"\$\{(\w+)", TEXT))
    offered = dict(re.findall(r"^(\w+)=(.*)$", (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert used == set(offered)
    assert set(offered.values()) == {""}
    assert ":-" not in TEXT, "a secret with a default is no secret"


def test_ports_are_bound_only_to_loopback():
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
                assert "healthcheck" in SERVICES[other], f"{name} waits for the health of {other}, which has no check"
