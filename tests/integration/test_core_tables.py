"""A changed contract changes its table in core and leaves a record, or is refused with the work that it needs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from labour_market.contracts import Contract, Field, load_contract, load_contracts
from labour_market.database import connect, core_tables, provision, require_current_schema
from labour_market.database.core_tables import ContractConflictError
from labour_market.errors import LabourMarketError

ROW = (
    "insert into core.employers"
    " (batch_id, row_no, sender_code, period, sequence, valid_from, valid_to, recorded_from, employer_no, headcount)"
    " values (1, 1, '794', '2023-06', 1, '2023-06-01', '2023-07-01', '2023-06-14', 'A', 12), "
    "(1, 2, '794', '2023-06', 1, '2023-06-01', '2023-07-01', '2023-06-14', 'B', null)"
)
CHANGES = "select feed, contract_version, statement from ops.core_change order by change_id"


@pytest.fixture
def admin(database) -> Any:
    """The administrator in a provisioned database with two rows in core.employers."""
    provision()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(ROW)
        yield connection


@pytest.fixture
def contract(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Contract]:
    """Puts a changed contract of employers, of version 2.0.0, in the place of the released one."""

    def change(**changed: Any) -> Contract:
        contract = replace(load_contract("employers"), **{"version": "2.0.0", **changed})
        monkeypatch.setattr(core_tables, "load_contracts", lambda: load_contracts() | {contract.feed: contract})
        return contract

    return change


def fields(**changed: dict[str, Any] | None) -> tuple[Field, ...]:
    """The fields of employers with some changed; None leaves a field out."""
    of_release = load_contract("employers").fields
    return tuple(replace(f, **(changed.get(f.name) or {})) for f in of_release if f.name not in changed or changed[f.name] is not None)


def column_of(admin: psycopg.Connection, name: str) -> tuple[Any, ...] | None:
    """Type, whether it must be there, and comment."""
    return admin.execute(
        "select format_type(atttypid, null), attnotnull, col_description(attrelid, attnum) from pg_attribute"
        " where attrelid = 'core.employers'::regclass and attname = %s and not attisdropped",
        [name],
    ).fetchone()


def state(admin: psycopg.Connection) -> list[Any]:
    return admin.execute(
        "select attname, atttypid, (select count(*) from ops.core_change), (select string_agg(indexdef, ';') from pg_indexes"
        " where tablename = 'employers') from pg_attribute where attrelid = 'core.employers'::regclass order by attnum"
    ).fetchall()


def refused(admin: psycopg.Connection, match: str) -> str:
    """The sentence of a refusal, which changes nothing."""
    before = state(admin)
    with pytest.raises(ContractConflictError, match=match) as caught:
        provision()
    assert state(admin) == before
    return str(caught.value)


def test_the_tables_of_the_release_agree_with_its_contracts(admin):
    assert admin.execute(CHANGES).fetchall() == []
    assert provision() == []


def test_a_new_column_is_added_to_the_rows_and_recorded(admin, contract):
    website = Field("website", "text", "Trang tin", "web site")
    contract(fields=(*load_contract("employers").fields, website))
    statement = 'alter table "core"."employers" add column "website" text'
    assert provision() == [f"core: {statement}"]
    assert column_of(admin, "website") == ("text", False, "Trang tin | web site")
    assert admin.execute(CHANGES).fetchall() == [("employers", "2.0.0", statement)]
    assert admin.execute("select employer_no, website from core.employers order by 1").fetchall() == [("A", None), ("B", None)]
    assert provision() == []


def test_a_new_feed_gets_its_table_with_its_indexes(admin, contract):
    contract(feed="training_courses")
    assert len(provision()) == 4
    assert [feed for feed, _, _ in admin.execute(CHANGES)] == ["training_courses"] * 4
    tables = "select column_name, data_type, is_nullable from information_schema.columns where table_name = %s order by ordinal_position"
    assert admin.execute(tables, ["training_courses"]).fetchall() == admin.execute(tables, ["employers"]).fetchall()
    with connect("transformer") as transformer:
        assert transformer.execute("select count(*) from core.training_courses").fetchone() == (0,), "it is granted like the others"


def test_a_narrow_integer_becomes_as_wide_as_the_contract(admin):
    admin.execute("alter table core.employers alter column headcount type integer")
    assert len(provision()) == 1
    assert column_of(admin, "headcount")[:1] == ("bigint",)
    assert admin.execute("select headcount from core.employers order by employer_no").fetchall() == [(12,), (None,)]


def test_a_number_and_a_day_become_text_and_views_on_them_survive(admin, contract):
    admin.execute("update core.employers set surveyed_on = '2023-06-02' where employer_no = 'A'")
    admin.execute("""
        set datestyle = 'German';
        set role transformer;
        create view staging.size with (security_barrier) as select employer_no, headcount, recorded_to from core.employers;
        create view bi.size as select employer_no, headcount as workers from staging.size;
        comment on view bi.size is 'sizes';
        comment on column bi.size.workers is 'persons';
        revoke select on bi.size from steward;
        grant select (workers) on bi.size to dpo;
        reset role;
        create materialized view bi.copy as select * from bi.size;
        create index copy_workers on bi.copy (workers);
        grant select on bi.copy to public;
    """)
    rights = (
        "select relname, array(select unnest(relacl)::text order by 1), reloptions, relowner,"
        " obj_description(pg_class.oid, 'pg_class'), col_description(pg_class.oid, 2),"
        " attacl::text, pg_get_viewdef(pg_class.oid) from pg_class join pg_attribute on attrelid = pg_class.oid and attnum = 2"
        " where relname in ('size', 'copy') order by relname, relnamespace"
    )
    before = admin.execute(rights).fetchall()
    contract(fields=fields(headcount={"type": "code"}, surveyed_on={"type": "text"}))
    assert len(provision()) == 2
    assert column_of(admin, "headcount")[:1] == column_of(admin, "surveyed_on")[:1] == ("text",)
    assert admin.execute("select headcount, surveyed_on from core.employers order by employer_no").fetchall() == [
        ("12", "2023-06-02"),
        (None, None),
    ]
    assert admin.execute(rights).fetchall() == before
    assert admin.execute("select workers from bi.copy order by employer_no").fetchall() == [("12",), (None,)]
    assert admin.execute("select count(*) from pg_indexes where indexname = 'copy_workers'").fetchone() == (1,)
    with connect("bi_reader") as reader:
        assert reader.execute("select workers from bi.size order by employer_no").fetchall() == [("12",), (None,)]
    assert provision() == []


def test_a_wider_type_that_a_view_cannot_work_with_is_refused(admin, contract):
    admin.execute("set role transformer; create view staging.sum as select sum(headcount) as workers from core.employers; reset role")
    contract(fields=fields(headcount={"type": "code"}))
    refused(admin, r"core\.employers cannot be changed to its contract by .*function sum\(text\) does not exist")
    assert admin.execute("select workers from staging.sum").fetchone() == (12,)


@pytest.fixture
def analyst(admin: psycopg.Connection) -> Iterator[None]:
    """A user with a schema of their own, who may read core.employers."""
    admin.execute("""
        create role core_analyst;
        create schema own_analysis authorization core_analyst;
        grant usage on schema core to core_analyst;
        grant select on core.employers to core_analyst;
    """)
    yield
    admin.execute("reset role; drop owned by core_analyst cascade; drop role core_analyst")


def test_what_a_view_calls_runs_as_the_owner_of_the_view(admin, analyst, contract):
    admin.execute("""
        set role core_analyst;
        create table own_analysis.caller (name text);
        create function own_analysis.note(value text) returns text language plpgsql as $$
        begin
            insert into own_analysis.caller values (current_user || ' ' || (select rolsuper from pg_roles where rolname = current_user));
            return value;
        end $$;
        create view own_analysis.size as select employer_no, headcount::text as workers from core.employers;
        create materialized view own_analysis.copy as select own_analysis.note(workers) as workers from own_analysis.size;
        create materialized view own_analysis.empty as select own_analysis.note(workers) as workers from own_analysis.size with no data;
        truncate own_analysis.caller;
        reset role;
    """)
    contract(fields=fields(headcount={"type": "code"}))
    assert len(provision()) == 1
    assert admin.execute("select distinct name from own_analysis.caller").fetchall() == [("core_analyst false",)]
    assert admin.execute("select workers from own_analysis.copy order by 1").fetchall() == [("12",), (None,)]
    assert admin.execute(
        "select count(*), min(pg_get_userbyid(relowner)), bool_or(relispopulated and relname = 'empty') from pg_class"
        " where relnamespace = 'own_analysis'::regnamespace and relkind in ('v', 'm')"
    ).fetchone() == (3, "core_analyst", False)


def test_the_type_changes_as_the_owner_of_the_table(admin, contract):
    admin.execute("""
        create table public.caller (name text);
        grant insert on public.caller to public;
        create function public.note(value text) returns text language plpgsql as $$
        begin insert into public.caller values (current_user); return value; end $$;
        alter table core.employers add constraint noted check (coalesce(public.note(headcount::text), '') is not null);
        truncate public.caller;
        create view staging.size as select headcount from core.employers;
    """)
    contract(fields=fields(headcount={"type": "code"}))
    assert len(provision()) == 1
    assert admin.execute("select distinct name from public.caller").fetchall() == [("loader",)]


def test_a_trigger_or_rule_on_a_table_of_ops_never_runs_as_the_administrator(admin, contract):
    admin.execute("""
        set role loader;
        create table ops.caller (name text);
        create function ops.note() returns trigger language plpgsql as $$
        begin insert into ops.caller values (current_user); return new; end $$;
        create trigger noted after insert on ops.core_change for each row execute function ops.note();
        create rule logged as on update to ops.setting do also insert into ops.caller values (current_user);
        reset role;
    """)
    contract(fields=fields(headcount={"type": "code"}))
    with pytest.raises(LabourMarketError, match=r"rule logged on ops\.setting, trigger noted on ops\.core_change, which would run as"):
        provision()
    assert admin.execute("select * from ops.caller").fetchall() == []
    admin.execute("drop trigger noted on ops.core_change; drop rule logged on ops.setting; drop function ops.note; drop table ops.caller")


def test_a_view_in_a_schema_with_a_dot_is_refused(admin, contract):
    admin.execute('create schema "x.y"; create view "x.y".size as select headcount from core.employers')
    contract(fields=fields(headcount={"type": "code"}))
    with pytest.raises(LabourMarketError, match=r'the view "x\.y"\."size" is in a schema with a dot in its name: rename the schema'):
        provision()
    admin.execute('drop schema "x.y" cascade')


def test_a_view_whose_owner_may_not_create_it_is_refused(admin, analyst, contract):
    admin.execute("create view staging.size as select headcount from core.employers; alter view staging.size owner to core_analyst")
    contract(fields=fields(headcount={"type": "code"}))
    refused(admin, r"the view staging\.size cannot be created again by its owner core_analyst: permission denied for schema staging")


def test_a_view_that_would_lose_a_trigger_is_refused(admin, contract):
    admin.execute("""
        create view staging.size as select headcount from core.employers;
        create function staging.nothing() returns trigger language plpgsql as 'begin return null; end';
        create trigger sized instead of insert on staging.size for each row execute function staging.nothing();
    """)
    contract(fields=fields(headcount={"type": "code"}))
    refused(admin, r"the view staging\.size of postgres would lose trigger sized")


def test_the_function_that_prevents_a_wider_type_is_named(admin, contract):
    admin.execute("""
        create view staging.size as select headcount from core.employers;
        create function staging.of_view() returns bigint begin atomic select max(headcount) from staging.size; end
    """)
    contract(fields=fields(headcount={"type": "code"}))
    refused(admin, r"cannot drop view staging\.size .*: function staging\.of_view\(\) depends on view staging\.size;")
    admin.execute("""
        drop function staging.of_view();
        create function staging.of_table() returns bigint begin atomic select max(headcount) from core.employers; end
    """)
    refused(admin, r'function staging\.of_table\(\) depends on column "headcount"')


@pytest.mark.parametrize(
    ("column", "new_type"), [("employer_no", "int"), ("surveyed_on", "timestamp"), ("demand_grid", "text"), ("headcount", "bool")]
)
def test_a_type_that_is_not_wider_is_refused(admin, contract, column, new_type):
    contract(fields=fields(**{column: {"type": new_type}}))
    assert "write a revision that converts the column" in refused(admin, rf"core\.employers\.{column} is .* contract 2\.0\.0 has")


def test_a_changed_key_is_refused_with_both_keys(admin, contract):
    contract(key=("sender_code", "period", "tax_code"))
    sentence = refused(
        admin, r"has the key \(sender_code, period, employer_no\) and contract 2\.0\.0 has \(sender_code, period, tax_code\)"
    )
    assert "write a revision" in sentence
    assert "docs/operations.md" in sentence


def test_another_mode_is_another_key(admin, contract):
    contract(mode="changes", key=("sender_code", "employer_no"))
    refused(admin, r"contract 2\.0\.0 has \(sender_code, employer_no\)")


def test_a_key_in_another_order_is_the_same_key_with_a_new_index(admin, contract):
    contract(key=("period", "sender_code", "employer_no"))
    assert len(provision()) == 2
    (definition,) = admin.execute("select indexdef from pg_indexes where indexname = 'employers_current'").fetchone()
    assert definition.startswith("CREATE UNIQUE INDEX employers_current ON core.employers USING btree (period, sender_code, employer_no)")
    assert provision() == []


def test_a_missing_index_is_made_again(admin):
    admin.execute("drop index core.employers_current; drop index core.employers_batch")
    assert len(provision()) == 2
    with pytest.raises(psycopg.errors.UniqueViolation):
        admin.execute(ROW)


@pytest.mark.parametrize(
    "changed",
    [
        "create unique index employers_current on core.employers (sender_code, period, employer_no) nulls not distinct"
        " where recorded_to > '2023-01-01'",
        "create unique index employers_current on core.employers (sender_code, period, employer_no) nulls not distinct",
        "create index employers_current on core.employers (sender_code, period, employer_no)",
        "create unique index employers_current on core.employers (sender_code, period, employer_no) nulls not distinct"
        " where recorded_to = 'infinity'; update pg_index set indisvalid = false where indexrelid = 'core.employers_current'::regclass",
    ],
)
def test_an_index_of_the_key_that_does_not_hold_for_current_rows_exactly_is_made_again(admin, changed):
    index = "select pg_get_indexdef(indexrelid), indisvalid from pg_index where indexrelid = to_regclass('core.employers_current')"
    before = admin.execute(index).fetchone()
    admin.execute(f"drop index core.employers_current; {changed}")
    assert len(provision()) == 2
    assert admin.execute(index).fetchone() == before
    assert provision() == []


def test_a_table_of_core_without_a_contract_is_named(admin, caplog):
    admin.execute("create table core.old_feed (batch_id bigint)")
    assert provision() == []
    assert "the table core.old_feed has no contract" in caplog.text


def test_an_index_of_the_key_that_the_rows_contradict_is_refused_without_their_values(admin):
    admin.execute("drop index core.employers_current")
    admin.execute(ROW)
    sentence = refused(admin, "could not create unique index")
    assert "794" not in sentence


def test_a_column_that_left_the_contract_is_kept_and_says_so_once(admin, contract):
    admin.execute("alter table core.employers alter column recorded_from set default now()")
    admin.execute(
        "update core.employers set headcount = 0 where headcount is null; alter table core.employers alter column headcount set not null"
    )
    assert len(provision()) == 1, "a field of a contract may be empty"
    admin.execute("alter table core.employers alter column headcount set not null")
    contract(fields=fields(headcount=None))
    comment = "không còn trong hợp đồng | no longer in the contract since version 2.0.0"
    assert len(provision()) == 2
    assert column_of(admin, "headcount") == ("bigint", False, comment)
    assert admin.execute("select headcount from core.employers order by employer_no").fetchall() == [(12,), (0,)]
    assert provision() == []
    contract()
    assert provision() == []
    assert column_of(admin, "headcount")[2] == "Tổng số lao động | workers in all", "a column that comes back has its comment again"


def test_an_older_contract_than_the_one_that_changed_core_is_refused(admin, contract):
    older = load_contract("employers")
    contract(version="1.10.0", fields=(*older.fields, Field("website", "text", "Trang tin", "web site")))
    assert len(provision()) == 1
    contract(version="1.9.0")
    refused(admin, r"core\.employers was changed by contract 1\.10\.0 and this release has 1\.9\.0: use the newer release")


def test_a_field_that_became_a_direct_identifier_is_refused(admin, contract):
    contract(fields=fields(name={"pii": "direct"}))
    assert "write a revision that drops the column" in refused(admin, r"core\.employers\.name .* direct identifier")


def test_a_control_column_of_another_type_is_refused(admin):
    admin.execute("alter table core.employers alter column batch_id type text")
    refused(admin, "no control column batch_id of type bigint")


def test_every_conflict_is_in_one_message(admin, contract):
    contract(key=("sender_code", "period", "tax_code"), fields=fields(employer_no={"type": "int"}, name={"pii": "direct"}))
    sentence = refused(admin, "has the key")
    assert all(part in sentence for part in ("core.employers.employer_no", "core.employers.name", "tax_code"))


def test_a_changed_text_of_a_contract_changes_the_comment_alone(admin, contract):
    contract(title_vi="Tên mới")
    assert provision() == []
    (comment,) = admin.execute("select obj_description('core.employers'::regclass, 'pg_class')").fetchone()
    assert comment.startswith("Tên mới | ")
    assert admin.execute(CHANGES).fetchall() == []


def test_a_load_needs_the_table_of_its_contract_and_no_other(admin, contract):
    changed = contract(fields=(*load_contract("employers").fields, Field("website", "text", "Trang tin", "web site")), title_vi="Tên mới")
    with connect("loader") as loader:
        with pytest.raises(LabourMarketError, match=r"core\.employers differs from its contract; run: lmw prepare"):
            require_current_schema(loader, [changed])
        require_current_schema(loader, [load_contract("job_orders")])
        provision()
        require_current_schema(loader, [changed])
        with pytest.raises(ContractConflictError, match="has the key"):
            require_current_schema(loader, [contract(key=("sender_code", "period", "tax_code"))])
