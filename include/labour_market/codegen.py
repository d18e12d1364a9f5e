"""Files that are generated from the contracts and kept in the repository: DDL, suites, dbt sources with freshness, the data dictionary.

A test generates them again and compares.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from labour_market.contracts import Contract, Field, Rule, load_contracts
from labour_market.database.tables import core_columns, core_ddl, stage_ddl
from labour_market.quality.checks import checks_of
from labour_market.settings import CONTRACTS_DIR, DBT_DIR, PROJECT_ROOT

GENERATED = CONTRACTS_DIR / "generated"
DICTIONARY = PROJECT_ROOT / "docs" / "dictionary.md"
HEADER = "Rendered from include/contracts by `lmw contracts render`; edit the contract, not this file."
CONTROL_COLUMNS = {
    "batch_id": ("lô dữ liệu của dòng này", "batch that this row came with"),
    "row_no": ("số dòng trong lần gửi", "row of the delivery"),
    "sender_code": ("mã đơn vị gửi", "code of the sender"),
    "period": ("kỳ báo cáo: 2023, 2023-06 hoặc 2023-06-14", "period: 2023, 2023-06 or 2023-06-14"),
    "sequence": ("lần gửi thứ mấy của kỳ", "number of the delivery within its period"),
    "valid_from": ("ngày đầu mà dòng này nói về", "first day on which the row is valid"),
    "valid_to": ("ngày đầu không còn thuộc dòng này", "first day on which it is no longer valid"),
    "recorded_from": ("thời điểm bắt đầu được biết trong kho", "when the warehouse recorded it"),
    "recorded_to": ("thời điểm bị thay thế; infinity: đang dùng", "when it was replaced; infinity: current"),
}


def render_all(check: bool = False) -> list[Path]:
    """Write every generated file that is out of date.

    Args:
        check: Do not write.

    Returns:
        The files that were out of date, as paths from the project's root.
    """
    changed = []
    for path, text in _rendered():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        changed.append(path.relative_to(PROJECT_ROOT))
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return changed


def _rendered() -> Iterator[tuple[Path, str]]:
    contracts = load_contracts()
    for feed, contract in contracts.items():
        yield GENERATED / f"{feed}.sql", ddl(contract)
        yield GENERATED / f"{feed}.suite.json", suite_listing(contract)
        yield DBT_DIR / "models" / "staging" / feed / f"_{feed}__sources.yml", dbt_source(contract)
    yield DICTIONARY, dictionary(contracts)


def ddl(contract: Contract) -> str:
    """The statements that create core.<feed> and the stage table of one load."""
    statements = [core_ddl(contract).as_string(), stage_ddl(contract, f"{contract.feed}__load").as_string()]
    return f"-- {HEADER}\n\n" + ";\n\n".join(statements) + ";\n"


def suite_listing(contract: Contract) -> str:
    """The expectations of a feed in order; {stage}, {batches} and the days of a batch are filled in by the audit."""
    expectations = [
        {"rule": c.rule.id, "action": c.rule.action, "tolerance": c.rule.tolerance, "type": c.expectation, "kwargs": c.arguments}
        for c in checks_of(contract)
    ]
    return json.dumps({"note": HEADER, "feed": contract.feed, "expectations": expectations}, ensure_ascii=False, indent=1) + "\n"


def dbt_source(contract: Contract) -> str:
    """The dbt source core.<feed>: columns in two languages, freshness by the contract's latency."""
    labels = {f.name: _both(f.label_vi, f.description) for f in contract.core_fields}
    labels |= {name: _both(*words) for name, words in CONTROL_COLUMNS.items()}
    table = {
        "name": contract.feed,
        "description": _both(f"{contract.title_vi}: {contract.grain_vi}", f"{contract.title_en}: {contract.grain}"),
        "config": {
            "loaded_at_field": "recorded_from",
            "freshness": {"warn_after": {"count": contract.sla["latency"]["value"], "period": "day"}},
            "meta": {
                "depends_on": sorted({upstream.feed for upstream in contract.depends_on if not upstream.attributes_only} - {contract.feed}),
                "stays_in_district": any(
                    rule.id.endswith(".row.commune_of_sender") and rule.action in ("quarantine", "block") for rule in contract.rules
                ),
            },
        },
        "columns": [{"name": name, "description": labels[name]} for name in core_columns(contract)],
    }
    source = {"name": "core", "description": _both("Dữ liệu đã nhận, đủ mọi phiên bản", "Received records in all their versions")}
    document = {"version": 2, "sources": [{**source, "tables": [table]}]}
    return f"# {HEADER}\n" + yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)


def dictionary(contracts: dict[str, Contract]) -> str:
    """The data dictionary in two languages: for each feed its purpose, columns, codes and rules."""
    lines = ["# Từ điển dữ liệu | Data dictionary", "", f"<!-- {HEADER} -->", ""]
    for contract in contracts.values():
        lines += _feed_lines(contract)
    return "\n".join(lines)


def _feed_lines(contract: Contract) -> list[str]:
    latency, retention = contract.sla["latency"], contract.sla["retention"]
    about = [
        ("Mục đích", "Purpose", contract.about["purpose_vi"], contract.about["purpose_en"]),
        ("Hạn chế", "Limitations", contract.about["limitations_vi"], contract.about["limitations_en"]),
        ("Dùng để", "Used for", contract.about["usage_vi"], contract.about["usage_en"]),
        ("Mỗi dòng là", "A row is", contract.grain_vi, contract.grain),
    ]
    terms = [
        ("Khóa | Key", ", ".join(contract.key)),
        ("Cách gửi | Mode", contract.mode),
        ("Định kỳ | Cadence", contract.cadence),
        ("Căn cứ pháp lý | Lawful basis", contract.lawful_basis),
        ("Độ trễ cho phép | Latency", f"{latency['value']} {latency['unit']} ({latency['description']})"),
        ("Thời hạn lưu | Retention", f"{retention['value']} {retention['unit']} ({retention['description']})"),
    ]
    return [
        f"## {contract.feed}: {contract.title_vi} | {contract.title_en}",
        "",
        *(f"- **{vi} | {en}**: {text_vi} | {text_en}" for vi, en, text_vi, text_en in about),
        *(f"- **{name}**: {text}" for name, text in terms),
        "",
        *_table(["cột | column", "tên tiếng Việt", "meaning", "type", "personal data", "codes"], map(_field_cells, contract.fields)),
        *_table(
            ["quy tắc | rule", "action", "tolerance", "fixed by", "thông báo | message", "cách sửa | remedy", "căn cứ | source"],
            map(_rule_cells, contract.rules),
        ),
    ]


def _field_cells(field: Field) -> list[str]:
    marks = ("*" if field.required else "") + (" (derived)" if field.derived else "")
    codes = "; ".join(f"{code} = {label}" for code, label in field.code_labels.items())
    return [f"`{field.name}`{marks}", field.label_vi, field.description, field.type, field.pii or "", codes]


def _rule_cells(rule: Rule) -> list[str]:
    share = f"{100 * rule.tolerance:g}%" if rule.tolerance else ""
    message = f"{rule.message_vi} / {rule.message_en}"
    return [f"`{rule.id}`", rule.action, share, rule.fixed_by, message, rule.remedy_vi, rule.source]


def _table(head: list[str], rows: Any) -> list[str]:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *map(line, rows), ""]


def _both(vi: str, en: str) -> str:
    return f"{vi} | {en}"
