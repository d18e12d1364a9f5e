"""erasure of persons: requests, the log, versions of vault entries, files to destroy"""

from labour_market.database.migrations import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    run_sql(__file__)
