"""the pattern of a quarantined value has the name of the glossary"""

from labour_market.database.migrations import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql(__file__)
