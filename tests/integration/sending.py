"""A scripted sender: deliveries that are announced, fetched and loaded one by one."""

import itertools

from labour_market.gateway import load_senders
from labour_market.ingestion.loading import load
from labour_market.ingestion.pulling import pull
from labour_market.settings import load_settings

numbers = itertools.count(1)


def send(gateway, original, content=None, **declared) -> str:
    """Announce the bytes of a delivery under a new id; declared: what the announcement says otherwise."""
    announcement = {**original.announcement, "delivery_id": f"sheet-{next(numbers)}", **declared}
    payload = original.payload.read_bytes() if content is None else content
    for name in {"sha256", "size_bytes"} - declared.keys():
        del announcement[name]
    feed, sender, period = (announcement.pop(name) for name in ("feed", "sender_code", "period"))
    return gateway.add_delivery(feed, sender, period, [], media_type=announcement.pop("media_type"), payload=payload, **announcement)


def sender_of(original):
    code = original.announcement["sender_code"]
    return next(s for s in load_senders(load_settings().senders_file) if s.code == code)


def fetch(original) -> None:
    pull(original.announcement["feed"], sender_of(original))


def fetch_and_load(original) -> None:
    fetch(original)
    assert not load(original.announcement["feed"]).errors


def states(loader) -> list[str]:
    return [state for (state,) in loader.execute("select state from ops.batch order by batch_id")]


def current(loader) -> int:
    return loader.execute("select count(*) from core.employers where recorded_to = 'infinity'").fetchone()[0]
