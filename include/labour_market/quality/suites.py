"""From checks to a Great Expectations suite, and its run over a stage table."""

import logging
import re
from collections.abc import Sequence
from typing import Any

import great_expectations as gx
import psycopg
import sqlalchemy
from great_expectations import expectations as gxe
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.exceptions.exceptions import GreatExpectationsError
from psycopg import conninfo

from labour_market.errors import LabourMarketError
from labour_market.quality import expectations as own
from labour_market.quality.checks import Check

SEVERITIES = {"block": "critical", "quarantine": "critical", "warn": "warning", "normalise": "info"}
# counts and no value of any row: BASIC gives sample values unless their number is 0
RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}
WORK_MEMORY = "64MB"


class CheckError(LabourMarketError):
    """An expectation could not be evaluated, so that nothing is known about the data."""


def build_suite(name: str, checks: Sequence[Check]) -> gx.ExpectationSuite:
    """The suite of checks whose SQL is filled in. The meta of an expectation has its rule and its position among the checks."""
    return gx.ExpectationSuite(
        name=name,
        expectations=[
            _expectation_class(check.expectation)(
                **check.arguments, severity=SEVERITIES[check.rule.action], meta={"rule": check.rule.id, "check": place}
            )
            for place, check in enumerate(checks)
        ],
    )


def _expectation_class(name: str) -> Any:
    camel = "".join(word.title() for word in name.split("_"))
    return getattr(own, camel, None) or getattr(gxe, camel)


def run_suite(suite: gx.ExpectationSuite, table: str, connection: psycopg.Connection) -> list[int]:
    """Evaluate a suite over a stage table.

    Args:
        suite: The suite.
        table: The stage table, without its schema.
        connection: Names the server and the role; the suite runs on a connection of its own.

    Returns:
        The rows in breach of each check, in the order of the checks.

    Raises:
        CheckError: An expectation raised or was not evaluated. The text holds no value of a row.
    """
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)  # it logs the text of errors, which may hold values
    try:
        results = _results(suite, table, _url(connection))
    except (GreatExpectationsError, sqlalchemy.exc.SQLAlchemyError) as error:
        raise CheckError(f"the suite did not run: {type(error).__name__}") from None
    found: dict[int, int] = {}
    for result in results:
        config = result.expectation_config
        if raised := _error_names(result.exception_info):
            raise CheckError(f"{config.meta['rule']} ({config.type}): {raised}")
        found[config.meta["check"]] = result.result["unexpected_count"]
    if sorted(found) != list(range(len(suite.expectations))):
        raise CheckError(f"{len(suite.expectations)} expectations were sent and {len(found)} evaluated")
    return [found[place] for place in sorted(found)]


def _results(suite: gx.ExpectationSuite, table: str, url: str) -> list[Any]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_postgres(name="warehouse", connection_string=url)
    data = source.add_table_asset(name=table, table_name=table).add_batch_definition_whole_table("all")
    definition = gx.ValidationDefinition(name=table, data=data, suite=context.suites.add(suite))
    try:
        return list(context.validation_definitions.add(definition).run(result_format=RESULT_FORMAT).results)
    finally:
        source.get_execution_engine().close()


def _error_names(info: dict[str, Any]) -> str:
    """The kinds of error in an exception_info, which is one record or one of each metric; "" when nothing was raised."""
    records = [info] if "raised_exception" in info else list(info.values())
    raised = [f"{r['exception_message']} {r['exception_traceback']}" for r in records if r["raised_exception"]]
    kinds = {kind for text in raised for kind in re.findall(r"\b(?:psycopg2|sqlalchemy)\.[\w.]+", text) if kind[-1].islower()}
    return ", ".join(sorted(kinds)) or ("an error" if raised else "")


def _url(connection: psycopg.Connection) -> str:
    """The address of a psycopg connection for SQLAlchemy, with all its parameters (TLS and others)."""
    parts = {name: str(value) for name, value in conninfo.conninfo_to_dict(connection.info.dsn).items()}
    options = parts.pop("options", "")
    url = sqlalchemy.URL.create(
        "postgresql+psycopg2",
        username=parts.pop("user"),
        password=connection.info.password,
        host=parts.pop("host"),
        port=int(parts.pop("port", "5432")),
        database=parts.pop("dbname"),
        query={**parts, "options": f"{options} -c search_path=stage -c work_mem={WORK_MEMORY} -c lock_timeout=30s".strip()},
    )
    return url.render_as_string(hide_password=False)
