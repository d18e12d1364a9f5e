"""The reference lists are complete, well formed, and agree with the published facts."""

import csv
import unicodedata
from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from labour_market.contracts import contract_feeds, load_contracts

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "dbt_project" / "seeds"
FACTS = ROOT.parent / "shared" / "reference"
SUBJECTS = ("area", "calendar", "form", "industry", "metric", "occupation", "programme")

Row = dict[str, str]


@cache
def rows(name: str) -> list[Row]:
    (path,) = SEEDS.rglob(f"{name}.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def described() -> dict[str, Any]:
    files = [path for subject in SUBJECTS for path in (SEEDS / subject).glob("*.yml")]
    return {seed["name"]: seed for path in files for seed in yaml.safe_load(path.read_text(encoding="utf-8"))["seeds"]}


def seeds() -> list[str]:
    return sorted(path.stem for subject in SUBJECTS for path in (SEEDS / subject).glob("*.csv"))


def facts(name: str) -> list[Row]:
    path = FACTS / name
    if not path.exists():
        pytest.skip(f"{path} is not here: the published facts to compare with are kept outside the project")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def active(level: str, day: str) -> list[Row]:
    return [
        row
        for row in rows("area_unit")
        if row["level"] == level and row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"])
    ]


def test_every_folder_of_seeds_is_a_subject() -> None:
    assert {path.name for path in SEEDS.iterdir() if path.is_dir()} == set(SUBJECTS)


@pytest.mark.parametrize("name", seeds())
def test_every_seed_is_described_with_all_its_columns_as_text(name: str) -> None:
    columns = list(rows(name)[0])
    seed = described()[name]
    assert seed["config"]["column_types"] == dict.fromkeys(columns, "text")
    assert [column["name"] for column in seed["columns"]] == columns
    assert all(" / " in column["description"] for column in seed["columns"]), "a description in Vietnamese / in English"
    assert " / " in seed["description"]


@pytest.mark.parametrize("name", seeds())
def test_every_seed_is_nfc_trimmed_and_without_repeated_rows(name: str) -> None:
    seen = Counter(tuple(row.values()) for row in rows(name))
    assert [row for row, times in seen.items() if times > 1] == []
    for row in rows(name):
        for value in row.values():
            assert value == " ".join(unicodedata.normalize("NFC", value).split())


# --- areas


@pytest.mark.parametrize(
    ("day", "districts", "communes"),
    [("2023-06-14", 15, 188), ("2024-11-30", 15, 188), ("2024-12-01", 15, 186), ("2025-06-30", 15, 186), ("2025-07-01", 0, 60)],
)
def test_communes_and_districts_are_as_many_as_the_resolutions_leave(day: str, districts: int, communes: int) -> None:
    assert (len(active("district", day)), len(active("commune", day))) == (districts, communes)


def test_code_80_is_two_provinces() -> None:
    before, after = ({row["code"]: row["name_vi"] for row in active("province", day)} for day in ("2025-06-30", "2025-07-01"))
    assert before == {"72": "Tỉnh Tây Ninh", "80": "Tỉnh Long An"}
    assert after == {"80": "Tỉnh Tây Ninh"}


def test_border_communes_are_versions_of_communes_in_the_published_number() -> None:
    border = {(row["code"], row["valid_from"]) for row in rows("border_commune")}
    assert len(border) == len(rows("border_commune"))
    for day, communes, districts in (("2023-06-14", 20, {"795", "796", "797", "798", "800", "801"}), ("2025-07-01", 9, {""})):
        listed = [unit for unit in active("commune", day) if (unit["code"], unit["valid_from"]) in border]
        assert (len(listed), {unit["parent_district_code"] for unit in listed}) == (communes, districts)
    assert len(border) == 29


def test_the_border_communes_of_today_have_land_of_those_of_before() -> None:
    before, today = ({row["code"] for row in rows("border_commune") if row["valid_from"] == day} for day in ("1900-01-01", "2025-07-01"))
    steps = [(row["from_code"], row["to_code"]) for row in rows("area_succession") if row["effective_date"] == "2025-07-01"]
    assert today == {to for origin, to in steps if origin in before}


def test_a_unit_has_one_version_on_any_day_and_a_parent_that_is_valid_with_it() -> None:
    versions = defaultdict(list)
    for row in rows("area_unit"):
        versions[row["level"], row["code"]].append((row["valid_from"], row["valid_to"] or "9999-12-31"))
    for periods in versions.values():
        for (_, until), (since, _) in zip(sorted(periods), sorted(periods)[1:], strict=False):
            assert until <= since
    for row in rows("area_unit"):
        if row["level"] == "commune" and row["valid_from"] < "2025-07-01":
            assert any(district["code"] == row["parent_district_code"] for district in active("district", row["valid_from"]))


def test_every_old_commune_has_one_default_and_weights_that_sum_to_one_or_are_unknown() -> None:
    targets = defaultdict(list)
    for row in rows("area_succession"):
        targets[row["level"], row["from_code"], row["effective_date"]].append(row)
    for parts in targets.values():
        assert [row["is_default"] for row in parts].count("true") == 1
        weights = [row["weight"] for row in parts]
        assert not any(weights) or sum(map(Fraction, weights)) == 1
        assert (len(parts) == 1) == (parts[0]["share_kind"] == "whole")


def test_every_unit_that_ends_has_successors_that_begin_that_day() -> None:
    successors = defaultdict(set)
    for row in rows("area_succession"):
        successors[row["level"], row["from_code"], row["effective_date"]].add(row["to_code"])
    ended = {(row["level"], row["code"], row["valid_to"]) for row in rows("area_unit") if row["valid_to"]}
    assert {unit for unit in ended if unit[0] != "district"} == set(successors)
    for (level, _, day), codes in successors.items():
        assert codes <= {unit["code"] for unit in active(level, day)}


def test_the_jobseekers_of_tan_hoa_are_shared_out_by_the_published_head_counts() -> None:
    parts = {row["to_code"]: 1000 * Fraction(row["weight"]) for row in rows("area_succession") if row["from_code"] == "28006"}
    assert {code: round(float(part), 2) for code, part in parts.items()} == {"28003": 177.19, "28009": 231.58, "28012": 591.23}
    assert sum(parts.values()) == 1000


def test_five_new_communes_straddle_two_old_districts() -> None:
    eve = {row["code"]: row["parent_district_code"] for row in active("commune", "2025-06-30")}
    districts = defaultdict(set)
    for row in rows("area_succession"):
        if row["effective_date"] == "2025-07-01" and row["level"] == "commune":
            districts[row["to_code"]].add(eve[row["from_code"]])
    straddling = {code: sorted(of) for code, of in districts.items() if len(of) > 1}
    assert straddling == {
        "27694": ["794", "804"],
        "27793": ["795", "798"],
        "27817": ["795", "799"],
        "27868": ["800", "801"],
        "28087": ["804", "805"],
    }


def test_areas_agree_with_the_published_units_and_succession() -> None:
    published = {
        (row["level"], row["gso_code"], row["parent_district_code"], row["name"].split(" (")[0])
        for row in facts("longan_admin_units_history.csv")
        if row["level"] == "commune"
    }
    seeded = {(r["level"], r["code"], r["parent_district_code"], r["name_vi"]) for r in rows("area_unit") if r["level"] == "commune"}
    assert seeded == published
    last_days = {(row["gso_code"], row["valid_to"]) for row in facts("longan_admin_units_history.csv") if row["valid_to"]}
    ended = {(r["code"], str(date.fromisoformat(r["valid_to"]) - timedelta(1))) for r in rows("area_unit") if r["valid_to"]}
    enlarged = {(r["code"], "2024-11-30") for r in rows("area_unit") if r["valid_from"] == "2024-12-01"}
    assert ended - enlarged == last_days
    bridge = {(row["old_code"], row["effective_date"], row["new_code"]) for row in facts("longan_admin_bridge_old_to_new.csv")}
    assert len(bridge) == 202
    continued = {(code, "2024-12-01", code) for code, _ in enlarged}
    assert {
        (r["from_code"], r["effective_date"], r["to_code"]) for r in rows("area_succession") if r["level"] == "commune"
    } == bridge | continued


# --- occupations


def test_the_classification_is_complete_to_level_four_and_prefixed_by_parents() -> None:
    codes = {row["code"]: row for row in rows("occupation")}
    assert len(codes) == len(rows("occupation"))
    by_level = Counter(row["level"] for row in codes.values())
    assert [by_level[level] for level in "1234"] == [10, 48, 152, 509]
    assert by_level["5"] > 500
    for code, row in codes.items():
        assert code.isascii()
        assert code.isdigit()
        assert len(code) == int(row["level"])
        assert row["parent_code"] == code[:-1]
        assert len(code) == 1 or row["parent_code"] in codes


def test_only_levels_one_to_four_must_have_an_english_title() -> None:
    assert [row["code"] for row in rows("occupation") if row["level"] != "5" and not row["label_en"]] == []


def test_the_skill_level_depends_on_the_major_group() -> None:
    levels = {row["code"][0]: set() for row in rows("occupation")}
    for row in rows("occupation"):
        levels[row["code"][0]].add(row["skill_level"])
    assert levels == {"0": {""}, "1": {""}, "2": {"4"}, "3": {"3"}, "9": {"1"}, **{group: {"2"} for group in "45678"}}


def test_isco_is_complete() -> None:
    codes = {row["code"] for row in rows("isco08")}
    assert sorted(Counter(map(len, codes)).items()) == [(1, 10), (2, 43), (3, 130), (4, 436)]
    assert all(len(code) == 1 or code[:-1] in codes for code in codes)


def test_every_vsco_code_is_mapped_to_a_real_isco_code_or_to_none_with_a_reason() -> None:
    isco = {row["code"] for row in rows("isco08")}
    mapped = {row["vsco_code"]: row for row in rows("occupation_isco_map")}
    assert {row["code"] for row in rows("occupation") if row["level"] in "124"} <= set(mapped)
    for code, row in mapped.items():
        assert (row["relation"] == "none") == (row["isco_code"] == "")
        assert row["isco_code"] in isco or row["note"], code
        if row["is_false_friend"] == "true":
            assert code in isco
            assert row["isco_code"] != code


def test_equal_digits_do_not_mean_an_equal_occupation() -> None:
    mapped = {row["vsco_code"]: row for row in rows("occupation_isco_map")}
    assert mapped["9201"]["isco_code"] == "9211"
    assert (mapped["1311"]["relation"], mapped["3355"]["relation"]) == ("none", "none")
    friends = [code for code, row in mapped.items() if row["is_false_friend"] == "true"]
    assert Counter(map(len, friends)) == {4: 17, 2: 3}


def test_groups_with_one_subgroup_are_shifted_by_a_digit() -> None:
    shifted = [row for row in rows("occupation_isco_map") if row["level"] == "4" and row["vsco_code"][:2] in {"44", "54", "82", "92", "94"}]
    assert len(shifted) == 20
    for row in shifted:
        if row["vsco_code"] != "5401":  # security guards are ISCO 5414
            assert row["isco_code"] == row["vsco_code"][:2] + "1" + row["vsco_code"][3]


def test_codes_that_only_isco_has_are_listed_with_their_vsco_group() -> None:
    isco = {row["code"] for row in rows("isco08")}
    vsco = {row["code"] for row in rows("occupation")}
    exact = {row["isco_code"]: row["vsco_code"] for row in rows("occupation_isco_map") if row["relation"] == "exact"}
    by_isco = {row["isco_code"]: row["vsco_code"] for row in rows("isco_only_code")}
    assert set(by_isco) <= isco - vsco
    assert set(by_isco.values()) <= vsco
    assert {code: group for code, group in exact.items() if code in isco - vsco}.items() <= by_isco.items()
    assert by_isco["9211"] == "9201"


def test_every_alias_is_a_clean_title_with_a_code_of_the_classification() -> None:
    vsco = {row["code"] for row in rows("occupation")}
    aliases = rows("title_alias")
    assert len(aliases) > 1000
    assert len({row["alias"] for row in aliases}) == len(aliases)
    for row in aliases:
        assert row["code"] in vsco
        assert row["kind"] in {"title", "head", "object"}
        assert row["alias"] == row["alias"].casefold()


@pytest.mark.parametrize(
    "trade",
    ["thanh long", "chanh không hạt", "khóm", "dứa", "mía", "dừa", "khoai mỡ", "bưởi", "tràm", "bò sữa", "vịt chạy đồng", "cá tra", "yến"],
)
def test_the_farm_trades_of_long_an_are_known_by_name(trade: str) -> None:
    codes = {row["code"][:2] for row in rows("title_alias") if f" {trade} " in f" {row['alias']} "}
    assert codes & {"61", "62"}


def test_hints_by_industry_name_real_industries_and_occupations() -> None:
    vsco = {row["code"] for row in rows("occupation")}
    industries = {row["code"] for row in rows("industry_class")}
    for row in rows("industry_hint"):
        assert row["code"] in vsco
        assert any(code.startswith(row["industry_prefix"]) for code in industries), row["industry_prefix"]


def test_the_demand_form_has_38_groups_between_17_and_96() -> None:
    boxes = [row["code"] for row in rows("demand_form_group")]
    level_two = {row["code"]: row["label_vi"] for row in rows("occupation") if row["level"] == "2"}
    assert len(boxes) == len(set(boxes)) == 38
    assert (min(boxes), max(boxes)) == ("17", "96")
    assert set(level_two) - set(boxes) == {"01", "02", "03", *map(str, range(10, 17))}


def test_occupations_agree_with_the_published_list() -> None:
    published = {row["vsco_code"]: row for row in facts("vsco2020_reconstructed.csv") if row["vsco_code"]}
    for row in rows("occupation"):
        fact = published[row["code"]]
        assert fact["label_vi"] in {row["label_vi"], ""}, row["code"]
        if row["level"] == "5":
            assert row["confidence"] == fact["confidence"]
    sure = {code for code, row in published.items() if row["confidence"] == "high"}
    assert sure <= {row["code"] for row in rows("occupation")}


def test_the_isco_map_agrees_with_the_published_drafts() -> None:
    by_code = {row["vsco_code"]: row for row in rows("occupation_isco_map")}
    for row in facts("vsco2020_isco08_crosswalk_l4_draft.csv"):
        entry = by_code[row["vsco_level4"]]
        assert (entry["isco_code"], entry["relation"]) == (row["isco08_code"], row["relation"])
    for row in facts("vsco2020_isco08_crosswalk_l2.csv"):
        entry = by_code[row["vsco_level2"]]
        assert (entry["isco_code"], entry["relation"]) == (row["isco08_code"], row["relation"])


# --- industries


def test_sections_and_divisions_are_complete_in_both_versions() -> None:
    sections = defaultdict(list)
    for row in rows("industry_section"):
        sections[row["version"]].append(row["code"])
    assert "".join(sections["VSIC2018"]) == "ABCDEFGHIJKLMNOPQRSTU"
    assert "".join(sections["VSIC2025"]) == "ABCDEFGHIJKLMNOPQRSTUV"
    counted = Counter((row["version"], row["level"]) for row in rows("industry_class"))
    assert counted == {
        ("VSIC2018", "2"): 88,
        ("VSIC2018", "4"): 464,
        ("VSIC2025", "2"): 87,
        ("VSIC2025", "4"): 495,
        ("VSIC2025", "5"): 743,
    }


def test_a_class_keeps_its_zero_and_belongs_to_the_section_of_its_parent() -> None:
    known = {(row["version"], row["code"]): row for row in rows("industry_class")}
    letters = {(row["version"], row["code"]) for row in rows("industry_section")}
    for (version, code), row in known.items():
        assert len(code) == int(row["level"])
        assert (version, row["section"]) in letters
        if row["level"] != "2":
            parent = known[version, row["parent_code"]]
            assert code.startswith(parent["code"])
            assert parent["section"] == row["section"]
    assert ("VSIC2025", "01610") in known
    assert known["VSIC2018", "6201"]["section"] == "J"
    assert known["VSIC2025", "6211"]["section"] == "K"


def test_the_five_ambiguous_codes_are_exactly_those_that_collide_without_their_zero() -> None:
    codes = {row["code"]: row["section"] for row in rows("industry_class") if row["version"] == "VSIC2025"}
    collisions = {(code[1:], code) for code in codes if code[0] == "0" and len(code) == 5 and code[1:] in codes}
    listed = {(row["as_is_code"], row["with_zero_code"]) for row in rows("industry_ambiguous_code")}
    assert listed == collisions
    assert len(listed) == 5
    for row in rows("industry_ambiguous_code"):
        assert row["code_as_published"] == row["as_is_code"]
        assert codes[row["with_zero_code"]] == row["with_zero_section"] != codes[row["as_is_code"]] == row["as_is_section"]


def test_industries_agree_with_the_published_lists() -> None:
    by_code = {(row["version"], row["code"]): row for row in rows("industry_class")}
    for row in facts("vsic2025_level4_5_repaired.csv"):
        assert by_code["VSIC2025", row["code_repaired"]]["label_vi"] == row["label_vi"]
    for row in facts("vsic2018_level4_lexicon_lfs2024.csv"):
        entry = by_code["VSIC2018", row["vsic_level4"]]
        assert (entry["label_vi"], entry["section"]) == (row["label_vi"], row["section"])


# --- code lists


def test_every_code_of_every_contract_has_a_label_in_both_languages() -> None:
    lists = defaultdict(dict)
    for row in rows("code_list"):
        assert row["label_vi"]
        assert row["label_en"]
        lists[row["code_list"]][row["code"]] = int(row["sort_order"])
    for codes in lists.values():
        assert list(codes.values()) == list(range(1, len(codes) + 1))
    listed = {(row["feed"], row["field"]): row["code_list"] for row in rows("code_list_field")}
    assert set(listed.values()) == set(lists)
    coded = {(feed, field.name): field.codes for feed, contract in load_contracts().items() for field in contract.fields if field.codes}
    assert len(coded) > 20
    for key, codes in coded.items():
        assert set(lists[listed[key]]) == set(codes), key


# --- the calendar


def test_every_feed_has_a_rule_for_its_due_date() -> None:
    rules = {rule["feed"]: rule for rule in rows("due_rule")}
    assert set(rules) == set(contract_feeds())
    for rule in rules.values():
        dated, silent = rule["months_after"] + rule["due_day"], rule["silent_days"]
        assert bool(dated) == (rule["period_kind"] in ("month", "year", "session"))
        assert bool(silent) == (rule["period_kind"] == "none")


def test_every_year_of_the_calendar_has_its_holidays() -> None:
    years = {row["year"] for row in rows("tet_holiday")}
    for year in years:
        days = {row["holiday"] for row in rows("public_holiday") if row["holiday"].startswith(year)}
        assert days >= {f"{year}-01-01", f"{year}-04-30", f"{year}-05-01", f"{year}-09-02"}
        names = [row["name_vi"] for row in rows("public_holiday") if row["holiday"] in days]
        assert names.count("Giỗ Tổ Hùng Vương") == 1
