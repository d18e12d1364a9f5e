"""vintages say what their value means"""

from labour_market.database.migrations import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_sql(__file__)
