"""Titles are coded once and kept: only new titles are coded, and corrections of a steward stay."""

import json
import time
from collections.abc import Sequence
from datetime import date

import psycopg
import pytest
from labour_market.cli import app
from labour_market.database import connect
from labour_market.occupations import store
from labour_market.occupations.coder import coder_version
from labour_market.occupations.local import correct
from labour_market.occupations.store import apply_decisions, code_new_titles
from psycopg import sql
from typer.testing import CliRunner

TITLE_COLUMN = {"labour_survey": "job_text", "job_orders": "title", "fair_attendance": "wanted_job_text", "employers": "name"}
KEY_COLUMN = {"labour_survey": "form_no", "job_orders": "order_no", "fair_attendance": "attendance_no", "employers": "employer_no"}
DAY_COLUMN = {"labour_survey": "surveyed_on", "job_orders": "posted_on", "employers": "surveyed_on"}


def publish(titles: Sequence[str | None], feed: str = "labour_survey", day: date = date(2022, 10, 3)) -> int:
    """A published batch of these titles, as publishing leaves it: rows in core, an event in the outbox. Returns its number."""
    with connect("loader") as loader:
        row = loader.execute(
            "insert into ops.batch (feed, sender_code, delivery_id, period, sequence, media_type, declared_records, declared_bytes,"
            " declared_sha256, delivery_created_at, state) values (%s, '803', gen_random_uuid()::text, '2022', 1, 'application/json', 0, 0,"
            " '', now(), 'published') returning batch_id",
            [feed],
        ).fetchone()
        assert row
        batch = int(row[0])
        reported_on = [] if feed == "fair_attendance" else [DAY_COLUMN[feed]]
        columns = sql.SQL(", ").join(map(sql.Identifier, [KEY_COLUMN[feed], TITLE_COLUMN[feed], *reported_on]))
        values = sql.SQL(", ").join([sql.Placeholder()] * (2 + len(reported_on)))
        with loader.cursor() as cursor:
            cursor.executemany(
                sql.SQL(
                    "insert into {} (batch_id, row_no, sender_code, period, sequence, valid_from, valid_to, recorded_from, {})"
                    " values (%s, %s, '803', '2022', 1, %s, 'infinity', now(), {})"
                ).format(sql.Identifier("core", feed), columns, values),
                [[batch, row_no, day, f"{batch}-{row_no}", title, *([day] * len(reported_on))] for row_no, title in enumerate(titles, 1)],
            )
        loader.execute("insert into ops.outbox (batch_id, feed, sender_code, period) values (%s, %s, '803', '2022')", [batch, feed])
    return batch


def built() -> None:
    with connect("transformer") as connection:
        connection.execute("update ops.outbox set built_at = clock_timestamp()")


def code_titles_now() -> int:
    with connect("transformer", autocommit=True) as connection:
        return code_new_titles(connection)


def codings() -> list[dict[str, object]]:
    with connect("transformer") as connection:
        return connection.cursor(row_factory=psycopg.rows.dict_row).execute("select * from ops.title_coding").fetchall()


def kept() -> dict[str, dict[str, object]]:
    return {str(row["title_key"]): row for row in codings()}


def test_each_distinct_title_is_coded_once_under_its_exact_text(warehouse: str) -> None:
    publish(["trồng thanh long", "Trồng  thanh long", "trồng thanh long", None])
    publish(["cn may lương 8tr"], "job_orders")
    publish(["NV QC"], "fair_attendance")
    assert code_titles_now() == 4
    rows = kept()
    assert {key: row["occupation_code"] for key, row in rows.items()} == {
        "trồng thanh long": "61129",
        "Trồng  thanh long": "61129",
        "cn may lương 8tr": "8153",
        "NV QC": "7543",
    }
    assert rows["cn may lương 8tr"]["title"] == "công nhân may"
    assert rows["trồng thanh long"]["seen_count"] == 2
    assert {row["coder_version"] for row in rows.values()} == {coder_version()}
    assert code_titles_now() == 0


def test_rows_are_counted_once_and_the_first_and_last_day_move(warehouse: str) -> None:
    publish(["nuôi yến"] * 3, day=date(2022, 10, 3))
    code_titles_now()
    code_titles_now()  # a build that failed is run again
    assert kept()["nuôi yến"]["seen_count"] == 3
    built()
    publish(["nuôi yến"] * 2, day=date(2022, 11, 9))
    code_titles_now()
    row = kept()["nuôi yến"]
    assert (row["seen_count"], row["first_seen"], row["last_seen"]) == (5, date(2022, 10, 3), date(2022, 11, 9))


