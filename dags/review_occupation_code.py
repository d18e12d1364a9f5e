"""Duyệt một mã nghề tạm thời: người duyệt khác người đề xuất.

A person decides on one provisional occupation code: **describe** shows the proposal, **decide** waits for a person in
Airflow's list of required actions, **record** writes the decision through the same functions as `lmw occupation`. The decision
is kept in `ops.occupation_decision` with the person's name. A person cannot approve their own proposal.
"""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, dag, get_current_context, task

APPROVE, REFUSE = "Đồng ý | approve", "Từ chối | refuse"


@task(retries=0)
def describe() -> str:
    """The proposal as Markdown, for the person who decides."""
    from labour_market.database import connect
    from labour_market.occupations.local import description

    with connect("steward") as connection:
        return description(connection, get_current_context()["params"]["code"])


@task(retries=0)
def record(answer: dict) -> str:
    """Write the decision; returns it as a sentence."""
    from labour_market.database import connect
    from labour_market.occupations.local import decide

    with connect("steward") as connection:
        return decide(
            connection,
            get_current_context()["params"]["code"],
            approved=answer["chosen_options"] == [APPROVE],
            by=(answer["responded_by_user"] or {}).get("name") or "",
            because=answer["params_input"].get("because") or "",
            until=answer["params_input"].get("until") or "",
        )


@dag(
    dag_id="review_occupation_code",
    dag_display_name="Duyệt mã nghề tạm thời",
    schedule=None,
    start_date=datetime(2023, 1, 1),
    max_active_runs=5,
    doc_md=__doc__,
    tags=["occupation"],
    params={"code": Param("", type="string", minLength=8, title="Mã đề xuất | proposed code")},
)
def review_occupation_code():
    """Let a steward decide on a proposed code."""
    decision = HITLOperator(
        task_id="decide",
        subject="Duyệt mã nghề tạm thời | provisional occupation code",
        body="{{ ti.xcom_pull(task_ids='describe') }}",
        options=[APPROVE, REFUSE],
        params={
            "because": Param("", type="string", title="Lý do | reason"),
            "until": Param("", type="string", title="Dùng đến ngày (để trống: 31/12 năm sau) | until (empty: the end of next year)"),
        },
        response_timeout=timedelta(days=30),
    )
    describe() >> decision
    record(decision.output)


review_occupation_code()
