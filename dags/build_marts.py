"""Dựng các bảng báo cáo khi dữ liệu mới đã được công bố, rồi làm mới trang.

One dbt build over the partitions of `core` that changed, when all feeds of a night are in; then the page. The assets
only start this DAG: the outbox lists what must be built, and `reconcile_batches` builds what a lost event left. A failed
build fails the task, names its models, and leaves its partitions to the next build.
"""

from datetime import datetime, timedelta

from airflow.sdk import Asset, PartitionedAssetTimetable, dag, task
from labour_market.contracts import load_order

first, *others = [Asset(f"core.{feed}") for feed in load_order()]
all_feeds = first
for asset in others:
    all_feeds = all_feeds & asset


@task(pool="warehouse", retries=1, retry_delay=timedelta(minutes=1), execution_timeout=timedelta(hours=2))
def build_and_show() -> str:
    """Build the marts, render the page, and return a sentence about the build."""
    from labour_market import site, transform

    report = transform.build()
    site.render()
    return report.sentence


@dag(
    dag_id="build_marts",
    dag_display_name="Dựng bảng báo cáo",
    schedule=PartitionedAssetTimetable(assets=all_feeds),
    start_date=datetime(2023, 1, 1),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["build"],
)
def build_marts():
    """Build the marts from core, then the page."""
    build_and_show.override(outlets=[Asset("marts")])()


build_marts()
