"""Tìm lô bị kẹt, trễ, thiếu; làm tiếp những gì còn dở.

Compares the ledger with core, quarantine and the landing store; loads landed batches that no run has loaded; and builds the
marts when an asset event was lost. The page shows the findings of now. Alerts are sent, where they are configured. The task fails
while a finding is open, and its log lists every one. Another task ends the sessions of readers that are beyond the limits of their role.
"""

from datetime import datetime, timedelta

from airflow.sdk import dag, task


@task(pool="warehouse", retries=0, execution_timeout=timedelta(hours=2))
def reconcile() -> dict:
    """Resume stale batches, reconcile the ledger, and build what waited too long; fails when a finding is open."""
    from labour_market import site, transform
    from labour_market.alerts import AlertNotSentError, send_alerts
    from labour_market.errors import LabourMarketError
    from labour_market.ingestion.loading import resume_stale_batches
    from labour_market.ingestion.reconcile import reconcile as run

    reports = resume_stale_batches(older_than=timedelta(minutes=15))
    result = run()
    if transform.overdue(timedelta(minutes=15)):
        transform.build()
    site.render()  # with the findings of now
    errors = [sentence for report in reports for sentence in report.sentences]
    try:
        send_alerts(result)
    except AlertNotSentError as error:
        errors.append(str(error))
    for problem in [*errors, *(f"{finding.finding_id} {finding.kind}: {finding.detail}" for finding in result.findings)]:
        print(problem)
    if errors or result.findings:
        details = "; ".join([*errors, *(finding.detail for finding in result.findings)][:20])
        raise LabourMarketError(
            f"{len(errors)} errors and {len(result.findings)} open findings, all of them in the log of this task: {details}"
        )
    return {
        "resumed": [batch for report in reports for batch in report.outcomes],
        "waiting": len(result.waiting),
        "missing": result.missing,
    }


@task(retries=0, execution_timeout=timedelta(minutes=5))
def limit_readers() -> list[str]:
    """End the sessions of readers that are beyond the limits of their role."""
    from labour_market.database.readers import enforce_limits

    return enforce_limits()


@dag(
    dag_id="reconcile_batches",
    dag_display_name="Đối soát lô dữ liệu",
    schedule="*/10 * * * *",
    start_date=datetime(2023, 1, 1),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["ledger"],
)
def reconcile_batches():
    """Compare the ledger with core, quarantine and the landing store."""
    reconcile()
    limit_readers()


reconcile_batches()
