"""A bad file of a classification is refused, and every defect has its name."""

import pytest
from labour_market.cli import app
from labour_market.occupations.reference import defects
from labour_market.settings import DBT_DIR, PROJECT_ROOT
from typer.testing import CliRunner

OWN = DBT_DIR / "seeds" / "occupation" / "occupation.csv"
RAW_DUMP = PROJECT_ROOT.parent / "shared" / "reference" / "vsco2020_decision34_raw_dump.csv"


def test_the_projects_own_list_has_no_defect():
    assert defects(OWN) == []


BREAKS = {
    "code_twice": lambda text: text + "\n" + next(line for line in text.splitlines() if line.startswith("VSCO2020,6111,")),
    "label_missing": lambda text: text.replace("Sĩ quan", "123"),
    "codes_missing": lambda text: "\n".join(line for line in text.splitlines() if not line.startswith("VSCO2020,9201,")),
    "parent_missing": lambda text: "\n".join(line for line in text.splitlines() if not line.startswith("VSCO2020,92,")),
    "code_not_digits": lambda text: text.replace("VSCO2020,92010,", "VSCO2020,92o10,"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_defect_is_named_with_its_line(tmp_path, name):
    bad = tmp_path / "bad.csv"
    text = OWN.read_text(encoding="utf-8")
    bad.write_text(BREAKS[name](text), encoding="utf-8")
    assert bad.read_text(encoding="utf-8") != text
    found = {defect.name: defect for defect in defects(bad)}
    assert name in found
    assert found[name].lines or name == "codes_missing"


def test_a_column_a_level_with_lost_zeros_and_misplaced_codes_is_refused(tmp_path):
    bad = tmp_path / "wide.csv"
    bad.write_text(
        "cap1,cap2,cap3,cap4,cap5,label_vi\n0,,,,,Quân đội\n,1,,,,Lực lượng quân đội\n,612,,,,Chăn nuôi\n,,,6111,61299,Trồng lúa\n"
    )
    found = {defect.name: defect for defect in defects(bad)}
    assert found["zero_lost"].examples == ["1"]
    assert found["level_not_its_digits"].examples == ["612"]
    assert found["not_child_of_its_row"].lines == [5]


@pytest.mark.skipif(not RAW_DUMP.exists(), reason="the public dump, kept outside the project, is not on this machine")
def test_the_public_dump_of_the_decision_is_refused_with_every_kind_of_its_defects():
    done = CliRunner().invoke(app, ["occupation", "check", str(RAW_DUMP)])
    assert done.exit_code == 1
    for name in (
        "label_missing",
        "code_not_digits",
        "level_not_its_digits",
        "parent_missing",
        "not_child_of_its_row",
        "code_twice",
        "codes_missing",
    ):
        assert name in done.stdout, name


def test_a_file_that_is_no_list_of_codes_is_a_wrong_call(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    assert CliRunner().invoke(app, ["occupation", "check", str(tmp_path / "other.csv")]).exit_code == 2
