"""The table ops.setting: one value a name, with the time at which it was kept, and the names that the package uses."""

import psycopg

ACCESS_SCRIPT = "access_sql_sha256"  # the digest of the access.sql that was applied last
SEED_HASH = "seed_hash"  # the digest of the reference lists that are loaded
DEPLOYED_PROJECT = "deployed_project"  # the digest of the deployed dbt project, and the grain of each relation
FULL_BUILD = "full_build"  # the digests of the project and of the lists at the last build of every table
BUILT_STATE = "built_state"  # the number of decisions on provisional codes at the last build
COUNTED_EVENTS = "titles_counted_to_event"  # the last event of the outbox whose titles are counted
KEY_OF_PSEUDONYMS = "pseudonym_key_id"  # the id of the key that the persons of the database have pseudonyms of
APPLIED_DECISIONS = "applied_title_decisions"  # the digest of the decisions on titles that were applied last


def read_setting(connection: psycopg.Connection, name: str) -> str | None:
    """The value of a name, or None when none is kept."""
    row = connection.execute("select value from ops.setting where name = %s", [name]).fetchone()
    return row[0] if row else None


def keep_setting(connection: psycopg.Connection, name: str, value: str) -> None:
    """Keep a value in place of the earlier one. set_at becomes the present time, also when the value is the same.

    Args:
        connection: Of a role that writes ops.setting.
        name: One of the names above.
        value: The value.
    """
    connection.execute(
        "insert into ops.setting (name, value) values (%s, %s)"
        " on conflict (name) do update set value = excluded.value, set_at = clock_timestamp()",
        [name, value],
    )
