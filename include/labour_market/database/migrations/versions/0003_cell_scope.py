"""the subjects of indicators that a build counts again"""

from labour_market.database.migrations import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql(__file__)
