"""`lmw build` after a small batch: this checkout against another commit, alternately in one run."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from labour_market.settings import PROJECT_ROOT

COMMIT = os.environ.get("LMW_BENCH_COMMIT", "13f1fd2")  # before builds were limited to what their batches can change
ROUNDS = 5
DRIVER = Path(__file__).with_name("small_batches.py")


class Checkout:
    """A warehouse of a checkout, with a history of one survey round."""

    def __init__(self, tree: Path) -> None:
        self.process = subprocess.Popen(
            [str(tree / ".venv" / "bin" / "python"), str(DRIVER)],
            cwd=tree, env={**os.environ, "PYTHONPATH": str(tree)}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("the driver of a checkout ended")
        return dict(json.loads(line))

    def build(self) -> float:
        """The seconds of a build after one more small batch."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.answer()["seconds"])

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


@contextmanager
def other_tree(commit: str) -> Iterator[Path]:
    """A worktree of that commit with an environment of its own."""
    with tempfile.TemporaryDirectory(prefix="lmw-bench-tree-") as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(tree), commit], cwd=PROJECT_ROOT, check=True)
        try:
            subprocess.run(["make", "-s", "env"], cwd=tree, check=True, stdout=sys.stderr)
            yield tree
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(tree)], cwd=PROJECT_ROOT, check=True)


def run() -> list[dict[str, Any]]:
    """The quickest of some builds of each, built in turn."""
    with other_tree(COMMIT) as tree, ExitStack() as stack:
        current, other = Checkout(PROJECT_ROOT), Checkout(tree)
        for checkout in (current, other):
            stack.callback(checkout.close)
        for checkout in (current, other):
            checkout.answer()
        pairs = [(current.build(), other.build()) for _ in range(ROUNDS)]
    quickest = [min(pair[place] for pair in pairs) for place in (0, 1)]
    return [
        {
            "what": f"lmw build after a small batch, this checkout / commit {COMMIT}",
            "ratio": quickest[0] / quickest[1],
            "bar": 0.5,
            "bar_text": "<= 0.5",
            "seconds": quickest,
            "peak_mb": [],
        }
    ]
