"""Output on a terminal: a table where it is wide enough, else one record a row, and never a part of a value."""

import pytest
from labour_market.cli import terminal
from rich.console import Console

COLUMNS = ["batch", "feed", "sender", "period", "sequence", "state", "records", "published", "quarantined", "reason"]
REASON = "Lần gửi DOLISA-budget_movements-2022-2: tổng điều chuyển đi khác tổng điều chuyển đến."
ROWS = [
    (70, "budget_movements", "DOLISA", "2022", 2, "quarantined", 1, None, None, REASON),
    (71, "budget_movements", "DOLISA", "2023-06", 1, "published", 111, 111, 0, None),
]


@pytest.fixture
def printed(monkeypatch, capsys):
    """The lines that a terminal of that width shows of a table."""

    def show(width, columns, rows):
        monkeypatch.setattr(terminal, "console", Console(width=width))
        terminal.print_table(columns, rows)
        lines = capsys.readouterr().out.splitlines()
        assert all(len(line) <= width for line in lines)
        return lines

    return show


def test_a_table_wider_than_80_columns_is_printed_as_records(printed):
    lines = printed(80, COLUMNS, ROWS)
    records = " ".join(" ".join(lines).split())
    assert records == (
        "batch=70 feed=budget_movements sender=DOLISA period=2022 sequence=2 state=quarantined records=1"
        f" reason={REASON} batch=71 feed=budget_movements sender=DOLISA period=2023-06 sequence=1 state=published"
        " records=111 published=111 quarantined=0"
    )
    assert [line[:5] for line in lines if not line.startswith("    ")] == ["batch", "batch"]


def test_a_table_that_fits_wraps_only_its_long_column(printed):
    lines = printed(150, COLUMNS, ROWS)
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]
    assert cells[0][:9] == ["70", "budget_movements", "DOLISA", "2022", "2", "quarantined", "1", "", ""]
    assert " ".join(row[9] for row in cells[:-1]) == REASON
    assert cells[-1][:9] == ["71", "budget_movements", "DOLISA", "2023-06", "1", "published", "111", "111", "0"]


def test_a_word_that_is_longer_than_its_column_is_folded(printed):
    digest = "0123456789abcdef" * 4
    lines = printed(70, ["batch", "sha256", "what"], [(1, digest, "[bold] is no style here, and the rest of a long sentence")])
    assert "".join(line.split("│")[2].strip() for line in lines if "│" in line) == digest
    assert "[bold] is no style" in " ".join(lines)
    assert digest in "".join(line.strip() for line in printed(40, ["batch", "sha256", "what"], [(1, digest, "x" * 50)]))
