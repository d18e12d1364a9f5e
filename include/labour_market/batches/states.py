"""The states of a batch, and the moves between them."""

from enum import StrEnum


class BatchState(StrEnum):
    """Where a batch is on its way from an announcement to core."""

    DISCOVERED = "discovered"  # announced; its bytes are not here yet
    LANDED = "landed"  # its bytes are in the landing store
    STAGED = "staged"  # its records are in a stage table
    AUDITED = "audited"  # its rules were checked
    PUBLISHED = "published"  # its records are in core
    QUARANTINED = "quarantined"  # a rule blocked the batch
    REJECTED = "rejected"  # it could not be read as a delivery of its feed
    SUPERSEDED = "superseded"  # another batch holds its content, or replaced it


OPEN_STATES = (BatchState.DISCOVERED, BatchState.LANDED, BatchState.STAGED, BatchState.AUDITED)
LOADABLE_STATES = (BatchState.LANDED, BatchState.STAGED, BatchState.AUDITED)
BLOCKED_STATES = (BatchState.QUARANTINED, BatchState.REJECTED)
REPLAYABLE_STATES = (BatchState.PUBLISHED, *BLOCKED_STATES)
TIMED_STATES = (BatchState.LANDED, BatchState.STAGED, BatchState.AUDITED, BatchState.PUBLISHED)  # ops.batch.<state>_at

ALLOWED_MOVES = {
    BatchState.DISCOVERED: {BatchState.DISCOVERED, BatchState.LANDED, BatchState.REJECTED},
    # landed or staged --> published: a replay was rejected, and the records of the earlier publication stay in core
    BatchState.LANDED: {BatchState.STAGED, BatchState.PUBLISHED, BatchState.REJECTED, BatchState.SUPERSEDED},
    BatchState.STAGED: {BatchState.STAGED, BatchState.AUDITED, BatchState.PUBLISHED, BatchState.REJECTED, BatchState.SUPERSEDED},
    BatchState.AUDITED: {
        BatchState.STAGED,
        BatchState.PUBLISHED,
        BatchState.QUARANTINED,
        BatchState.REJECTED,
        BatchState.SUPERSEDED,
    },
    BatchState.PUBLISHED: {BatchState.SUPERSEDED, BatchState.LANDED},
    BatchState.QUARANTINED: {BatchState.LANDED, BatchState.SUPERSEDED},
    BatchState.REJECTED: {
        BatchState.LANDED,
        BatchState.REJECTED,
    },  # rejected again: its bytes were fetched again and are still not the announced ones
    BatchState.SUPERSEDED: {BatchState.LANDED},  # when core has lost its records
}
