"""The errors that a person may read: one sentence each, and the exit code of `lmw`.

Anything else that is raised is a fault of this program, and keeps its traceback.
"""


class LabourMarketError(Exception):
    """Something that a person must see to. Its text is one sentence, and holds no value of a record."""

    exit_code = 1


class UsageError(LabourMarketError):
    """The call, or a setting or file that it names, is wrong; the same call fails again."""

    exit_code = 2
