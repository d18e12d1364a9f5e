"""The contract of a feed: one ODCS 3 file, from which tables, expectation suite, dbt source and dictionary are derived."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from labour_market.settings import CONTRACTS_DIR

POSTGRES_TYPES = {
    "text": "text",
    "code": "text",
    "int": "bigint",
    "vnd": "bigint",
    "date": "date",
    "timestamp": "timestamptz",
    "bool": "boolean",
    "list": "text[]",
    "items": "jsonb",
}


@dataclass(frozen=True)
class Field:
    """A field of a feed as it travels, or (derived) a column that the warehouse adds to it.

    type: text | code | int | vnd | date | timestamp | bool | list | items. kind names the cleaning of a code that has
    rules of its own (national_id, phone, email, tax_code, vsic, vsco, commune, district). pii: direct | quasi | sensitive.
    """

    name: str
    type: str
    label_vi: str
    description: str
    required: bool = False
    codes: tuple[str, ...] = ()
    pii: str | None = None
    kind: str | None = None
    free_text: bool = False
    derived: bool = False

    @property
    def postgres_type(self) -> str:
        return POSTGRES_TYPES[self.type]


@dataclass(frozen=True)
class Rule:
    """A rule that a delivery, a row or a set of rows must keep; who mends a breach, and what the clerk is told."""

    id: str
    level: str
    action: str
    fixed_by: str
    message_vi: str
    message_en: str
    remedy_vi: str
    source: str
    tolerance: float = 1.0
    columns: tuple[str, ...] = ()
    expectation: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Contract:
    """All that is agreed of one feed. mode: snapshot (a delivery is the whole truth of its period) or changes."""

    feed: str
    version: str
    title_vi: str
    grain: str
    mode: str
    key: tuple[str, ...]
    cadence: str
    lawful_basis: str
    sla: dict[str, Any]
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]

    @property
    def sent_fields(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if not f.derived)

    @property
    def core_fields(self) -> tuple[Field, ...]:
        """The columns that leave staging: everything but direct identifiers."""
        return tuple(f for f in self.fields if f.pii != "direct")

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id, with or without the feed in front. Raises KeyError."""
        wanted = rule_id if rule_id.startswith(f"{self.feed}.") else f"{self.feed}.{rule_id}"
        for rule in self.rules:
            if rule.id == wanted:
                return rule
        raise KeyError(wanted)


def contract_feeds() -> list[str]:
    return sorted(path.name.removesuffix(".odcs.yaml") for path in CONTRACTS_DIR.glob("*.odcs.yaml"))


def load_contracts() -> dict[str, Contract]:
    return {feed: load_contract(feed) for feed in contract_feeds()}


@cache
def load_contract(feed: str) -> Contract:
    """Read include/contracts/<feed>.odcs.yaml. Raises KeyError for an unknown feed."""
    if feed not in contract_feeds():
        raise KeyError(f"no contract for feed {feed!r}; known: {', '.join(contract_feeds())}")
    return read_contract(CONTRACTS_DIR / f"{feed}.odcs.yaml")


def read_contract(path: Path) -> Contract:
    """Read one contract file. Raises ValueError when a rule or a column contradicts another."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    table = document["schema"][0]
    custom = _custom(document)
    contract = Contract(
        feed=table["name"],
        version=document["version"],
        title_vi=document["name"],
        grain=table["dataGranularityDescription"],
        mode=custom["mode"],
        key=tuple(custom["key"]),
        cadence=custom["cadence"],
        lawful_basis=custom["lawful_basis"],
        sla={entry["property"]: entry for entry in document["slaProperties"]},
        fields=tuple(_field(entry) for entry in table["properties"]),
        rules=tuple(_rule(table["name"], entry) for entry in table.get("quality", [])),
    )
    _check(contract)
    return contract


def _custom(entry: dict[str, Any]) -> dict[str, Any]:
    return {item["property"]: item["value"] for item in entry.get("customProperties", [])}


def _field(entry: dict[str, Any]) -> Field:
    custom = _custom(entry)
    return Field(
        name=entry["name"],
        type=custom["type"],
        label_vi=entry["businessName"],
        description=entry["description"],
        required=entry.get("required", False),
        codes=tuple(custom.get("codes", ())),
        pii=entry.get("classification"),
        kind=custom.get("kind"),
        free_text=custom.get("free_text", False),
        derived=custom.get("derived", False),
    )


def _rule(feed: str, entry: dict[str, Any]) -> Rule:
    custom = _custom(entry)
    implementation = entry.get("implementation") or {}
    return Rule(
        id=entry["id"],
        level=custom["level"],
        action=custom["action"],
        fixed_by=custom["fixed_by"],
        message_vi=custom["message_vi"],
        message_en=entry["description"],
        remedy_vi=custom["remedy_vi"],
        source=custom["source"],
        tolerance=float(custom.get("tolerance", 1.0)),
        columns=tuple(custom.get("columns", ())),
        expectation=implementation.get("expectation"),
        arguments={k: v for k, v in implementation.items() if k != "expectation"},
    )


def _check(contract: Contract) -> None:
    names = [f.name for f in contract.fields]
    ids = [r.id for r in contract.rules]
    problems = [f"column {n} twice" for n in names if names.count(n) > 1]
    problems += [f"rule {i} twice" for i in ids if ids.count(i) > 1]
    for rule in contract.rules:
        if not rule.id.startswith(f"{contract.feed}.{rule.level}."):
            problems.append(f"rule {rule.id} is not named <feed>.<level>.<name>")
        problems += [f"rule {rule.id} names an unknown column {c}" for c in rule.columns if c not in names]
    if problems:
        raise ValueError(f"contract of {contract.feed}: " + "; ".join(sorted(set(problems))))
