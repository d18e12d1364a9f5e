"""The table of schemas in docs/architecture.md agrees with the server: schemas, owners and the roles that may read."""

import re

import psycopg
from labour_market.database import ROLES
from labour_market.settings import PROJECT_ROOT

SERVED = """
    select nspname, pg_get_userbyid(nspowner), array(
        select rolname from pg_roles
        where rolname = any(%s) and oid <> nspowner and has_schema_privilege(oid, pg_namespace.oid, 'usage')
    )
    from pg_namespace
    where nspname !~ '^pg_' and nspname not in ('information_schema', 'public')
"""


def test_the_documented_schemas_are_those_of_the_server(warehouse: str):
    text = (PROJECT_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("| schema | owner |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| [^|]+ \| ([^|]*) ?\|$", table, flags=re.MULTILINE)
    documented = {schema: (owner, set(readers.replace(" ", "").split(",")) - {""}) for schema, owner, readers in rows}
    with psycopg.connect(warehouse) as connection:
        served = {schema: (owner, set(readers)) for schema, owner, readers in connection.execute(SERVED, [list(ROLES)])}
    assert documented == served
