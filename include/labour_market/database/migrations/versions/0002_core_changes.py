"""a record of what contracts change in core; the unused schema marts_build goes"""

from labour_market.database.migrations import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql(__file__)
