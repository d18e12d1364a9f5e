"""Answers and scores of the coder, and that it gives no code rather than guess."""

import random
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from labour_market.cli.occupations import app
from labour_market.occupations import calibration, coder
from labour_market.occupations.calibration import fit_steps, load_calibration
from labour_market.occupations.coder import NEEDED, code_titles, coder_version
from labour_market.occupations.codes import vsco_codes
from labour_market.occupations.evaluation import evaluate, is_right, labelled
from labour_market.occupations.lexicon import lexicon
from typer.testing import CliRunner

from tests.bench.coding import compare

METHODS = {"exact_title", "keyword", "industry_assisted", "fuzzy", "none"}


def code(title: str, industry: str | None = None) -> str | None:
    return code_titles([title], industry)[0].code


@pytest.mark.parametrize(
    ("title", "begins"),
    [
        ("trồng thanh long", "61129"),
        ("trong thanh long", "6112"),
        ("chanh k hạt", "6112"),
        ("trồng khóm", "6112"),
        ("làm mía", "6111"),
        ("khoai mỡ", "6111"),
        ("trồng bưởi da xanh", "6112"),
        ("khai thác cừ tràm", "6210"),
        ("nuôi bò sữa", "61211"),
        ("vịt chạy đồng", "61222"),
        ("ương cá tra giống", "62211"),
        ("nuôi yến", "6129"),
        ("làm ruộng", "61111"),
        ("hái chanh mướn", "9201"),
        ("công nhân trại heo", "9202"),
        ("bán trái cây ngoài chợ", "5211"),
        ("lái xe nâng kho", "8344"),
        ("cn may", "8153"),
        ("NV QC", "7543"),
        ("thợ hàn CO2", "7212"),
        ("phụ hồ", "9313"),
        ("bao ve cty", "5401"),
        ("kỹ sư cơ khí", "2144"),
        ("giao vien cap 3", "2331"),
        ("trồng thnah long", "6112"),
        ("trong tram", "6210"),
        ("ở đợ", "9111"),
    ],
)
def test_trades_of_the_province_are_coded(title: str, begins: str) -> None:
    assert (code(title) or "").startswith(begins)


def test_the_activity_comes_before_its_object() -> None:
    grown, sold, bought, packed, picked = (
        (code(f"{verb} thanh long") or "")[:2] for verb in ("trồng", "bán", "thu mua", "đóng gói", "hái thuê")
    )
    assert (grown, sold[:1], bought, packed, picked) == ("61", "5", "33", "93", "92")


@pytest.mark.parametrize(
    ("own", "hired"),
    [
        ("trồng thanh long", "trồng thanh long thuê"),
        ("nuôi heo", "công nhân nuôi heo"),
        ("cắt cỏ cho bò nhà", "cắt cỏ cho bò thuê"),
        ("mướn vườn trồng chanh", "trồng chanh cho chủ vườn"),
        ("chăm vườn xoài của nhà", "chăm vườn xoài ăn công"),
        ("vô phân thanh long nhà", "vô phân thanh long"),
    ],
)
def test_work_on_an_own_farm_is_not_farm_labour(own: str, hired: str) -> None:
    assert (code(own) or "").startswith("61")
    assert (code(hired) or "").startswith("92")


@pytest.mark.parametrize("task", ["bẻ ổi", "tỉa trái xoài", "vô bầu", "xịt thuốc vườn nhãn", "bơm nước ruộng", "dặm lúa"])
def test_a_single_task_is_farm_labour_except_on_an_own_farm(task: str) -> None:
    assert (code(task) or "").startswith("920")
    assert (code_titles([task], status="own_account")[0].code or "").startswith("61")


def test_a_seller_of_home_grown_products_is_coded_as_their_grower() -> None:
    grown = [code(f"bán {product}") or "" for product in ("chanh nhà trồng", "rau tự trồng", "trứng gà nhà nuôi")]
    sold = [code(f"bán {product}") or "" for product in ("chanh", "rau", "trứng gà")]
    assert [answer[:4] for answer in grown] == ["6112", "6111", "6122"]
    assert [answer[:2] for answer in sold] == ["52", "52", "52"]


def test_crops_and_animals_on_one_farm_are_mixed_farming() -> None:
    assert [code(title) for title in ("làm ruộng nuôi ngỗng", "trồng bưởi nuôi dê")] == ["61300", "61300"]
    assert (code("nuôi cá ruộng") or "").startswith("6221")


