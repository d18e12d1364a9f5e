"""dbt for the many builds of one test run: a process loads it once, and forks for each build, which saves a second of its time.

`python warm_dbt.py SOCKET` is that process. `python warm_dbt.py SOCKET RESULTS` takes the place of dbt_process.py: it hands its input,
output, folder and environment to a fork, and ends as that ends. In another network or another tree of files than the process it runs
dbt_process.py itself.
"""

import json
import os
import select
import signal
import socket
import sys
import traceback
from pathlib import Path

PROCESS = Path(__file__).parents[1] / "include/labour_market/transform/dbt_process.py"
SPACES = ("net", "mnt", "user")


def serve(address: str) -> None:
    """Load dbt, say so, and fork for each client until the input ends."""
    import importlib.util
    import threading

    spec = importlib.util.spec_from_file_location("dbt_process", PROCESS)
    assert spec and spec.loader
    dbt_process = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(dbt_process)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a keeper
    print(json.dumps(_spaces()), flush=True)
    assert threading.active_count() == 1, "a thread is not there after a fork"
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        client, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _keep(client, dbt_process.main)
        client.close()


def _keep(client: socket.socket, main) -> None:
    """Run dbt in a fork with what the client hands over, and end it when the client ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order, handles, _, _ = socket.recv_fds(client, 1 << 20, 3)
    wanted = json.loads(order)
    worker = os.fork()
    if worker == 0:
        code = 1
        try:
            client.close()
            for place, handle in enumerate(handles):
                os.dup2(handle, place)
                os.close(handle)
            os.environ.clear()
            os.environ.update(wanted["environment"])
            os.chdir(wanted["folder"])
            os.umask(wanted["umask"])
            main(Path(wanted["results"]))
            code = 0
        except SystemExit as end:
            print(end, file=sys.stderr)
        except Exception:  # noqa: BLE001  # as the interpreter does at the end of a process
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    for handle in handles:
        os.close(handle)
    ready, _, _ = select.select([client, os.pidfd_open(worker)], [], [])
    if client in ready:
        os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    if client not in ready:
        client.sendall(bytes([os.waitstatus_to_exitcode(status) & 0xFF]))
    os._exit(0)


def run(address: str, results: str) -> int:
    """Have dbt run in a fork; returns its exit code."""
    umask = os.umask(0)
    os.umask(umask)
    order = {"environment": dict(os.environ), "folder": str(Path.cwd()), "umask": umask, "results": results}
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(address)
        socket.send_fds(server, [json.dumps(order).encode()], [0, 1, 2])
        answer = server.recv(1)
    return answer[0] if answer else 1


def _spaces() -> list[str]:
    """The network, the tree of files and the users that this process sees."""
    return [str(Path(f"/proc/self/ns/{space}").readlink()) for space in SPACES]


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(sys.argv[1])
    elif json.loads(os.environ["LMW_TEST_SPACES"]) == _spaces():
        sys.exit(run(*sys.argv[1:]))
    else:
        os.execv(sys.executable, [sys.executable, "-P", str(PROCESS), sys.argv[2]])  # noqa: S606
