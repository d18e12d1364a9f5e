"""the state of a batch whose attempt an internal error ended"""

from labour_market.database.migrations import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql(__file__)
