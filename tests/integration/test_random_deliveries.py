"""Random deliveries never end a load, never touch another batch, and every announced record is accounted for."""

import pytest
from labour_market.database import connect

from tests.fuzz.rounds import make_province, run


@pytest.mark.parametrize("seed", [1])
def test_random_deliveries_end_with_an_outcome_and_touch_no_other_batch(seed, warehouse, tmp_path):
    with connect("loader", autocommit=True) as connection:
        found = run(connection, make_province(tmp_path / "province"), seed, deliveries=72)
    states = found.pop("states")
    assert found == {"errors": [], "touched": [], "unfinished": [], "lost": []}
    assert sum(states.values()) == 72 and {"published", "quarantined", "rejected", "refused"} <= states.keys()
