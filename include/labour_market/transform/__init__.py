"""From core to the marts: deployment of the dbt project, and builds over the partitions that the outbox names."""

from labour_market.transform.builds import BuildReport, build, overdue
from labour_market.transform.dbt import BuildError
from labour_market.transform.deployment import deploy_models
from labour_market.transform.recounting import recount
from labour_market.transform.reference import seed_reference

__all__ = ["BuildError", "BuildReport", "build", "deploy_models", "overdue", "recount", "seed_reference"]
