"""findings of a reconciliation that are closed, and by whom"""

from labour_market.database.migrations import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql(__file__)
