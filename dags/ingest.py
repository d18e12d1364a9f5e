"""Từ cổng dữ liệu của huyện đến `core`: hỏi từng đơn vị, lưu bản gốc, kiểm tra, công bố.

From each district's gateway to `core`, one DAG a feed: **list_senders** lists the senders of the feed; **pull** fetches from each
of them in its own task, so that a sender that cannot be reached is retried without the others; **load** stages, audits and
publishes all landed batches, also when a sender was not reached. A blocked batch is a verdict in the ledger and the task
succeeds; a failed task is a sender that was not reached, a broken senders file or an internal error, and **fail_night** then
makes the run red. Feeds that wait for the same slots run in the order of `feeds.yml`: a feed that others refer to comes before them.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import yaml
from airflow.sdk import (
    Asset,
    Connection,
    CronPartitionTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    dag,
    get_current_context,
    get_parsing_context,
    task,
)
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSkipException
from labour_market.settings import CONFIG_DIR, PROVINCE_TIME

FEEDS = yaml.safe_load((CONFIG_DIR / "feeds.yml").read_text(encoding="utf-8"))
WHEN_UNREACHABLE = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception="labour_market.gateway.WrongSenderError", action=RetryAction.FAIL),
        RetryRule(exception="labour_market.gateway.GatewayDeadlineError", action=RetryAction.FAIL),
        RetryRule(exception="labour_market.gateway.GatewayUnavailableError", action=RetryAction.RETRY, retry_delay=timedelta(minutes=2)),
    ],
    default=RetryAction.FAIL,
)


@task(retries=0)
def list_senders(feed: str) -> list[str]:
    """The codes of the senders of a feed, or of those districts that the form names; fails when there is none."""
    from labour_market.errors import UsageError
    from labour_market.gateway import load_senders
    from labour_market.ingestion.pulling import record_senders
    from labour_market.settings import load_settings

    chosen = get_current_context()["params"]["districts"]
    senders = [s for s in load_senders(load_settings().senders_file) if feed in s.feeds]
    record_senders(senders, [feed])
    if not senders:
        raise UsageError(f"no sender was requested: no entry of the senders file has the feed {feed}")
    unknown = set(chosen) - {s.code for s in senders}
    if unknown:
        raise UsageError(f"no sender of {feed} has the code {', '.join(sorted(unknown))}")
    return [s.code for s in senders if not chosen or s.code in chosen]


@task(
    pool="gateway",
    retries=2,
    retry_policy=WHEN_UNREACHABLE,
    map_index_template="{{ sender }}",
    execution_timeout=timedelta(hours=1),
)
def pull(feed: str, code: str) -> list[int]:
    """Announce and land the deliveries of one sender; returns the ids of the batches."""
    from labour_market.gateway import load_senders
    from labour_market.ingestion.pulling import pull as pull_sender
    from labour_market.settings import load_settings

    context = get_current_context()
    sender = next(s for s in load_senders(load_settings().senders_file) if s.code == code)
    with suppress(AirflowNotFoundException):
        # a connection takes precedence over the token of the environment
        sender = sender if sender.problem else replace(sender, token=Connection.get(f"district_{code}").password or sender.token)
    context["sender"] = f"{sender.code} {sender.name}"
    return pull_sender(feed, sender, context["params"]["period"] or None)


@task(pool="warehouse", retries=1, retry_delay=timedelta(minutes=1), trigger_rule="all_done", execution_timeout=timedelta(hours=2))
def load(feed: str) -> dict:
    """Stage, audit and publish all landed batches of a feed; returns the state that each reached."""
    from labour_market.errors import LabourMarketError
    from labour_market.ingestion.loading import load as load_feed

    if get_current_context()["params"]["mode"] == "land":
        raise AirflowSkipException("mode land: the next run loads what has landed")
    report = load_feed(feed)
    if report.sentences:
        raise LabourMarketError("; ".join(report.sentences))
    return {"feed": feed, "outcomes": {str(batch): state for batch, state in report.outcomes.items()}}


@task(retries=0, trigger_rule="one_failed")
def fail_night(feed: str) -> None:
    """Fail the run when a task before it failed: `load` alone, which runs in any case, would leave it green."""
    from labour_market.errors import LabourMarketError

    raise LabourMarketError(f"not all of {feed} was requested, reached and loaded: see the failed tasks, and the gateways in lmw status")


def ingest_dag(feed: str, title_vi: str, schedule: str, priority: int):
    """The DAG of one feed."""

    @dag(
        dag_id=f"ingest_{feed}",
        dag_display_name=f"Nhận dữ liệu: {title_vi}",
        schedule=CronPartitionTimetable(schedule, timezone=PROVINCE_TIME.key, key_format="%Y-%m-%d", run_immediately=True),
        start_date=datetime(2023, 1, 1),
        catchup=False,
        max_active_runs=1,
        doc_md=__doc__,
        tags=["ingest", feed],
        params={
            "districts": Param([], type="array", items={"type": "string"}, title="Huyện", description_md="Để trống: tất cả | empty: all"),
            "period": Param("", type="string", title="Kỳ", description_md="2023, 2023-06, 2023-06-14; để trống: tất cả | empty: all"),
            "mode": Param(
                "load",
                type="string",
                enum=["load", "land"],
                title="Chế độ",
                description_md="load: nhận và công bố; land: chỉ lưu bản gốc, nạp sau | land: keep the bytes, load later",
            ),
        },
    )
    def ingest():
        published = Asset(f"core.{feed}")
        priority_settings = {"priority_weight": priority, "weight_rule": "absolute"}
        listed = list_senders.override(**priority_settings)(feed)
        pulled = pull.override(**priority_settings).partial(feed=feed).expand(code=listed)
        loaded = load.override(outlets=[published], **priority_settings)(feed)
        pulled >> loaded
        [listed, pulled, loaded] >> fail_night.override(**priority_settings)(feed)

    return ingest()


requested_dag = get_parsing_context().dag_id  # a task needs only its own DAG; None: all of them
for priority, (feed, config) in enumerate(reversed(FEEDS.items()), start=1):
    if requested_dag in (None, f"ingest_{feed}"):
        globals()[f"ingest_{feed}"] = ingest_dag(feed, config["title_vi"], config["schedule"], priority)