def test_catching_fish_is_not_raising_fish() -> None:
    assert [(code(title) or "")[:4] for title in ("nuôi cá lóc", "câu cá lóc", "soi cua biển")] == ["6221", "6222", "6222"]


def test_a_driver_of_farm_machines_is_coded_as_a_driver() -> None:
    by_hand, by_machine = code("xịt thuốc lúa"), [code(title) for title in ("máy bay xịt thuốc lúa", "bay drone xịt thuốc sâu")]
    assert (by_hand, by_machine) == ("92010", ["8341", "8341"])


def test_a_helper_in_a_trade_is_coded_with_the_helpers() -> None:
    assert [(code(title) or "")[:2] for title in ("thợ xây", "phụ thợ xây", "đầu bếp", "phụ bếp")] == ["71", "93", "51", "94"]


def test_seasonal_work_without_an_activity_gets_no_code() -> None:
    for title, begins in (("công nhân may thời vụ", "8153"), ("bảo vệ thời vụ", "5401"), ("trồng lúa thời vụ", "61111")):
        assert (code(title) or "").startswith(begins), title


def test_marks_distinguish_words_and_missing_marks_are_not_guessed() -> None:
    assert (code("thợ may") or "")[:2] == "75"
    assert (code("thợ máy") or "")[:2] == "72"
    unmarked = code_titles(["tho may"])[0]
    assert unmarked.code is None or unmarked.score <= code_titles(["thợ may"])[0].score


@pytest.mark.parametrize(
    "title", ["", "   ", "0912345678", "công nhân", "nhân viên", "tự do", "không có", "thất nghiệp", "tùy", "abc xyz", "...", "lương cao"]
)
def test_a_title_that_is_too_vague_gets_no_code(title: str) -> None:
    coding = code_titles([title])[0]
    assert (coding.code, coding.level, coding.method, coding.score) == (None, 0, "none", 0.0)


def test_the_employers_industry_decides_for_a_general_title() -> None:
    assert code("công nhân") is None
    assert code("công nhân", "1410") == "8153"
    assert code("cong nhan", "1520") == "8156"
    assert code("làm nông", "0121") == "61129"
    assert code("làm nông", "0111") == "61111"
    assert code_titles(["công nhân"], "1410")[0].method == "industry_assisted"
    assert code("bảo vệ", "1410") == code("bảo vệ")


def test_the_industry_may_differ_from_title_to_title() -> None:
    codes = [coding.code for coding in code_titles(["công nhân"] * 3, ["1410", None, "1080"])]
    assert codes == ["8153", None, "8160"]


def test_the_status_in_employment_decides_where_the_title_does_not() -> None:
    hands = [coding.code for coding in code_titles(["làm ruộng"] * 4, status=["employee", "own_account", "family_worker", None])]
    assert hands == ["92010", "61111", "61111", "61111"]
    assert code_titles(["hái thanh long"], status="family_worker")[0].code == "61"
    assert code_titles(["trồng thanh long thuê"], status="own_account")[0].code == "92010", "the words go before the form"
    assert code_titles(["thợ hồ"], status="employee") == code_titles(["thợ hồ"])


texts = st.one_of(st.sampled_from([t.title for t in labelled("development")]), st.text(max_size=40))


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, max_size=6))
def test_every_answer_is_a_code_of_the_list_with_a_sufficient_score(titles: list[str]) -> None:
    codings = code_titles(titles)
    assert len(codings) == len(titles)
    for coding in codings:
        assert coding.method in METHODS
        if coding.code is None:
            assert (coding.level, coding.score) == (0, 0.0)
        else:
            assert coding.code in vsco_codes()
            assert coding.level == len(coding.code)
            assert coding.level in {1, 2, 4, 5}
            assert NEEDED <= coding.score < 1


def test_a_title_gets_the_same_code_alone_and_among_others() -> None:
    titles = [t.title for t in labelled("development")][:600]
    random.Random(7).shuffle(titles)
    together = code_titles(titles)
    assert [code_titles([title])[0] for title in titles[:25]] == together[:25]


def test_many_titles_are_coded_in_several_processes_and_returned_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    titles = [t.title for t in labelled("development")][:300]
    alone = code_titles(titles)
    monkeypatch.setattr(coder, "_WORTH_PROCESSES", 100)
    assert code_titles(titles) == alone


def test_no_answer_contains_a_phone_number() -> None:
    title = code_titles(["thợ hàn LH 0912345678"])[0].title
    assert title == "thợ hàn LH [số]"


