"""a record of changes of core by contracts, without the unused schema marts_build"""

from labour_market.database.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql(__file__)
