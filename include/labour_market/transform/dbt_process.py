"""The child process that runs dbt: `python -P dbt_process.py RESULTS`.

It loads dbt at once, and reads its command, a JSON object, from its input afterwards: a build starts it early and decides meanwhile what
to run. When the input ends, because the build had nothing to do or ended abnormally, it ends at once, also while it runs.
"""

import gc
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

gc.disable()  # what an import makes stays: looking through it again and again for garbage is a tenth of the time
from dbt.adapters.contracts.connection import Connection, ConnectionState  # noqa: E402
from dbt.adapters.postgres.connections import PostgresConnectionManager  # noqa: E402
from dbt.artifacts.schemas.run import RunExecutionResult  # noqa: E402
from dbt.cli.main import dbtRunner, dbtRunnerResult  # noqa: E402

gc.freeze()
gc.set_threshold(100_000, 50, 50)  # dbt makes few cycles, and its process is short
gc.enable()


def main(results: Path) -> None:
    """Run the command in the first line of standard input, and write its results to a file."""
    line = sys.stdin.readline()
    if not line:
        return
    threading.Thread(target=_end_with_input, daemon=True).start()
    command = json.loads(line)
    run = _in_one_transaction if command["in_one_transaction"] else dbtRunner().invoke
    outcome = run(command["arguments"])
    if outcome.exception:
        sys.exit(str(outcome.exception))
    assert isinstance(outcome.result, RunExecutionResult)
    results.write_text(json.dumps([_result(result) for result in outcome.result.results]), encoding="utf-8")


def _in_one_transaction(arguments: list[str]) -> dbtRunnerResult:
    """Run a command in one session and one transaction, which is committed when no node has failed.

    Readers see all tables of a build at once. A node has a savepoint where dbt has a transaction. All nodes read the same snapshot.
    """
    manager: Any = PostgresConnectionManager
    open_session = manager.open
    handle: Any = None

    def open_once(cls: Any, connection: Connection) -> Connection:
        nonlocal handle
        if handle is None:
            handle = open_session(connection).handle
            handle.set_session(isolation_level="REPEATABLE READ")
        connection.handle, connection.state = handle, ConnectionState.OPEN
        return connection

    def execute(statement: str) -> None:
        with handle.cursor() as cursor:
            cursor.execute(statement)

    replaced = {
        "open": classmethod(open_once),
        # what a node has set is reset: it would hold until the end of the transaction
        "add_begin_query": lambda self: execute("reset all; savepoint node"),
        "add_commit_query": lambda self: execute("release savepoint node"),
        "_rollback_handle": classmethod(lambda cls, connection: execute("rollback to savepoint node")),
        "_close_handle": classmethod(lambda cls, connection: None),
    }
    for name, function in replaced.items():
        setattr(manager, name, function)
    outcome = dbtRunner().invoke([*arguments, "--threads", "1"])
    if handle is not None and outcome.success:
        handle.commit()
    return outcome  # the end of the process ends the session, and undoes what is not committed


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)  # no clean-up: the build has ended, and the server undoes what is not committed


def _result(result: Any) -> dict[str, Any]:
    return {
        "unique_id": result.node.unique_id,
        "resource_type": str(result.node.resource_type),
        "status": str(result.status),
        "execution_time": result.execution_time,
        "rows_affected": (result.adapter_response or {}).get("rows_affected"),
        "failures": result.failures,
        "message": result.message,
        "compiled_code": getattr(result.node, "compiled_code", None),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
