"""the tables of the last release without migrations"""

from labour_market.database.migrations import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql(__file__)
