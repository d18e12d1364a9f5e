"""Long queries are files in the folder of the module that runs them."""

from functools import cache
from importlib.resources import files

from psycopg import sql


@cache
def read_sql(package: str, name: str) -> sql.SQL:
    """Read the query in `<name>.sql` in the folder of a package.

    Args:
        package: The package that the file is in; a module of it passes `__package__`.
        name: The name of the file without its ending.

    Returns:
        The query, to be executed with `%(name)s` parameters, or to be formatted first where it has `{name}` placeholders.
    """
    return sql.SQL(files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8"))
