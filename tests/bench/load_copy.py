"""Measured process: a bare COPY of the same rows into a table of the same columns."""

import sys
from pathlib import Path

from labour_market.database import connect

from tests.bench.throwaway import report, seconds


def bare_copy(path: Path) -> float:
    content = path.read_bytes()
    with connect("loader") as connection:
        connection.execute("create table stage.bare (like core.labour_survey)")

        def work() -> None:
            with connection.cursor().copy("copy stage.bare from stdin (format csv)") as copy:
                copy.write(content)
            connection.commit()

        taken = seconds(work)
        connection.execute("drop table stage.bare")
    return taken


if __name__ == "__main__":
    report(seconds=min(bare_copy(Path(sys.argv[1])) for _ in range(3)))
