"""The contract of a feed: one ODCS 3 file, from which tables, expectation suite, dbt source and data dictionary are generated.

Rules of every feed are written once, in include/contracts/every_feed.rules.yaml, in the same form.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from labour_market.errors import LabourMarketError, UsageError
from labour_market.settings import CONFIG_DIR, CONTRACTS_DIR

EVERY_FEED = CONTRACTS_DIR / "every_feed.rules.yaml"
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
LEVELS = ("file", "row", "cross_row", "cross_batch", "reconciliation")
ACTIONS = ("block", "quarantine", "warn", "normalise")
OWNERS = ("sender", "steward", "engineer")


@dataclass(frozen=True)
class Job:
    """Marks a field as a job title, which is coded as an occupation. reported_on: the column with the day of the report.

    The coder also uses status, the column with the person's status in employment, or the employer's industry: from the current record of
    the feed industry_feed, joined by industry_by, pairs of (its column, the column here).
    """

    reported_on: str
    status: str | None = None
    industry_feed: str | None = None
    industry_by: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Field:
    """A field that a feed sends, or (derived) a column that the warehouse adds.

    type: text, code, int, vnd, date, timestamp, bool, list or items. kind: the reader of a code with rules of its own (national_id, phone,
    email, tax_code, vsic, vsco, commune, district, person_name) or of a number (percentage, wage, year). pii: direct, quasi or sensitive.
    code_labels: code -> Vietnamese label.
    """

    name: str
    type: str
    label_vi: str
    description: str
    required: bool = False
    code_labels: dict[str, str] = field(default_factory=dict, hash=False)
    pii: str | None = None
    kind: str | None = None
    free_text: bool = False
    derived: bool = False
    job: Job | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of a closed list, in order; empty where there is no list."""
        return tuple(self.code_labels)

    @property
    def postgres_type(self) -> str:
        """The type of the column in core."""
        return POSTGRES_TYPES[self.type]


@dataclass(frozen=True)
class Rule:
    """A rule for a delivery, a row or a set of rows.

    action: block, quarantine, warn or normalise. fixed_by: who corrects a violation. tolerance: the share of a batch's rows that may
    violate it; above it quarantine becomes block, and a warning is recorded. columns: the columns that it is about. expectation and
    arguments: how the audit checks it; None: it is checked when the delivery is read. Messages complete the sentence "row 5: ..." and may
    use {column}, {value_pattern}, {count}, {share}, {row}, {details}, or a finding of the reader of a file, by name.
    """

    id: str
    level: str
    action: str
    fixed_by: str
    message_vi: str
    message_en: str
    remedy_vi: str
    source: str
    tolerance: float = 0.0
    columns: tuple[str, ...] = ()
    expectation: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict, hash=False)


class ContractError(LabourMarketError):
    """A contract, or the list of feeds, that contradicts itself or names what does not exist."""


@dataclass(frozen=True)
class UpstreamDependency:
    """Facts of a feed read records of another feed (or of its own): they are written again with those.

    by: the shared columns. attributes_only: what they read describes their rows and changes no figure, so that no figure is traced to it.
    """

    feed: str
    by: tuple[str, ...]
    attributes_only: bool = False


@dataclass(frozen=True)
class Contract:
    """The contract of one feed. mode: snapshot (a delivery replaces all records of its period) or changes.

    about: purpose, limitations and usage, each with _vi and _en. sla: latency and retention, each with value and unit.
    """

    feed: str
    version: str
    title_vi: str
    title_en: str
    grain: str
    grain_vi: str
    mode: str
    key: tuple[str, ...]
    cadence: str
    lawful_basis: str
    about: dict[str, str] = field(hash=False)
    sla: dict[str, Any] = field(hash=False)
    fields: tuple[Field, ...]
    rules: tuple[Rule, ...]
    depends_on: tuple[UpstreamDependency, ...] = ()

    @property
    def sent_fields(self) -> tuple[Field, ...]:
        """The fields that senders deliver."""
        return tuple(f for f in self.fields if not f.derived)

    @property
    def core_fields(self) -> tuple[Field, ...]:
        """The columns that are published to core: all except direct identifiers."""
        return tuple(f for f in self.fields if f.pii != "direct")

    @property
    def record_key(self) -> tuple[str, ...]:
        """The columns of the key that a record has; sender and period come from its delivery."""
        return tuple(name for name in self.key if name not in ("sender_code", "period"))

    def field(self, name: str) -> Field:
        """The field of a name.

        Raises:
            StopIteration: There is none.
        """
        return next(f for f in self.fields if f.name == name)

    def rule(self, rule_id: str) -> Rule:
        """The rule of an id, with or without the prefix of the feed.

        Raises:
            KeyError: When there is none.
        """
        full_id = rule_id if rule_id.startswith(f"{self.feed}.") else f"{self.feed}.{rule_id}"
        for rule in self.rules:
            if rule.id == full_id:
                return rule
        raise KeyError(full_id)


