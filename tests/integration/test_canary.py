"""Names, numbers and phones, seeded in every place that a sender controls, are found nowhere but in landing, stage and vault."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import psycopg
import pytest
from labour_market import site, transform
from labour_market.contracts import Contract, contract_feeds, load_contract
from labour_market.gateway import load_senders
from labour_market.ingestion.pipeline import ingest
from labour_market.settings import load_settings
from psycopg import sql
from simulator import Gateway, build_province, serve
from simulator.files import CSV, XLSX

from tests.gate.gate_cases import PERIODS, clean_rows

NAME = "Nguyễn Thị Qwimzyl"  # no word of any list holds qwimzyl
NUMBER = "080190765432"
PHONE = "0909876501"
CANARY = f"{NAME} {NUMBER} {PHONE}"
ID = f"qwimzyl-{NUMBER}-{PHONE}"
FOUND = re.compile(f"qwimzyl|{NUMBER}|{PHONE}|{PHONE[1:]}", re.IGNORECASE)
SECRET_SCHEMAS = ("stage", "vault")


SENDERS = {"placements": "SC", "poverty_register": "DOLISA", "programme_plans": "DOLISA", "budget_movements": "DOLISA"}


def clean_records(contract: Contract) -> list[dict]:
    """Sixty records that keep every rule, as a sender's program writes them; the visits are of a session without a canary."""
    sent = {field.name for field in contract.sent_fields}
    rows = [{**row, "session_no": "S050"} if contract.feed != "fair_sessions" else row for row in clean_rows(contract.feed, 60)]
    return json.loads(json.dumps([{name: row[name] for name in row if name in sent} for row in rows], default=str))


def seeded(contract: Contract, records: list[dict]) -> list[dict]:
    """Records with a canary in each field of text, and one record for each other field with a canary as its value."""
    texts = {field.name for field in contract.sent_fields if field.type == "text"}
    kinds = {"phone": PHONE, "email": f"qwimzyl.{PHONE}@example.vn"}
    known = {field.name: kinds.get(field.kind or "", CANARY) for field in contract.sent_fields if field.name in texts}
    everywhere = [{**record, **known} for record in records[:12]]
    if any(field.kind == "national_id" for field in contract.sent_fields):
        everywhere = [{**record, "national_id": NUMBER} for record in everywhere[:1]] + everywhere[1:]
    others = [field.name for field in contract.sent_fields if field.name not in texts]
    singles = [{**record, name: CANARY} for name, record in zip(others, records[12:], strict=False)]
    rest = records[12 + len(singles) :]
    return [*everywhere, *singles, *rest]


