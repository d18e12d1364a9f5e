"""A small province, ingested and built once: blocked deliveries, a correction, a withdrawn one, two rounds of surveys and registers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from labour_market import transform
from labour_market.contracts import load_order
from labour_market.gateway import load_senders
from labour_market.ingestion.pipeline import ingest
from simulator import Gateway, Province, build_province, serve

from tests.recount.published import Published

RESURVEYED = ("806", "807")
REGISTERED = ("802", "806")


@pytest.fixture(scope="session")
def published(clone, tmp_path_factory) -> Iterator[Published]:
    home = tmp_path_factory.mktemp("recount")
    province = build_province(home / "province", scale=0.03)
    registers = deliveries(province, "poverty_register")
    with (
        pytest.MonkeyPatch.context() as patch,
        clone() as dsn,
        serve(replace(province, deliveries=tuple(one for one in province.deliveries if one not in registers))) as gateway,
    ):
        patch.setenv("WAREHOUSE_DSN", dsn)
        patch.setenv("LMW_LANDING", str(home / "landing"))
        add_registers(gateway, province)
        add_earlier_round(gateway, province)
        add_earlier_register(gateway)
        add_trade_orders(gateway, province)
        gateway.write_senders(home / "senders.yml")
        reports, unreachable = ingest(load_senders(home / "senders.yml"), load_order())
        assert not unreachable
        assert not any(report.errors for report in reports)
        transform.build()
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield Published(connection)


def deliveries(province: Province, feed: str) -> list[Any]:
    return [one for one in province.deliveries if one.announcement["feed"] == feed]


def records(delivery: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in delivery.payload.read_bytes().splitlines()]


def add_registers(gateway: Gateway, province: Province) -> None:
    """The poverty register, in which every household of a person whom the service centre placed is poor."""
    placed = {record["national_id"] for delivery in deliveries(province, "placements") for record in records(delivery)}
    households = {}
    for delivery in deliveries(province, "labour_survey"):
        if delivery.announcement["media_type"] == "application/json":
            for person in records(delivery):
                if person["national_id"] in placed and person["household_no"]:
                    households[person["household_no"]] = (delivery.announcement["sender_code"], person["commune_code"])
    for delivery in deliveries(province, "poverty_register"):
        rows = records(delivery)
        known = {row["household_no"] for row in rows}
        rows += [
            {
                **rows[0],
                "household_no": number,
                "district_code": district,
                "commune_code": commune,
                "status": "poor",
                "members": 4,
                "working_age_members": 2,
            }
            for number, (district, commune) in sorted(households.items())
            if number not in known
        ]
        announced = delivery.announcement
        gateway.add_delivery("poverty_register", "DOLISA", announced["period"], rows, created_at=announced["created_at"])


def add_earlier_round(gateway: Gateway, province: Province) -> None:
    """The survey of a year before: three quarters of the persons, of whom one in seven wanted work."""
    for delivery in deliveries(province, "labour_survey"):
        sender = delivery.announcement["sender_code"]
        if sender in RESURVEYED:
            people = records(delivery)
            earlier = [
                {
                    **person,
                    "surveyed_on": "2021" + person["surveyed_on"][4:],
                    "wants_job": person["activity_status"] == "unemployed" or place % 7 == 0,
                }
                for place, person in enumerate(people[: len(people) * 3 // 4])
                if person["surveyed_on"][:4] == "2022"
            ]
            gateway.add_delivery("labour_survey", sender, "2021", earlier, created_at="2021-12-10T15:00:00+07:00")


def add_earlier_register(gateway: Gateway) -> None:
    """Registers of employers of June and December 2022; the later one is the register of the year."""
    communes = {"802": "27943", "806": "28108"}
    for sender in REGISTERED:
        for period, quantity in (("2022-06", 9), ("2022-12", 4)):
            employer = {
                "employer_no": "00901",
                "tax_code": None,
                "name": "Công ty TNHH Thử Nghiệm",
                "employer_type": "private",
                "vsic_code": "1410",
                "size_band": "10-49",
                "headcount": 40,
                "headcount_female": 20,
                "commune_code": communes[sender],
                "industrial_zone": None,
                "planned_hires_6m": quantity,
                "demand_grid": [{"vsco2": "81", "quantity": quantity, "quantity_female": 1}],
                "surveyed_on": f"{period}-02",
                "contact_name": None,
                "contact_phone": None,
                "contact_email": None,
            }
            gateway.add_delivery("employers", sender, period, [employer], created_at=f"{period}-14T15:00:00+07:00")


def add_trade_orders(gateway: Gateway, province: Province) -> None:
    """Orders of two years for a trade that has a code only in the province's list."""
    for delivery in deliveries(province, "job_orders"):
        if delivery.announcement["media_type"] == "application/json" and delivery.announcement["sender_code"] in RESURVEYED:
            order = records(delivery)[0] | {
                "title": "trồng thanh long",
                "occupation_code": None,
                "deadline": None,
                "closed_on": None,
                "close_reason": None,
            }
            for number, (openings, day) in enumerate([(3, "2023-05-31"), (5, "2022-12-20")], 1):
                sender = delivery.announcement["sender_code"]
                posted = order | {"order_no": f"TRADE-{number}", "openings": openings, "openings_female": 0, "posted_on": day}
                gateway.add_delivery("job_orders", sender, day, [posted], created_at=f"{day}T15:00:00+07:00")
