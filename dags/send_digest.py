"""Gửi bản tóm tắt mỗi sáng: đã nhận gì, lô nào bị chặn và vì sao, ai trễ, cổng nào không trả lời.

Sends the digest of the last 24 hours where alerts are configured (LMW_ALERT_SMTP, LMW_ALERT_WEBHOOK); without them it sends nothing.
"""

from datetime import datetime, timedelta

from airflow.sdk import CronPartitionTimetable, dag, task
from labour_market.settings import PROVINCE_TIME


@task(retries=2, retry_delay=timedelta(minutes=5), execution_timeout=timedelta(minutes=10))
def send() -> str:
    """Send the digest and return its text."""
    from labour_market.alerts import send_digest

    return send_digest()


@dag(
    dag_id="send_digest",
    dag_display_name="Gửi tóm tắt hằng ngày",
    schedule=CronPartitionTimetable("0 7 * * *", timezone=PROVINCE_TIME.key, key_format="%Y-%m-%d", run_immediately=False),
    start_date=datetime(2023, 1, 1),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["alert"],
)
def send_digest_dag():
    """Send the digest of the night."""
    send()


send_digest_dag()
