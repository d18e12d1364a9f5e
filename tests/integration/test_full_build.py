"""A build and dbt decide alike whether everything is due; otherwise a build of all tables would leave the cells of an older project."""

from datetime import timedelta
from types import SimpleNamespace

import jinja2
import psycopg
import pytest
import yaml
from labour_market.database.kept_settings import DEPLOYED_PROJECT, FULL_BUILD, SEED_HASH, keep_setting
from labour_market.settings import DBT_DIR
from labour_market.transform.builds import FULL_BUILD_EVERY, _full_build_due, _project_and_lists
from psycopg.rows import dict_row

HOUR = timedelta(hours=1)


@pytest.fixture
def admin(warehouse):
    with psycopg.connect(warehouse, autocommit=True) as connection:
        yield connection


def is_outdated(admin) -> bool:
    """What the macro state_of_cells of the dbt project answers."""
    answers = []

    def run_query(query: str) -> SimpleNamespace:
        with admin.cursor(row_factory=dict_row) as cursor:
            return SimpleNamespace(rows=cursor.execute(query).fetchall())

    variables = yaml.safe_load((DBT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    macros = (DBT_DIR / "macros" / "changed_cells.sql").read_text(encoding="utf-8")
    jinja2.Environment(extensions=["jinja2.ext.do"]).from_string(macros + "{{ state_of_cells() }}").render(  # noqa: S701  # SQL
        run_query=run_query,
        source=lambda schema, table: f"{schema}.{table}",
        ref=lambda model: "(select current_date as day)",
        var=variables.__getitem__,
        **{"return": answers.append},
    )
    return answers[0]["is_outdated"]


def full_build_since(admin, *, age: timedelta, changed: str | None) -> None:
    """A full build of some age, after which the project or the lists changed."""
    admin.execute("delete from ops.setting")
    for name in (SEED_HASH, DEPLOYED_PROJECT):
        keep_setting(admin, name, '{"digest": "1"}')
    keep_setting(admin, FULL_BUILD, _project_and_lists(admin))
    admin.execute("update ops.setting set set_at = set_at - %s", [age])
    if changed:
        keep_setting(admin, changed, '{"digest": "2"}')


@pytest.mark.parametrize(
    ("age", "changed", "is_due"),
    [
        (HOUR, None, False),
        (FULL_BUILD_EVERY - HOUR, None, False),
        (FULL_BUILD_EVERY + HOUR, None, True),
        (HOUR, SEED_HASH, True),
        (HOUR, DEPLOYED_PROJECT, True),
    ],
)
def test_dbt_counts_everything_exactly_when_a_full_build_is_due(admin, age, changed, is_due):
    full_build_since(admin, age=age, changed=changed)
    assert (_full_build_due(admin), is_outdated(admin)) == (is_due, is_due)


def test_dbt_counts_everything_before_the_first_full_build(admin):
    admin.execute("delete from ops.setting")
    assert is_outdated(admin)
    assert _full_build_due(admin)
