"""the last request to each sender's gateway"""

from labour_market.database.migrations import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql(__file__)
