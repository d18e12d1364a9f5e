"""The tables that follow from a contract: `core.<feed>` and one `stage.<feed>__<attempt>` per load."""

from psycopg import sql

from labour_market.contracts import Contract, Field

STAGE_CONTROL = ("batch_id bigint", "row_no integer", "sender_code text", "period text", "sequence integer")
CORE_CONTROL = (
    "batch_id bigint not null",
    "row_no integer not null",
    "sender_code text not null",
    "period text not null",
    "sequence integer not null",
    "valid_from date not null",
    "valid_to date not null",
    "recorded_from timestamptz not null",
    "recorded_to timestamptz not null default 'infinity'",
)


def control_names(control: tuple[str, ...]) -> list[str]:
    return [column.split(" ", 1)[0] for column in control]


def partition_key(contract: Contract) -> list[str]:
    """The columns that are unique among current rows; a snapshot's key holds within its period."""
    key = list(contract.key)
    if contract.mode == "snapshot" and "period" not in key:
        key.insert(1, "period")
    if "sender_code" not in key:
        key.insert(0, "sender_code")
    return key


def stage_columns(contract: Contract) -> list[str]:
    """Column names of a stage table, in order."""
    return [*control_names(STAGE_CONTROL), "issues", "notes", *(f.name for f in contract.fields)]


def core_columns(contract: Contract) -> list[str]:
    """Column names of the core table, in order."""
    return [*control_names(CORE_CONTROL), *(f.name for f in contract.core_fields)]


def stage_ddl(contract: Contract, table: str) -> sql.Composed:
    """Statement that makes the UNLOGGED stage table of one load."""
    columns = [sql.SQL(column) for column in (*STAGE_CONTROL, "issues text[]", "notes text[]")]
    return sql.SQL("create unlogged table stage.{} ({})").format(
        sql.Identifier(table), sql.SQL(", ").join([*columns, *map(_column, contract.fields)])
    )


def core_ddl(contract: Contract) -> sql.Composed:
    """Statements that make core.<feed>, or add the columns that a newer contract has. They may be run again."""
    table = sql.Identifier("core", contract.feed)
    statements = [
        sql.SQL("create table if not exists {} ({})").format(
            table, sql.SQL(", ").join([*map(sql.SQL, CORE_CONTROL), *map(_column, contract.core_fields)])
        ),
        *(sql.SQL("alter table {} add column if not exists {}").format(table, _column(f)) for f in contract.core_fields),
        _index(contract, "current", "unique", partition_key(contract), where="recorded_to = 'infinity'"),
        _index(contract, "partition", "", ["sender_code", "period", "recorded_to"]),
        _index(contract, "batch", "", ["batch_id"]),
        sql.SQL("comment on table {} is {}").format(table, sql.Literal(f"{contract.title_vi} | {contract.grain}")),
        *(
            sql.SQL("comment on column {} is {}").format(
                sql.Identifier("core", contract.feed, f.name), sql.Literal(f"{f.label_vi} | {f.description}")
            )
            for f in contract.core_fields
        ),
    ]
    return sql.SQL(";\n").join(statements)


def _column(field: Field) -> sql.Composed:
    return sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(field.postgres_type))


def _index(contract: Contract, name: str, kind: str, columns: list[str], where: str | None = None) -> sql.Composed:
    return sql.SQL("create {} index if not exists {} on {} ({}){} {}").format(
        sql.SQL(kind),
        sql.Identifier(f"{contract.feed}_{name}"),
        sql.Identifier("core", contract.feed),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(" nulls not distinct" if kind == "unique" else ""),
        sql.SQL(f"where {where}" if where else ""),
    )
