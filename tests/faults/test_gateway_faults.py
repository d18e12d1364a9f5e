"""Faults of a sender's gateway, from its list of deliveries to the last byte of a file."""

import random
from http import HTTPStatus

from labour_market.ingestion.loading import load
from labour_market.ingestion.pulling import pull
from simulator import Gateway

from tests.faults import fault
from tests.integration.sending import current, send, sender_of, states


@fault("the gateway fails for a while", promises="P1 P4")
def test_a_gateway_that_fails_for_a_while_is_asked_again(seed: int, gateway: Gateway, original, loader) -> None:
    status = random.Random(seed).choice([HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE])
    assert status >= 500
    send(gateway, original)
    pull("employers", sender_of(original))
    assert not load("employers").errors
    assert states(loader) == ["published"]
    assert current(loader) == original.announcement["record_count"]
