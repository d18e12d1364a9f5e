"""A build and dbt decide alike whether every table is due; otherwise a build of all tables would leave the cells of an older project."""

import re

import pytest
from labour_market.database.kept_settings import DEPLOYED_PROJECT, FULL_BUILD, SEED_HASH
from labour_market.settings import DBT_DIR
from labour_market.transform.builds import FULL_BUILD_EVERY

MACRO = (DBT_DIR / "macros" / "changed_cells.sql").read_text(encoding="utf-8").split("macro state_of_cells")[1].split("endmacro")[0]


def test_the_macro_has_the_days_of_the_build():
    assert re.findall(r"interval '(.+?)'", MACRO) == [f"{FULL_BUILD_EVERY.days} days"]


@pytest.mark.parametrize("condition", [f"name = '{FULL_BUILD}'", f"name in ('{SEED_HASH}', '{DEPLOYED_PROJECT}')"])
def test_the_macro_reads_the_settings_of_the_build(condition: str):
    assert condition in MACRO
