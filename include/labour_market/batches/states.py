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
    FAILED = "failed"  # an internal error ended its attempt; it is tried again


PULLABLE_STATES = (BatchState.DISCOVERED, BatchState.FAILED)  # without bytes
LOADABLE_STATES = (BatchState.LANDED, BatchState.STAGED, BatchState.AUDITED, BatchState.FAILED)  # with bytes
OPEN_STATES = (BatchState.DISCOVERED, *LOADABLE_STATES)
BLOCKED_STATES = (BatchState.QUARANTINED, BatchState.REJECTED)
REPLAYABLE_STATES = (BatchState.PUBLISHED, *BLOCKED_STATES)
TIMED_STATES = (BatchState.LANDED, BatchState.STAGED, BatchState.AUDITED, BatchState.PUBLISHED)  # ops.batch.<state>_at

ALLOWED_MOVES = {
    BatchState.DISCOVERED: {BatchState.DISCOVERED, BatchState.LANDED, BatchState.REJECTED, BatchState.FAILED},
    # landed or staged --> published: a replay was rejected, and the records of the earlier publication stay in core
    BatchState.LANDED: {BatchState.STAGED, BatchState.PUBLISHED, BatchState.REJECTED, BatchState.SUPERSEDED, BatchState.FAILED},
    BatchState.STAGED: {
        BatchState.STAGED,
        BatchState.AUDITED,
        BatchState.PUBLISHED,
        BatchState.REJECTED,
        BatchState.SUPERSEDED,
        BatchState.FAILED,
    },
    BatchState.AUDITED: {
        BatchState.STAGED,
        BatchState.PUBLISHED,
        BatchState.QUARANTINED,
        BatchState.REJECTED,
        BatchState.SUPERSEDED,
        BatchState.FAILED,
    },
    BatchState.PUBLISHED: {BatchState.SUPERSEDED, BatchState.LANDED},
    BatchState.QUARANTINED: {BatchState.LANDED, BatchState.SUPERSEDED},
    BatchState.REJECTED: {
        BatchState.LANDED,
        BatchState.REJECTED,
    },  # rejected again: its bytes were fetched again and are still not the announced ones
    BatchState.SUPERSEDED: {BatchState.LANDED},  # when core has lost its records
    BatchState.FAILED: {
        BatchState.LANDED,
        BatchState.STAGED,
        BatchState.PUBLISHED,
        BatchState.REJECTED,
        BatchState.SUPERSEDED,
        BatchState.FAILED,
    },
}
