"""The client of a district's data gateway: lists deliveries, fetches them, and keeps only those that match their announcement.

A sender is not trusted: it may be unreachable, slow, wrong, or another machine. A failure that may be temporary raises
GatewayUnavailableError, and a later pull fetches the delivery; a fault of the delivery itself raises DeliveryRefusedError. Neither
text holds a token or a value of a record.
"""

from labour_market.batches.delivery_errors import DeliveryRefusedError
from labour_market.gateway.announcements import AnnouncementDefect, Delivery
from labour_market.gateway.client import GatewayClient
from labour_market.gateway.senders import GatewayDeadlineError, GatewayUnavailableError, Sender, WrongSenderError, load_senders

__all__ = [
    "AnnouncementDefect",
    "Delivery",
    "DeliveryRefusedError",
    "GatewayClient",
    "GatewayDeadlineError",
    "GatewayUnavailableError",
    "Sender",
    "WrongSenderError",
    "load_senders",
]