@pytest.fixture(scope="module")
def seeded_night(clone, tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """A warehouse after a night in which each feed of some senders has canaries in all places, built, with its page and logs."""
    folder = tmp_path_factory.mktemp("canary")
    province = build_province(folder / "province", scale=0.03, scenario="clean")
    seeded_feeds = {(feed, SENDERS.get(feed, "803")) for feed in contract_feeds()}
    others = [d for d in province.deliveries if (d.announcement["feed"], d.announcement["sender_code"]) not in seeded_feeds]
    without_seeded = replace(province, deliveries=tuple(others))  # sixty records would be too few after a delivery of usual size
    with pytest.MonkeyPatch.context() as patch, clone() as dsn, serve(without_seeded) as gateway:
        gateway.write_senders(folder / "senders.yml")
        patch.setenv("WAREHOUSE_DSN", dsn)
        patch.setenv("LMW_LANDING", str(folder / "landing"))
        patch.setenv("LMW_SENDERS", str(folder / "senders.yml"))
        for feed in contract_feeds():
            seed_feed(gateway, load_contract(feed))
        yield dsn, folder


def seed_feed(gateway: Gateway, contract: Contract) -> None:
    feed = contract.feed
    own, period = SENDERS.get(feed, "803"), PERIODS[feed]
    records = clean_records(contract)
    totals = {"records": len(records), CANARY: 3, "note": CANARY, "persons": f"khoảng 1500 {CANARY}"}
    add = gateway.add_delivery
    # published with canaries in values, unknown members, totals and the id
    text = seeded(contract, records)
    unknown = [{**record, CANARY: CANARY, "ghi_chu": CANARY} for record in text]
    add(feed, own, period, unknown, sequence=7, delivery_id=f"{ID}-{feed}", declared_totals=totals, supersedes=CANARY)
    # rejected: unknown members with a missing one, names of forms and kinds of files, wrong counts
    wrong = [{f"{CANARY} {place}": value for place, value in enumerate(record.values())} for record in text]
    add(feed, own, period, wrong, sequence=8, delivery_id=f"{ID}-{feed}-wrong")
    add(
        feed,
        own,
        period,
        text,
        sequence=9,
        delivery_id=f"{ID}-{feed}-form",
        media_type=CSV,
        form="csv-a",
        payload=b"a;b\n1;2\n",
        form_version=CANARY,
    )
    add(feed, own, period, text, sequence=11, delivery_id=f"{ID}-{feed}-count", record_count=len(text) + 5)
    # a workbook and a CSV whose names, titles and headers are canaries
    add(
        feed,
        own,
        period,
        text,
        sequence=14,
        delivery_id=f"{ID}-{feed}-book",
        media_type=XLSX,
        form="xlsx-a",
        payload=workbook(),
        record_count=3,
    )
    table = f"{CANARY};{NAME};{PHONE}\n{CANARY};x;y\n".encode()
    add(
        feed,
        own,
        period,
        text,
        sequence=15,
        delivery_id=f"{ID}-{feed}-table",
        media_type=CSV,
        form="csv-a",
        payload=table,
        record_count=1,
    )


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for title in (f"{NAME} 1"[:31], PHONE):
        sheet = book.create_sheet(title)
        sheet.append([CANARY])
        sheet.append([NAME, NUMBER, PHONE])
        sheet.append(["1", "2", "3"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def places(dsn: str) -> dict[str, str]:
    """Each column outside stage and vault with a canary in it, with an example."""
    found: dict[str, str] = {}
    with psycopg.connect(dsn) as admin:
        relations = admin.execute(
            "select nspname, relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
            " where relkind in ('r', 'v', 'm') and nspname !~ '^pg_|^information_schema$' and nspname <> all(%s) order by 1, 2",
            [list(SECRET_SCHEMAS)],
        ).fetchall()
        for schema, name in relations:
            rows = admin.execute(
                sql.SQL(
                    "select columns.key, min(columns.value) from {} as record"
                    " cross join lateral jsonb_each_text(to_jsonb(record)) as columns"
                    " where columns.value ~* %s group by columns.key"
                ).format(sql.Identifier(schema, name)),
                [FOUND.pattern],
            )
            found |= {f"{schema}.{name}.{column}": example for column, example in rows}
    return found


# Text that a sender typed into a record, by the contract: it stays in core and in what is built from core for stewards, and nowhere else.
TYPED = {
    *("form_no", "attendance_no", "order_no", "placement_no", "session_no", "employer_no", "movement_no", "household_no"),
    *("decision_no", "treasury_ref", "target_unit", "training_field", "ethnicity", "industrial_zone", "name", "title", "wage_text"),
    *("job_text", "wanted_job_text", "workplace"),
}
BELOW_BI = ("core", "staging", "intermediate", "marts", "indicators")
# What the ledger has to keep as it was announced, and the titles that the coder works on. Only stewards and programs read ops.
LEDGER = {
    *("ops.batch.delivery_id", "ops.batch.supersedes", "ops.batch.form_version"),
    *(f"{relation}.{column}" for relation in ("ops.title_coding", "staging.stg_ops__title_coding") for column in ("title", "title_key")),
}


def test_canaries_are_only_in_landing_stage_and_vault(seeded_night, caplog):
    dsn, _ = seeded_night
    caplog.set_level("INFO")
    ingest(load_senders(load_settings().senders_file), contract_feeds())
    transform.build()
    page = site.render().read_text(encoding="utf-8")
    with psycopg.connect(dsn) as admin:
        states = admin.execute("select state, count(*) from ops.batch where sequence >= 7 group by state").fetchall()
        vault = admin.execute("select count(*) from vault.person where national_id = %s", [NUMBER]).fetchone()
    assert dict(states) == {"published": 9, "rejected": 45}, "each place was delivered"
    assert vault == (1,), "the search finds what is there"
    found = places(dsn)
    below = {place for place in found if place.startswith(BELOW_BI) and place.rpartition(".")[2] in TYPED}
    assert len(below) > 20
    assert {place: text for place, text in found.items() if place not in below | LEDGER} == {}
    assert not FOUND.search(page)
    assert not FOUND.search(caplog.text)
    logs = [path for path in (load_settings().home / "logs").rglob("*") if path.is_file()]
    assert [path for path in logs if FOUND.search(path.read_text(encoding="utf-8", errors="replace"))] == []


def test_no_number_and_no_phone_is_left_in_free_text(seeded_night):
    """Runs after the night of the test above."""
    dsn, _ = seeded_night
    with psycopg.connect(dsn) as admin:
        for feed in contract_feeds():
            for field in load_contract(feed).core_fields:
                if field.free_text:
                    query = sql.SQL("select count(*) filter (where {0} ~ %s), count(*) filter (where {0} ~* 'qwimzyl') from {1}")
                    numbers, names = admin.execute(
                        query.format(sql.Identifier(field.name), sql.Identifier("core", feed)), [f"{NUMBER}|{PHONE[1:]}"]
                    ).fetchone() or (None, None)
                    assert numbers == 0 and names > 0, (feed, field.name)
