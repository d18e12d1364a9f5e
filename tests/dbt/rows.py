"""Rows written into core by hand, in the form of a publication, and builders of records."""

from datetime import UTC, datetime

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

BOUNDS = {
    "2021": ("2021-01-01", "2022-01-01"),
    "2022": ("2022-01-01", "2023-01-01"),
    "2022-01": ("2022-01-01", "2022-02-01"),
    "2023-05": ("2023-05-01", "2023-06-01"),
    "2023-06": ("2023-06-01", "2023-07-01"),
    "2023-06-14": ("2023-06-14", "2023-06-15"),
    "2024": ("2024-01-01", "2025-01-01"),
    "2025-06": ("2025-06-01", "2025-07-01"),
    "2025-07": ("2025-07-01", "2025-08-01"),
}


class Core:
    """Writes rows into core as a publication does: one batch each time, its partition replaced, its event in the outbox."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def publish(self, feed: str, sender: str, period: str, rows: list[dict], sequence: int = 1) -> int:
        row = self.connection.execute(
            "insert into ops.batch (feed, sender_code, delivery_id, period, sequence, media_type, declared_records, declared_bytes,"
            " declared_sha256, delivery_created_at, state, records_parsed, records_published, published_at)"
            " values (%s, %s, %s, %s, %s, 'application/json', %s, 1, 'x', now(), 'published', %s, %s, now()) returning batch_id",
            [feed, sender, f"{feed}-{sender}-{period}-{sequence}-{datetime.now(UTC):%H%M%S%f}", period, sequence, *[len(rows)] * 3],
        ).fetchone()
        assert row
        self.connection.execute(
            "insert into ops.batch_event (batch_id, attempt, to_state, actor) values (%s, 1, 'published', 'tests')", [row[0]]
        )
        self.connection.execute(
            sql.SQL("update core.{} set recorded_to = now() where sender_code = %s and period = %s and recorded_to = 'infinity'").format(
                sql.Identifier(feed)
            ),
            [sender, period],
        )
        for row_no, values in enumerate(rows, 1):
            valid_from, valid_to = BOUNDS[period]
            everything = {
                "batch_id": row[0], "row_no": row_no, "sender_code": sender, "period": period, "sequence": sequence,
                "valid_from": valid_from, "valid_to": valid_to, "recorded_from": datetime.now(UTC), **values,
            }  # fmt: skip
            self.connection.execute(
                sql.SQL("insert into core.{} ({}) values ({})").format(
                    sql.Identifier(feed),
                    sql.SQL(", ").join(map(sql.Identifier, everything)),
                    sql.SQL(", ").join(sql.Placeholder() * len(everything)),
                ),
                list(everything.values()),
            )
        self.connection.execute(
            "insert into ops.outbox (batch_id, feed, sender_code, period) values (%s, %s, %s, %s)", [row[0], feed, sender, period]
        )
        return int(row[0])


def person(form_no: str, **values) -> dict:
    return {
        "form_no": form_no, "person_key": f"k:{form_no}", "person_method": "national_id", "birth_date": "1990-03-04", "sex": "female",
        "commune_code": "27694", "education_level": "upper_secondary", "qualification": "none", "activity_status": "employed",
        "job_text": "công nhân may", "surveyed_on": "2022-10-10", **values,
    }  # fmt: skip


def employer(number: str, **values) -> dict:
    grid = [{"vsco2": "81", "quantity": 10, "quantity_female": 6}, {"vsco2": "93", "quantity": 5, "quantity_female": 0}]
    return {
        "employer_no": number, "name": f"Công ty {number}", "employer_type": "private", "vsic_code": "0111", "commune_code": "27694",
        "demand_grid": Jsonb(grid), "planned_hires_6m": 15, "surveyed_on": "2023-06-02", **values,
    }  # fmt: skip


def visit(number: str, session: str, key: str | None, **values) -> dict:
    return {
        "attendance_no": number, "session_no": session, "person_key": key, "person_method": "national_id" if key else "none",
        "commune_code": "27694", "sex": "male", "counselled": True, **values,
    }  # fmt: skip


def session(number: str, fund: str = "subproject_4_3", share: int = 100, **values) -> dict:
    return {
        "session_no": number, "name": "Phiên lưu động", "kind": "mobile", "held_on": "2023-06-10", "commune_code": "27694",
        "fund": fund, "fund_share_pct": share, "cost_planned_vnd": share * 1000, "attendees_declared": 5, **values,
    }  # fmt: skip


def one(connection, query):
    row = connection.execute(query).fetchone()
    return row if len(row) > 1 else row[0]