def contract_feeds() -> list[str]:
    """The feeds that have a contract, by name."""
    return sorted(path.name.removesuffix(".odcs.yaml") for path in CONTRACTS_DIR.glob("*.odcs.yaml"))


def load_order() -> list[str]:
    """The feeds in the order of include/config/feeds.yml, referenced feeds first.

    Raises:
        ContractError: A feed without a contract.
    """
    order = list(_read_yaml(CONFIG_DIR / "feeds.yml"))
    if unknown := set(order) - set(contract_feeds()):
        raise ContractError(f"feeds.yml lists {', '.join(sorted(unknown))}, which has no contract")
    return order


def _read_yaml(path: Path) -> Any:
    """Read a YAML file with the loader in C, which takes a tenth of the time: every task reads its contract."""
    with path.open("rb") as file:
        return yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe loaders


def load_contracts() -> dict[str, Contract]:
    """All contracts, by feed."""
    return {feed: load_contract(feed) for feed in contract_feeds()}


@cache
def load_contract(feed: str) -> Contract:
    """Read include/contracts/<feed>.odcs.yaml.

    Raises:
        UsageError: An unknown feed.
    """
    if feed not in contract_feeds():
        raise UsageError(f"no contract for feed {feed!r}; known: {', '.join(contract_feeds())}")
    return read_contract(CONTRACTS_DIR / f"{feed}.odcs.yaml")


def read_contract(path: Path) -> Contract:
    """Read one contract file.

    Raises:
        ContractError: When its parts contradict each other.
    """
    document = _read_yaml(path)
    table = document["schema"][0]
    custom, description = _custom(document), document["description"]
    shared = _read_yaml(EVERY_FEED)["quality"]
    contract = Contract(
        feed=table["name"],
        version=document["version"],
        title_vi=table["businessName"],
        title_en=table["description"],
        grain=table["dataGranularityDescription"],
        grain_vi=custom["grain_vi"],
        mode=custom["mode"],
        key=tuple(custom["key"]),
        cadence=custom["cadence"],
        lawful_basis=custom["lawful_basis"],
        about={f"{name}_en": description[name] for name in ("purpose", "limitations", "usage")} | _custom(description),
        sla={entry["property"]: entry for entry in document["slaProperties"]},
        fields=tuple(_field(entry) for entry in table["properties"]),
        rules=tuple(_rule(table["name"], entry) for entry in [*shared, *table["quality"]]),
        depends_on=tuple(
            UpstreamDependency(entry["feed"], tuple(entry["by"]), entry.get("attributes_only", False))
            for entry in custom.get("depends_on", ())
        ),
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
        code_labels=custom.get("codes", {}),
        pii=entry.get("classification"),
        kind=custom.get("kind"),
        free_text=custom.get("free_text", False),
        derived=custom.get("derived", False),
        job=_job(custom["job"]) if "job" in custom else None,
    )


def _job(value: dict[str, Any]) -> Job:
    industry = value.get("industry", {})
    return Job(value["reported_on"], value.get("status"), industry.get("feed"), tuple(industry.get("by", {}).items()))


def _rule(feed: str, entry: dict[str, Any]) -> Rule:
    custom = _custom(entry)
    arguments = dict(entry.get("implementation") or {})
    return Rule(
        id=f"{feed}.{entry['name']}",
        level=entry["name"].split(".")[0],
        action=custom["action"],
        fixed_by=custom["fixed_by"],
        message_vi=custom["message_vi"],
        message_en=entry["description"],
        remedy_vi=custom["remedy_vi"],
        source=custom["source"],
        tolerance=float(custom.get("tolerance", 0)),
        columns=tuple(custom.get("columns", ())),
        expectation=arguments.pop("expectation", None),
        arguments=arguments,
    )


def _check(contract: Contract) -> None:
    names = [f.name for f in contract.fields]
    ids = [r.id for r in contract.rules]
    problems = [f"column {n} twice" for n in names if names.count(n) > 1]
    problems += [f"rule {i} twice" for i in ids if ids.count(i) > 1]
    problems += [f"the key names an unknown column {n}" for n in contract.record_key if n not in names]
    for rule in contract.rules:
        if rule.level not in LEVELS or rule.action not in ACTIONS or rule.fixed_by not in OWNERS:
            problems.append(f"rule {rule.id} has an unknown level, action or owner")
        problems += [f"rule {rule.id} names an unknown column {c}" for c in rule.columns if c not in names]
    if problems:
        raise ContractError(f"contract of {contract.feed}: " + "; ".join(sorted(set(problems))))
