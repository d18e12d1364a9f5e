"""Which nodes of the dbt project a build runs, in dbt's own selection syntax."""

from collections.abc import Iterable

DIMENSIONS = "path:models/marts/conformed"
EXCLUDED = ["--exclude", "tag:key", "resource_type:unit_test"]
# what a steward decides comes without a partition of a feed; the tests in tests/ compare it with dates that may have changed
DECISIONS = ("occupation_proposal", "occupation_successor")


def every_node() -> list[str]:
    """Every table of the project and every test but those of keys of views, which read all rows."""
    return ["--select", "config.materialized:incremental", "path:models,resource_type:test", "path:tests", *EXCLUDED]


def nodes_of_feeds(feeds: Iterable[str], *, decided: bool) -> list[str]:
    """The tables that partitions of these feeds can change, and the tests of these tables.

    A fact writes only the partitions of its own feeds. A dimension changes with the feeds that it reads, that of batches with every feed;
    one that reads reference lists alone changes only when they do, and then every node runs. The cells, the vintages and the risk of
    re-identification, which look at the scope themselves, always run.

    Args:
        feeds: of the scope.
        decided: whether a steward has decided on provisional codes since the last build.
    """
    decisions = DECISIONS if decided else ()
    facts = [f"config.meta.feed:{feed}" for feed in feeds]
    sources = [*(f"source:core.{feed}" for feed in feeds), "source:ops.batch", *(f"source:ops.{table}" for table in decisions)]
    selected = [
        *facts,
        *(f"{fact}+1,resource_type:test" for fact in facts),
        *(f"{source}+,{DIMENSIONS}" for source in sources),
        *(f"source:ops.{table}+,path:tests" for table in decisions),
        "path:models/indicators,config.materialized:incremental",
        "path:models/indicators+1,resource_type:test",
        "path:models/analysis,config.materialized:incremental",
        "path:models/vintages",
    ]
    # a test is selected by the table that it tests, not because a table that it compares with is selected
    return ["--select", *selected, "--indirect-selection", "empty", *EXCLUDED]
