"""The audit: rules of a contract as checks, checks as a Great Expectations suite, its result as a verdict on each batch."""

import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read when great_expectations is imported
