"""Simulated district offices: a province that never was, and the HTTP gateways from which the warehouse pulls.

ALL DATA ARE SYNTHETIC. People, employers, numbers and answers are made up from one seed; only place names, code lists and
the shapes of forms are those of the world. Nothing here is, or was taken from, anybody's data.

    province = build_province(cache)            # a night of 15 offices, the same for the same seed
    with serve(province) as gateway:            # 127.0.0.1, a free port
        gateway.senders                         # code, name, base_url, token, feeds of each
        gateway.set_faults({"kind": "503", "sender": "803", "times": 2})
        gateway.add_delivery("job_orders", "803", "2023-06-15", records)

`python -m simulator --home var` serves until it is told to stop. The bad deliveries of the default night, and what must come of
each, are listed in simulator.scenario.
"""

from simulator.faults import Fault
from simulator.gateway import Gateway, serve
from simulator.province import Province, build_province, latest

__all__ = ["Fault", "Gateway", "Province", "build_province", "latest", "serve"]
