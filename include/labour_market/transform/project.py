"""The dbt project as dbt compiles it: each model with its relation, columns, constraints and SQL."""

import hashlib
import json
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from labour_market.settings import DBT_DIR, Settings
from labour_market.transform.dbt import BuildError, failures, run_dbt

ROUTINES = DBT_DIR / "routines"


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key that a model declares. target: the referenced table with its columns and options, as SQL."""

    name: str
    columns: tuple[str, ...]
    target: str

    @property
    def definition(self) -> str:
        """The definition of the constraint, as in `alter table`."""
        return f"foreign key ({', '.join(self.columns)}) references {self.target}"


@dataclass(frozen=True)
class Index:
    """An index that a model declares."""

    columns: tuple[str, ...]
    is_unique: bool = False


@dataclass(frozen=True)
class Model:
    """A model of the project.

    columns: name and type of each, in order; of a view only those that its YAML describes.
    grain: what identifies a row, as the model declares it (primary key, unique key, meta.grain).
    query: the compiled SQL of a view; empty for a table, which dbt fills.
    is_barrier: whether a view is a security barrier, as meta.security_barrier of the project says.
    """

    name: str
    schema: str
    is_table: bool
    query: str
    columns: tuple[tuple[str, str | None], ...]
    grain: str
    foreign_keys: tuple[ForeignKey, ...]
    indexes: tuple[Index, ...]
    descriptions: dict[str, str] = field(hash=False)  # of each column; '' is the relation itself
    is_barrier: bool = False

    @property
    def relation(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def options(self) -> str | None:
        """The options of a view, as in `create view ... with (...)`."""
        return "security_barrier=true" if self.is_barrier else None


def project_digest() -> str:
    """A digest of every file that decides what is deployed."""
    files = [
        DBT_DIR / "dbt_project.yml",
        *(path for folder in ("macros", "models", "routines") for path in sorted((DBT_DIR / folder).rglob("*.*"))),
    ]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def compile_project(settings: Settings) -> list[Model]:
    """Compile every view; returns all models, each after those that it reads.

    Raises:
        BuildError: The message names a model that does not compile.
    """
    failed = failures(run_dbt(["compile", "--select", "path:models,config.materialized:view"], settings))
    if failed:
        raise BuildError("the models do not compile: " + "; ".join(failed))
    manifest = json.loads((settings.home / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))
    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    order = TopologicalSorter({key: [parent for parent in node["depends_on"]["nodes"] if parent in nodes] for key, node in nodes.items()})
    return [_model(nodes[key]) for key in order.static_order()]


def _model(node: dict[str, Any]) -> Model:
    constraints = node.get("constraints") or []
    primary_key = [column for constraint in constraints if constraint["type"] == "primary_key" for column in constraint["columns"]]
    grain = {
        "primary_key": primary_key,
        "unique_key": node["config"].get("unique_key"),
        "grain": node["config"].get("meta", {}).get("grain"),
    }
    columns = list(node["columns"].values())
    return Model(
        name=node["alias"],
        schema=node["schema"],
        is_table=node["config"]["materialized"] == "incremental",
        query=node.get("compiled_code") or "",
        columns=tuple((column["name"], column.get("data_type")) for column in columns),
        grain=json.dumps(grain),
        foreign_keys=tuple(
            ForeignKey(constraint["name"], tuple(constraint["columns"]), constraint["expression"])
            for constraint in constraints
            if constraint["type"] == "foreign_key"
        ),
        indexes=tuple(Index(tuple(index["columns"]), bool(index.get("unique"))) for index in node["config"].get("indexes") or []),
        descriptions={"": node["description"], **{column["name"]: column["description"] for column in columns}},
        is_barrier=bool(node["config"].get("meta", {}).get("security_barrier")),
    )
