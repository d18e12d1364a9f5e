"""Checks whether a file of an occupation classification may be a reference list, by an expectation suite that names every defect."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labour_market.errors import LabourMarketError, UsageError
from labour_market.occupations.codes import vsco_codes

COMPLETE_LEVELS = (1, 2, 3, 4)  # the reference list has only a part of the decision's codes of level 5
_LEVEL_COLUMN = re.compile(r"(?:cap|cấp|level|l)[ _]?([1-5])", re.IGNORECASE)
_LABELS = ("label_vi", "label", "ten", "tên", "title")
SENTENCES = {
    "label_missing": (
        "dòng không có tên nghề, hoặc tên là con số; ghi lại tên theo Quyết định 34/2020/QĐ-TTg",
        "no label, or a number for one",
    ),
    "code_not_digits": (
        "mã không chỉ gồm chữ số; chữ nằm nhầm ở cột mã",
        "a code that is not all digits: there is text in the column of codes",
    ),
    "level_not_its_digits": ("mã nằm sai cột cấp: cấp n có n chữ số", "a code in the column of another level: level n has n digits"),
    "zero_lost": ("mã mất số 0 ở đầu; định dạng cột mã là văn bản", "a code that has lost its leading zero"),
    "code_twice": ("mã bị lặp; giữ một dòng cho mỗi mã", "a code that is there twice"),
    "parent_missing": ("mã không có mã cấp trên trong tệp; bổ sung dòng cấp trên", "a code whose parent is not in the file"),
    "not_child_of_its_row": ("mã cấp 5 không thuộc mã cấp 4 cùng dòng", "a level-5 code that is not under the level-4 code of its row"),
    "codes_missing": (
        "thiếu mã của danh mục ở cấp 1 đến 4; lấy đủ phụ lục của quyết định",
        "codes of levels 1 to 4 that the file does not have",
    ),
}


@dataclass(frozen=True)
class Defect:
    """A kind of defect. name: its expectation; count: rows or codes; lines: the first ten in the file; examples: the first five values."""

    name: str
    count: int
    lines: list[int]
    examples: list[str]

    @property
    def sentence_vi(self) -> str:
        """The defect and its remedy in Vietnamese."""
        where = f"dòng {', '.join(map(str, self.lines))}" if self.lines else "cả tệp"
        return f"{self.count} lần, {where} ({', '.join(self.examples)}): {SENTENCES[self.name][0]}"

    @property
    def sentence_en(self) -> str:
        """The defect in English."""
        return f"{self.count} times: {SENTENCES[self.name][1]}"


def defects(path: Path) -> list[Defect]:
    """Find the defects of a CSV file of codes.

    Args:
        path: The file, with one row a code (columns code, label_vi) or one column a level (cap1 to cap5, label_vi).

    Returns:
        One Defect for each kind that the file has; none means that the file may be a reference list.

    Raises:
        UsageError: The file is no CSV file in UTF-8, or has no column of codes or of labels.
    """
    import pandas as pd

    try:
        sent = pd.read_csv(path, dtype=str, encoding="utf-8", keep_default_na=False)
    except ValueError:  # of pandas too: an empty file, rows of several widths
        raise UsageError(f"{path.name}: not a CSV file in UTF-8") from None
    codes = _codes(sent, path.name)
    missing = pd.DataFrame({"code": [code for code in sorted(vsco_codes()) if len(code) in COMPLETE_LEVELS]})
    missing["codes_missing"] = ~missing["code"].isin(set(codes["code"]))
    return [
        *_broken(
            codes,
            [
                "label_missing",
                "code_not_digits",
                "level_not_its_digits",
                "zero_lost",
                "parent_missing",
                "not_child_of_its_row",
                "code_twice",
            ],
        ),
        *_broken(missing.assign(line=0), ["codes_missing"]),
    ]


def _codes(sent: Any, file: str) -> Any:
    """One row a code: line of the file, level, code, label, and for each expectation whether the row breaks it."""
    import pandas as pd

    label = next((column for column in sent.columns if column.casefold() in _LABELS), None)
    levels = {column: int(found[1]) for column in sent.columns if (found := _LEVEL_COLUMN.fullmatch(column))}
    if label is None or not (levels or "code" in sent.columns):
        raise UsageError(f"{file}: the file needs a column label_vi, and a column code or one a level (cap1 to cap5)")
    rows = []
    for line, row in enumerate(sent.to_dict("records"), 2):
        codes_of_row = (
            [(level, row[column].strip()) for column, level in levels.items()]
            if levels
            else [(len(row["code"].strip()), row["code"].strip())]
        )
        above = ""
        for level, code in codes_of_row:
            if code:
                rows.append({"line": line, "level": level, "code": code, "label": row[label].strip(), "above": above})
                above = code
    codes = pd.DataFrame(rows, columns=["line", "level", "code", "label", "above"])
    digits = codes["code"].str.fullmatch(r"\d+")
    long = codes["code"].str.len()
    all_codes = set(codes["code"])
    restored = ("0" + codes["code"]).isin(vsco_codes()) & (long == codes["level"] - 1)
    return codes.assign(
        label_missing=codes["label"].str.fullmatch(r"[\d\s.,]*"),
        code_not_digits=~digits,
        level_not_its_digits=digits & (long != codes["level"]) & ~restored,
        zero_lost=digits & restored,
        parent_missing=digits & (long == codes["level"]) & (long > 1) & ~codes["code"].str[:-1].isin(all_codes),
        not_child_of_its_row=[
            bool(level == 5 and len(above) == 4 and not code.startswith(above))
            for level, above, code in zip(codes["level"], codes["above"], codes["code"], strict=True)
        ],
        code_twice=codes.duplicated(["level", "code"], keep="first"),
    )


def _broken(rows: Any, names: list[str]) -> list[Defect]:
    """Judge rows by a suite of one expectation a kind of defect.

    Raises:
        LabourMarketError: When one gave no verdict.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    import labour_market.quality  # noqa: F401  # configures the library, before it is imported

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    rows = rows.reset_index(drop=True)
    batch = context.data_sources.add_pandas("file").add_dataframe_asset("codes").add_batch_definition_whole_dataframe("all")
    never: Any = vars(gx.expectations)["ExpectColumnValuesToBeInSet"]
    suite = gx.ExpectationSuite(name="occupation_reference", expectations=[never(column=name, value_set=[False]) for name in names])
    results: Any = batch.get_batch({"dataframe": rows}).validate(suite, result_format="COMPLETE").results
    if len(results) != len(names) or any("unexpected_index_list" not in result.result for result in results):
        raise LabourMarketError("the expectation suite gave no verdict on this file")
    found = []
    for result in results:
        if not result.success:
            broken = rows.loc[result.result["unexpected_index_list"]]
            lines = [int(line) for line in broken["line"].head(10) if line]
            found.append(Defect(str(result.expectation_config.kwargs["column"]), len(broken), lines, list(broken["code"].head(5))))
    return found
