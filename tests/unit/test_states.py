"""The states of a batch and the moves between them."""

import pytest
import yaml
from labour_market.batches.states import ALLOWED_MOVES, BLOCKED_STATES, LOADABLE_STATES, OPEN_STATES, REPLAYABLE_STATES, BatchState
from labour_market.settings import DBT_DIR, PROVINCE_TIME
from labour_market.site.queries import STATES


def test_dbt_uses_the_same_states_and_the_same_time_zone():
    variables = yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert variables["open_states"] == list(OPEN_STATES)
    assert variables["blocked_states"] == list(BLOCKED_STATES)
    assert variables["time_zone"] == PROVINCE_TIME.key


def test_every_state_says_where_a_batch_may_go_from_it():
    assert list(ALLOWED_MOVES) == list(BatchState)
    assert all(ALLOWED_MOVES.values())


def test_every_state_is_reached_from_the_first():
    reached = {BatchState.DISCOVERED}
    for _ in BatchState:
        reached |= {state for known in reached for state in ALLOWED_MOVES[known]}
    assert reached == set(BatchState)


@pytest.mark.parametrize("state", LOADABLE_STATES)
def test_what_is_loaded_is_open_and_can_be_staged_refused_and_superseded(state: BatchState):
    assert state in OPEN_STATES
    assert {BatchState.STAGED, BatchState.REJECTED, BatchState.SUPERSEDED} <= ALLOWED_MOVES[state]


@pytest.mark.parametrize("state", REPLAYABLE_STATES)
def test_what_is_replayed_is_closed_and_can_land_again(state: BatchState):
    assert state not in OPEN_STATES
    assert BatchState.LANDED in ALLOWED_MOVES[state]


def test_the_page_names_every_closed_state():
    assert set(STATES) >= {BatchState.PUBLISHED, *BLOCKED_STATES, BatchState.SUPERSEDED}
