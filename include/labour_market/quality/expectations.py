"""Our own expectations, for what Great Expectations has none: a condition that no row may meet, a query that must return no row.

All conditions of a suite are counted in one scan: the metric is an aggregate, and Great Expectations puts aggregates of one
table into one SELECT. Both report unexpected_count and no value of any row.
"""

from typing import Any, ClassVar

import sqlalchemy as sa
from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine
from great_expectations.expectations.expectation import BatchExpectation
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.expectations.metrics.table_metric_provider import TableMetricProvider


class RowsInBreach(TableMetricProvider):
    """How many rows meet a condition (`breach`, SQL on the table's columns)."""

    metric_name = "table.rows_in_breach"
    value_keys = ("breach",)

    @metric_partial(
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.TABLE,
    )
    def _sqlalchemy(
        cls,  # noqa: N805  # it is called on the class
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> tuple[Any, dict[str, Any], dict[str, Any]]:
        condition: sa.ColumnElement[bool] = sa.literal_column(metric_value_kwargs["breach"])
        return sa.func.count().filter(condition), metric_domain_kwargs, {}


class RowsOfQuery(TableMetricProvider):
    """How many rows a query (`query`, SQL that names its tables) returns."""

    metric_name = "table.rows_of_query"
    value_keys = ("query",)

    @metric_value(engine=SqlAlchemyExecutionEngine)
    def _sqlalchemy(
        cls,  # noqa: N805  # it is called on the class
        execution_engine: SqlAlchemyExecutionEngine,
        metric_domain_kwargs: dict[str, Any],
        metric_value_kwargs: dict[str, Any],
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any],
    ) -> int:
        # a literal column is passed on as it is: in a text() every colon would begin a parameter
        counted: sa.ColumnElement[int] = sa.literal_column(f"(select count(*) from ({metric_value_kwargs['query']}) as f)")  # noqa: S608
        return int(execution_engine.execute_query(sa.select(counted)).scalar())


class _MetricIsZero(BatchExpectation):
    """Passes when its one metric is 0."""

    def _validate(self, metrics: dict[str, Any], runtime_configuration: Any = None, execution_engine: Any = None) -> dict[str, Any]:
        found = metrics[self.metric_dependencies[0]]
        return {"success": found == 0, "result": {"unexpected_count": found}}


class ExpectNoRowsInBreach(_MetricIsZero):
    """Expect no row of the table to meet the condition `breach`."""

    breach: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.rows_in_breach",)
    success_keys: ClassVar[tuple[str, ...]] = ("breach",)


class ExpectQueryToReturnNoRows(_MetricIsZero):
    """Expect the query to return no row."""

    query: str
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.rows_of_query",)
    success_keys: ClassVar[tuple[str, ...]] = ("query",)
