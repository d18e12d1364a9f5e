"""Quarantined rows and findings can be listed after an audit, with a sentence for each row."""

from gate_cases import PERIODS, clean_rows
from labour_market.quality.messages import rejected_rows, rule_findings
from psycopg import sql
from staged import Delivery


def test_the_rows_of_a_batch_are_listed_with_what_to_do_and_no_value_of_a_person(gate_of):
    gate = gate_of("labour_survey")
    delivery = Delivery(clean_rows("labour_survey"), period=PERIODS["labour_survey"])
    delivery.rows[4]["full_name"] = "Nguyễn Văn A"
    delivery.rows[7].update(surveyed_on=None, issues=["surveyed_on:impossible"])
    batch_id = gate.stage(delivery)
    gate.audit()
    gate.auditor.execute(
        sql.SQL(
            "insert into quarantine.rejected_row (batch_id, row_no, rule_id, feed, sender_code, period, action, column_name,"
            " value_pattern) select batch_id, row_no, rule_id, 'labour_survey', '803', '2022', 'quarantine', column_name, value_pattern"
            " from {}"
        ).format(sql.Identifier("stage", f"{gate.table}_failures"))
    )
    gate.auditor.commit()
    first, second = rejected_rows(gate.loader, batch_id)
    assert (first["row_no"], first["rule_id"]) == (5, "labour_survey.row.placeholder_name")
    assert first["value_pattern"] == "Aaaaaa Aaa A"
    assert first["sentence_vi"] == (
        "Dòng 5: họ tên là tên mẫu (Nguyễn Văn A, test...). Ghi họ tên theo giấy tờ của từng người; nếu đây là dòng mẫu của biểu thì"
        " không đưa vào bảng; nếu là tên thật thì báo đơn vị tiếp nhận."
    )
    assert second["sentence_vi"].startswith("Dòng 8: cột “Ngày thu thập” có giá trị không đọc được (ngày không có thật).")
    assert second["sentence_en"] == "Row 8: the value of surveyed_on cannot be read (impossible)."


def test_the_findings_of_the_last_audit_are_listed_worst_first(gate_of):
    gate = gate_of("job_orders")
    delivery = Delivery(clean_rows("job_orders"), period=PERIODS["job_orders"])
    for row in delivery.rows[:12]:
        row["openings"] = 0
        row["openings_female"] = None
    delivery.rows[15]["wage_min_vnd"] = 9_500_000
    delivery.rows[16]["close_reason"] = None
    delivery.rows[18].update(delivery.rows[17])
    batch_id = gate.stage(delivery)
    gate.audit(batches=gate.batches)
    gate.audit(batches=gate.batches)
    found = rule_findings(gate.loader, batch_id)
    assert [(f["rule_id"].removeprefix("job_orders."), f["verdict"], f["failed"], f["checked"]) for f in found] == [
        ("row.openings_range", "block", 12, 20),
        ("row.wage_order", "quarantine", 1, 20),
        ("row.closing_complete", "warn", 1, 20),
        ("cross_row.repeated_record", "normalise", 1, 20),
    ]
    assert found[0]["first_rows"] == list(range(1, 13))
    assert all(f["remedy_vi"] and f["fixed_by"] for f in found)
