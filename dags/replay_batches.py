"""Nạp lại từ bản gốc đã lưu, sau khi sửa quy tắc, danh mục hoặc mã.

Loads batches again from the landing store, for a feed, sender and period or for all of them, with a reason that the ledger
keeps. A dry run, which is the default, only lists the batches; the result shows each one before and after.
"""

from datetime import datetime, timedelta

from airflow.sdk import Param, dag, get_current_context, task
from labour_market.contracts import load_order

FEEDS = load_order()
ALL = "all"


@task(pool="warehouse", retries=0, execution_timeout=timedelta(hours=2))
def replay() -> list[str]:
    """Replay the batches that the form names; returns a line about each of them."""
    from labour_market.errors import LabourMarketError
    from labour_market.ingestion.replay import replay as replay_feed

    params = get_current_context()["params"]
    replayed = replay_feed(
        params["feed"] if params["feed"] != ALL else None,
        sender=params["sender"] or None,
        period=params["period"] or None,
        reason=params["reason"],
        dry_run=params["dry_run"],
    )
    lines = [
        f"batch {r.batch_id} {r.feed} {r.sender_code} {r.period}: {r.before} -> {r.blocked_by or r.after or 'dry run'}" for r in replayed
    ]
    print("\n".join(lines))
    if failed := [r.batch_id for r in replayed if r.after and r.after[0] == "failed"]:
        raise LabourMarketError(f"internal error in batches {failed}")
    return lines


@dag(
    dag_id="replay_batches",
    dag_display_name="Nạp lại lô dữ liệu",
    schedule=None,
    start_date=datetime(2023, 1, 1),
    max_active_runs=1,
    doc_md=__doc__,
    tags=["ledger"],
    params={
        "feed": Param(FEEDS[0], type="string", enum=[*FEEDS, ALL], title="Nguồn dữ liệu | feed"),
        "sender": Param("", type="string", title="Đơn vị | sender", description_md="Để trống: tất cả | empty: all"),
        "period": Param("", type="string", title="Kỳ | period", description_md="Để trống: tất cả | empty: all"),
        "reason": Param("", type="string", minLength=5, title="Lý do | reason"),
        "dry_run": Param(True, type="boolean", title="Chỉ xem trước | dry run"),
    },
)
def replay_batches():
    """Load landed batches again."""
    replay()


replay_batches()
