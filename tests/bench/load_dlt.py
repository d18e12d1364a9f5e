"""Measured process: dlt loads the same records from the same landed bytes, with its default settings."""

import os
import sys
import tempfile
from pathlib import Path

os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", DLT_TELEMETRY_DISABLED="1")

import dlt
import orjson
from dlt.destinations import postgres
from labour_market.database import admin_dsn
from labour_market.settings import load_settings
from psycopg.conninfo import conninfo_to_dict

from tests.bench.throwaway import report, seconds

if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_bytes().splitlines()
    parts = conninfo_to_dict(admin_dsn(load_settings()))
    address = f"postgresql://{parts['user']}:{parts['password']}@{parts['host']}:{parts['port']}/warehouse"
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=postgres(credentials=address), dataset_name="dlt_bench")
        taken = seconds(lambda: pipeline.run((orjson.loads(line) for line in lines), table_name="survey"))
    report(seconds=taken)
