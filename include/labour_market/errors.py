"""The errors that a person may read: one sentence each, and the exit code of `lmw`.

Anything else that is raised is a fault of this program, and keeps its traceback.
"""

from collections.abc import Collection


class LabourMarketError(Exception):
    """Something that a person must see to. Its text is one sentence, and holds no value of a record."""

    exit_code = 1


class UsageError(LabourMarketError):
    """The call, or a setting or file that it names, is wrong; the same call fails again."""

    exit_code = 2


def check_known(kind: str, name: str | None, known: Collection[str]) -> None:
    """Check a name that a call gives; None means any, and is not checked.

    Args:
        kind: What the name is of, such as feed; part of the sentence.
        name: The name.
        known: The names that exist.

    Raises:
        UsageError: It is not among the known names, which the sentence lists.
    """
    if name is not None and name not in known:
        raise UsageError(f"unknown {kind} {name!r}; known: {', '.join(known) or 'none yet'}")
