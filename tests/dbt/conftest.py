"""A warehouse for each module, filled by its own `province(core)` and built once."""

from collections.abc import Iterator

import psycopg
import pytest
from labour_market import transform
from labour_market.database import connect

from tests.dbt.rows import Core


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest, clone) -> Iterator[str]:
    """A warehouse with the rows that the module's `province(core)` writes into core, built once.

    Gives the admin DSN. LMW_HOME and WAREHOUSE_DSN point at it.
    """
    with pytest.MonkeyPatch.context() as patch, clone() as dsn:
        patch.setenv("WAREHOUSE_DSN", dsn)
        with connect("loader", autocommit=True) as connection:
            request.module.province(Core(connection))
        transform.build()
        yield dsn


@pytest.fixture
def admin(built: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(built, autocommit=True) as connection:
        yield connection


@pytest.fixture
def core(built: str) -> Iterator[Core]:
    with connect("loader", autocommit=True) as connection:
        yield Core(connection)
