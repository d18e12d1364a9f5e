"""The client of a district's data gateway: asks what was delivered, fetches it, and keeps only what is as announced.

A sender is a stranger: it may be away, slow, wrong, or not itself. What may pass with time raises GatewayUnavailableError, and the
delivery is asked for again by a later pull; what is wrong with the delivery itself raises DeliveryRefusedError. Neither ever says a
token or a value of a record.
"""

from labour_market.batches.delivery_errors import DeliveryRefusedError
from labour_market.gateway.announcements import AnnouncementDefect, Delivery
from labour_market.gateway.client import GatewayClient
from labour_market.gateway.connection import GatewayUnavailableError
from labour_market.gateway.senders import Sender, load_senders

__all__ = [
    "AnnouncementDefect",
    "Delivery",
    "DeliveryRefusedError",
    "GatewayClient",
    "GatewayUnavailableError",
    "Sender",
    "load_senders",
]
