"""alerts have the sender that they are about, and can be muted until a day"""

from labour_market.database.migrations import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql(__file__)
