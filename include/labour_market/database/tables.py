"""The tables of a contract: `core.<feed>` and one `stage.<feed>__<attempt>` per load."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class CoreIndex:
    """An index of core.<feed>."""

    feed: str
    suffix: str
    columns: tuple[str, ...]
    is_key: bool = False

    @property
    def name(self) -> str:
        """The name of the index."""
        return f"{self.feed}_{self.suffix}"


def control_names(control: tuple[str, ...]) -> list[str]:
    """The names of control columns, without their types."""
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
    """Statements that create core.<feed> with its indexes and comments."""
    comments = [core_comment(contract.feed, column, text) for column, text in core_comments(contract).items()]
    return sql.SQL(";\n").join([core_table(contract), *map(core_index_statement, core_indexes(contract)), *comments])


def core_table(contract: Contract) -> sql.Composed:
    """Statement that creates core.<feed>."""
    return sql.SQL("create table {} ({})").format(
        sql.Identifier("core", contract.feed), sql.SQL(", ").join([*map(sql.SQL, CORE_CONTROL), *map(_column, contract.core_fields)])
    )


def core_column(contract: Contract, field: Field) -> sql.Composed:
    """Statement that adds a column of the contract to core.<feed>."""
    return sql.SQL("alter table {} add column {}").format(sql.Identifier("core", contract.feed), _column(field))


def core_indexes(contract: Contract) -> list[CoreIndex]:
    """The indexes of core.<feed>; the first holds its key."""
    return [
        CoreIndex(contract.feed, "current", tuple(partition_key(contract)), is_key=True),
        CoreIndex(contract.feed, "partition", ("sender_code", "period", "recorded_to")),
        CoreIndex(contract.feed, "batch", ("batch_id",)),
    ]


def core_index_statement(index: CoreIndex) -> sql.Composed:
    """Statement that creates an index; the key is unique among current rows, null included."""
    return sql.SQL("create {}index {} on {} ({}){}").format(
        sql.SQL("unique " if index.is_key else ""),
        sql.Identifier(index.name),
        sql.Identifier("core", index.feed),
        sql.SQL(", ").join(map(sql.Identifier, index.columns)),
        sql.SQL(" nulls not distinct where recorded_to = 'infinity'" if index.is_key else ""),
    )


def core_comments(contract: Contract) -> dict[str, str]:
    """The comment of core.<feed>, under '', and of each column of the contract."""
    return {"": f"{contract.title_vi} | {contract.grain}"} | {f.name: f"{f.label_vi} | {f.description}" for f in contract.core_fields}


def core_comment(feed: str, column: str, text: str) -> sql.Composed:
    """Statement that comments on a column of core.<feed>, or on the table where column is ''.

    Args:
        feed: The feed.
        column: The column, or '' for the table.
        text: The comment.
    """
    kind, name = ("column", sql.Identifier("core", feed, column)) if column else ("table", sql.Identifier("core", feed))
    return sql.SQL("comment on {} {} is {}").format(sql.SQL(kind), name, sql.Literal(text))


def _column(field: Field) -> sql.Composed:
    return sql.SQL("{} {}").format(sql.Identifier(field.name), sql.SQL(field.postgres_type))
