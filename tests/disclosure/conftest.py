"""A night of the simulator, built, and what the public and the steward read of it."""

from collections.abc import Iterator
from fractions import Fraction

import psycopg
import pytest
from labour_market import transform
from labour_market.contracts import contract_feeds
from labour_market.database import connect
from labour_market.gateway import load_senders
from labour_market.ingestion.pipeline import ingest
from simulator import build_province, serve

from tests.disclosure.attack import Report, attack
from tests.disclosure.published import COUNTS, SHARES, Cell, Published, Row, read

SCALE = 0.05  # of the night of the demonstration


@pytest.fixture(scope="session")
def night(clone, tmp_path_factory) -> Iterator[str]:
    """The administrator's DSN of a warehouse after a small night."""
    home = tmp_path_factory.mktemp("night")
    with pytest.MonkeyPatch.context() as patch, clone() as dsn, serve(build_province(home / "province", scale=SCALE)) as served:
        patch.setenv("WAREHOUSE_DSN", dsn)
        patch.setenv("LMW_LANDING", str(home / "landing"))
        served.write_senders(home / "senders.yml")
        ingest(load_senders(home / "senders.yml"), contract_feeds())
        transform.build()
        yield dsn


@pytest.fixture(scope="session")
def published_night(night: str) -> Published:
    """All that the role bi_reader reads of the night."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DSN", night)
        with connect("bi_reader", autocommit=True) as reader:
            return read(reader)


@pytest.fixture(scope="session")
def attacked_night(published_night: Published) -> Report:
    return attack(published_night)


@pytest.fixture
def warehouse_of_night(night: str) -> Iterator[psycopg.Connection]:
    """A transaction of the administrator, taken back in the end."""
    with psycopg.connect(night, autocommit=True) as admin, admin.transaction(force_rollback=True):
        yield admin


@pytest.fixture
def truth(warehouse_of_night: psycopg.Connection):
    """Reads the number of each cell, hidden or not."""

    def numbers() -> dict[Cell, Fraction]:
        counted = {}
        for values in warehouse_of_night.execute(
            "select metric, period_kind, period, area_mode, area_code, breakdown, numerator, denominator, value, is_suppressed"
            " from indicators.indicator_cell where metric = any(%s)",
            [list(COUNTS)],
        ):
            row = Row(*values)
            above, below = COUNTS[row.metric]
            for name, number in ((above, row.numerator), (below, row.denominator)):
                if name and number is not None:
                    counted[row.cell(name)] = Fraction(number)
            if row.metric in SHARES and row.numerator is not None and row.denominator is not None:
                counted[row.cell(f"{below} less {above}")] = Fraction(row.denominator - row.numerator)
        return counted

    return numbers
