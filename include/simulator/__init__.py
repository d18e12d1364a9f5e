"""Simulated district offices: a synthetic province, and the HTTP gateways from which the warehouse pulls.

ALL DATA ARE SYNTHETIC. People, employers, numbers and answers are generated from one seed; only place names, code lists and the
layouts of forms are real. No data of real persons or firms were used.

    province = build_province(cache)            # one night of 15 offices; the same seed gives the same data
    with serve(province) as gateway:            # 127.0.0.1, a free port
        gateway.senders                         # code, name, base_url, token, feeds of each
        gateway.set_faults({"kind": "503", "sender": "803", "times": 2})
        gateway.add_delivery("job_orders", "803", "2023-06-15", records)

`python -m simulator --home var` serves until it is stopped. The bad deliveries of the default night, and the expected effect of
each, are listed in simulator.scenario.
"""

from simulator.faults import Fault
from simulator.gateway import Gateway, serve
from simulator.province import Province, build_province, latest

__all__ = ["Fault", "Gateway", "Province", "build_province", "latest", "serve"]
