"""Xóa dữ liệu cá nhân hết thời hạn lưu giữ; mặc định chỉ liệt kê.

Lists each month the personal data whose retention is over by the contract of their feed: rows of the vault and files of the landing
store. A person who has seen the list starts the DAG by hand and switches `execute` on; then they are deleted.
"""

from datetime import datetime, timedelta

from airflow.sdk import Param, dag, get_current_context, task


@task(pool="warehouse", retries=0, execution_timeout=timedelta(hours=2))
def enforce() -> list[str]:
    """List what is over, and delete it where the form says so; returns a line for each feed, sender and period."""
    from labour_market.ingestion.retention import enforce_retention

    expired = enforce_retention(execute=get_current_context()["params"]["execute"])
    lines = [f"{e.feed} {e.sender_code} {e.period}: until {e.kept_until}, {e.vault_rows} vault rows, {e.files} files" for e in expired]
    print("\n".join(lines) or "nothing is over")
    return lines


@dag(
    dag_id="enforce_retention",
    dag_display_name="Thời hạn lưu giữ dữ liệu cá nhân",
    schedule="0 4 1 * *",
    start_date=datetime(2023, 1, 1),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["persons"],
    params={"execute": Param(False, type="boolean", title="Xóa thật | delete")},
)
def enforce_retention_dag():
    """Delete personal data whose retention is over."""
    enforce()


enforce_retention_dag()