@pytest.fixture
def without_caches() -> Iterator[None]:
    yield
    load_calibration.cache_clear()
    lexicon.cache_clear()


def test_the_version_changes_with_the_table_of_scores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, without_caches: None) -> None:
    before = coder_version()
    other = tmp_path / "calibration.csv"
    other.write_text(calibration.CALIBRATION.read_text(encoding="utf-8").replace("0.9", "0.8"), encoding="utf-8")
    monkeypatch.setattr(calibration, "CALIBRATION", other)
    load_calibration.cache_clear()
    assert coder_version() != before


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=200))
def test_steps_of_the_calibration_rise_and_never_reach_certainty(judged: list[tuple[float, bool]]) -> None:
    steps = fit_steps(judged)
    assert sum(titles for _, _, titles in steps) == len(judged)
    assert [since for since, _, _ in steps] == sorted(since for since, _, _ in steps)
    shares = [share for _, share, _ in steps]
    assert shares == sorted(shares)
    assert all(0 < share < 1 for share in shares)
    assert len(steps) == 1 or all(titles >= 20 for _, _, titles in steps)


# --- how good it is; the figures are those of the part that served for nothing else


def test_the_labelled_titles_are_many_and_cover_the_classification() -> None:
    parts = {part: labelled(part) for part in ("development", "calibration", "test")}
    everything = [title for titles in parts.values() for title in titles]
    assert len(everything) >= 600
    assert len({(unicodedata.normalize("NFC", t.title), t.industry) for t in everything}) == len(everything)
    for titles in parts.values():
        farm = sum(title.trade == "farm" for title in titles)
        assert farm >= 0.2 * len(titles)
        assert {code for title in titles for code in title.codes} <= vsco_codes()
        assert len({code[:2] for title in titles for code in title.codes}) >= 35


def test_the_bars_hold_on_the_test_part() -> None:
    figures = evaluate("test").figures
    assert figures["all"].accuracy[2] >= 0.85
    assert figures["all"].coverage[2] >= 0.90
    assert figures["all"].accuracy[1] >= 0.93
    farm, other = figures["farm"], figures["other"]
    for level in (1, 2, 4):
        chance = 2 * (other.accuracy[level] * (1 - other.accuracy[level]) / farm.titles) ** 0.5
        assert farm.accuracy[level] >= other.accuracy[level] - chance
        assert farm.coverage[level] >= other.coverage[level] - chance


def test_titles_written_after_the_aliases_were_closed_are_coded_well_too() -> None:
    after = evaluate("test").figures["written after"]
    assert after.titles > 200
    assert after.accuracy[2] >= 0.85
    assert after.accuracy[1] >= 0.88
    assert after.coverage[2] >= 0.85


def test_scores_are_calibrated() -> None:
    evaluation = evaluate("test")
    for answers, score, right in evaluation.bands.values():
        error = 2.6 * (score * (1 - score) / answers) ** 0.5  # the error by chance, exceeded one time in a hundred
        assert right >= score - error
    titles, answered = evaluation.uncodable
    assert answered <= titles / 3


def test_both_baselines_are_beaten_on_the_same_titles() -> None:
    figures = compare()
    for baseline in ("plain fuzzy match", "TF-IDF nearest neighbour"):
        for level in (1, 2, 4):
            assert figures["coder"][level][0] > figures[baseline][level][0] + 0.03


def test_a_short_right_code_judges_only_its_own_digits() -> None:
    assert is_right("6112", ["61"], 2) is True
    assert is_right("6112", ["61"], 4) is None
    assert is_right("9201", ["6112", "6111"], 2) is False


# --- from a terminal


def test_titles_on_standard_input_are_answered_line_by_line_as_json() -> None:
    import json

    done = CliRunner().invoke(app, ["code", "--json"], input="trồng thanh long\n\nnv QC LH 0912345678\n")
    assert done.exit_code == 0
    answers = json.loads(done.stdout)
    assert [set(answer) for answer in answers] == [{"title", "code", "level", "method", "score"}] * 3
    assert [answer["code"] for answer in answers] == ["61129", None, "7543"]
    assert "0912345678" not in done.stdout


def test_the_evaluation_is_printed_with_bands_and_confusions() -> None:
    done = CliRunner().invoke(app, ["evaluate", "--part", "calibration"])
    assert done.exit_code == 0
    assert "farm" in done.stdout
    assert "share right" in done.stdout