def test_a_title_that_cannot_be_coded_is_kept_and_not_coded_again(warehouse: str) -> None:
    publish(["tùy", "không có"])
    assert code_titles_now() == 2
    row = kept()["tùy"]
    assert (row["occupation_code"], row["level"], row["method"]) == (None, 0, "none")
    assert code_titles_now() == 0


def test_a_change_of_the_coder_codes_all_titles_again_except_corrected_ones(warehouse: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(["làm bông", "trồng mía"])
    code_titles_now()
    built()
    with connect("steward") as steward:
        correct(steward, "Làm bông", "6113", by="lan", because="trồng hoa, không phải bông vải")
    with connect("transformer", autocommit=True) as connection:
        assert apply_decisions(connection) == 1
        assert apply_decisions(connection) is None
    publish(["làm  BÔNG lương cao"])
    code_titles_now()
    assert kept()["làm  BÔNG lương cao"]["occupation_code"] == "6113"
    assert kept()["làm  BÔNG lương cao"]["method"] == "manual"
    monkeypatch.setattr(store, "coder_version", lambda: "another")
    built()
    assert code_titles_now() == 3
    rows = kept()
    assert rows["trồng mía"]["coder_version"] == "another"
    assert (rows["làm bông"]["occupation_code"], rows["làm bông"]["method"]) == ("6113", "manual")


def test_a_title_is_kept_with_its_context_and_a_later_industry_codes_it_again(warehouse: str) -> None:
    """A survey has the person's status; an order has its employer, whose industry comes with the register."""
    survey, orders = publish(["làm ruộng", "làm ruộng"]), publish(["công nhân"], "job_orders")
    with connect("loader") as loader:
        loader.execute("update core.labour_survey set employment_status = 'employee' where batch_id = %s and row_no = 1", [survey])
        loader.execute("update core.job_orders set employer_no = '1' where batch_id = %s", [orders])
    code_titles_now()
    built()
    assert {(row["title_key"], row["context"]): row["occupation_code"] for row in codings()} == {
        ("làm ruộng", "status:employee"): "92010", ("làm ruộng", ""): "61111", ("công nhân", ""): None,
    }  # fmt: skip
    register = publish(["Công ty may"], "employers")
    with connect("loader") as loader:
        loader.execute("update core.employers set employer_no = '1', vsic_code = '1410' where batch_id = %s", [register])
    assert code_titles_now() == 1
    found = {row["context"]: (row["occupation_code"], row["seen_count"]) for row in codings() if row["title_key"] == "công nhân"}
    assert found == {"": (None, 1), "industry:1410": ("8153", 0)}, "the title was not reported again"


def test_the_queue_has_the_same_titles_on_a_terminal_and_in_its_view(warehouse: str) -> None:
    publish(["cn kcn"] * 6 + ["công nhân"] * 5 + ["Tuyển công nhân khu công nghiệp", "lao động tự do", "lương 5tr", "công nhân may"])
    publish(["Lao động tự do"] * 5 + ["làm thuê", "Làm thuê", "LÀM THUÊ", "lm thuê", "làm thuê lâu năm"])
    code_titles_now()
    queue = json.loads(CliRunner().invoke(app, ["occupation", "queue", "--json"]).stdout)
    assert [(row["title"], row["most_often_sent"], row["seen"]) for row in queue] == [
        ("công nhân", "cn kcn", 12), ("lao động tự do", "Lao động tự do", 6), ("làm thuê", "LÀM THUÊ", 5),
    ]  # fmt: skip
    with connect("bi_reader") as reader:
        view = reader.execute("select title, most_often_sent, seen from bi.occupation_queue order by seen desc").fetchall()
    assert view == [("công nhân", None, 12), ("lao động tự do", "Lao động tự do", 6), ("làm thuê", None, 5)]


def test_a_title_with_an_unmasked_number_is_not_kept(warehouse: str) -> None:
    publish(["thợ hàn 0912345678", "thợ hàn [số]"])
    assert code_titles_now() == 1
    assert list(kept()) == ["thợ hàn [số]"]


def test_a_night_without_new_titles_takes_less_than_a_second_with_a_long_history(warehouse: str) -> None:
    publish([f"trồng lúa {number} công" for number in range(5000)])
    code_titles_now()
    built()
    publish(["trồng lúa 7 công"] * 200)
    started = time.perf_counter()
    assert code_titles_now() == 0
    assert time.perf_counter() - started < 1
    assert kept()["trồng lúa 7 công"]["seen_count"] == 201
