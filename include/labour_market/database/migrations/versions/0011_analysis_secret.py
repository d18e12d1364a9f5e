"""the secret of the keys that analysts see"""

from labour_market.database.migrations import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql(__file__)
