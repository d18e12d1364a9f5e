"""Ways to spoil a delivery; simulator.scenario has the spoilt deliveries with their expected effects.

A Spoil changes a hand-over in place and returns the number of records that are bad in themselves.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from simulator.deliveries import HandOver
from simulator.files import Table, as_tcvn3
from simulator.survey import Record

Spoil = Callable[[HandOver, Random], int]
# free text of the feeds, which depends on the keyboard of the office
TEXTS = ("name", "full_name", "contact_name", "title", "job_text", "wanted_job_text", "workplace", "ethnicity", "enumerator")
PLACEHOLDERS = ("000000000000", "123456789012", "111111111111")


def _any(record: Record) -> bool:
    return True


def spoil_rows(share: float, change: Callable[[Record, Random], None], fits: Callable[[Record], bool] = _any) -> Spoil:
    """Spoil about that share of the fitting rows, at least one, and none that is spoilt already."""

    def spoil(hand_over: HandOver, rng: Random) -> int:
        free = [n for n, record in enumerate(hand_over.records) if n not in hand_over.spoilt and fits(record)]
        chosen = sorted(rng.sample(free, k=min(len(free), max(1, round(share * len(hand_over.records))))))
        for place in chosen:
            hand_over.records[place] = dict(hand_over.records[place])
            change(hand_over.records[place], rng)
        hand_over.spoilt.update(chosen)
        return len(chosen)

    return spoil


# the announcement


def broken_hash(hand_over: HandOver, rng: Random) -> int:
    """An announced hash that is not that of the file."""
    hand_over.declared["sha256"] = f"{rng.getrandbits(256):064x}"
    return 0


def wrong_count(hand_over: HandOver, rng: Random) -> int:
    """An announced count with some records too many."""
    hand_over.declared["record_count"] = len(hand_over.records) + rng.randrange(3, 20)
    return 0


def typed_attendees(hand_over: HandOver, rng: Random) -> int:
    """A typed total that is rounded up, as in a newspaper."""
    hand_over.declared["declared_totals"] = {"attendees": 1530}
    return 0


# the file


def header_drift(hand_over: HandOver, rng: Random) -> int:
    """One column renamed and one added, as a new clerk may do."""

    def edit(table: Table) -> None:
        at = next(n for n, column in enumerate(table.columns) if column.field == "tax_code")
        table.columns[at] = replace(table.columns[at], header="Mã số doanh nghiệp")
        table.columns.insert(at, replace(table.columns[at], header="Ý kiến của xã", field=""))
        for row in table.rows:
            row.insert(at, None)

    hand_over.edit_table = edit
    return 0


def numbers_as_numbers(hand_over: HandOver, rng: Random) -> int:
    """Citizen and phone numbers that a spreadsheet kept as numbers, without their zero; numbers with two zeros stay text, since a citizen
    number of ten digits is unreadable."""

    def edit(table: Table) -> None:
        for place, column in enumerate(table.columns):
            if column.field in ("national_id", "phone"):
                for row in table.rows:
                    if row[place] and not row[place].startswith("00"):
                        row[place] = int(row[place])

    hand_over.edit_table = edit
    return 0


def declared_1258(hand_over: HandOver, rng: Random) -> int:
    """UTF-8 that is announced as windows-1258."""
    hand_over.encoding = "windows-1258"
    return 0


def old_font_bytes(hand_over: HandOver, rng: Random) -> int:
    """Text in an encoding older than Unicode, which is not UTF-8 although UTF-8 is declared."""
    hand_over.written_in = "tcvn3"
    hand_over.encoding = None
    return len(hand_over.records)


def old_font_text(hand_over: HandOver, rng: Random) -> int:
    """Text typed in a font older than Unicode, in a file that is valid UTF-8."""
    _rewrite(hand_over, as_tcvn3)
    return len(hand_over.records)


def nfd_text(hand_over: HandOver, rng: Random) -> int:
    """Text with letters and marks as separate code points (NFD)."""
    _rewrite(hand_over, lambda text: unicodedata.normalize("NFD", text))
    return 0


def _rewrite(hand_over: HandOver, change: Callable[[str], str]) -> None:
    def rewritten(record: Record) -> Record:
        return {name: change(value) if name in TEXTS and value else value for name, value in record.items()}

    hand_over.records = list(map(rewritten, hand_over.records))


# employers


def _wrong_check_digit(record: Record, rng: Random) -> None:
    code = record["tax_code"]
    record["tax_code"] = code[:9] + str((int(code[9]) + 1) % 10) + code[10:]


def _ambiguous_industry(record: Record, rng: Random) -> None:
    record["vsic_code"] = "1610"


def _formula_error(record: Record, rng: Random) -> None:
    record["commune_code"] = "#N/A"


def _more_women_than_people(record: Record, rng: Random) -> None:
    first, *rest = record["demand_grid"]
    record["demand_grid"] = [{**first, "quantity_female": first["quantity"] + 1 + rng.randrange(5)}, *rest]


wrong_check_digit = spoil_rows(0.006, _wrong_check_digit, lambda record: (record["tax_code"] or "").startswith("99"))
ambiguous_industry = spoil_rows(0.03, _ambiguous_industry)
formula_error = spoil_rows(0.004, _formula_error)
more_women_than_people = spoil_rows(0.006, _more_women_than_people, lambda record: bool(record["demand_grid"]))


# job orders


def _pays(record: Record) -> bool:
    return record["wage_min_vnd"] is not None


def _wages_in_millions(record: Record, rng: Random) -> None:
    record["wage_min_vnd"] = round(record["wage_min_vnd"] / 1_000_000)
    record["wage_max_vnd"] = round(record["wage_max_vnd"] / 1_000_000)


def _wages_crossed(record: Record, rng: Random) -> None:
    record["wage_min_vnd"], record["wage_max_vnd"] = record["wage_max_vnd"] + 500_000, record["wage_min_vnd"]


def _deadline_before_posting(record: Record, rng: Random) -> None:
    record["deadline"] = (date.fromisoformat(record["posted_on"]) - timedelta(days=rng.randrange(2, 20))).isoformat()


unit_mix = spoil_rows(0.4, _wages_in_millions, _pays)
wages_crossed = spoil_rows(0.006, _wages_crossed, _pays)
deadline_before_posting = spoil_rows(0.006, _deadline_before_posting, lambda record: record["closed_on"] is None)


# labour survey


def _elsewhere(record: Record, rng: Random) -> None:
    """A commune of Vĩnh Hưng (797)."""
    record["commune_code"] = rng.choice(("27757", "27760", "27763", "27766"))


def _impossible_date(record: Record, rng: Random) -> None:
    record["surveyed_on"] = "2022-11-31"


def _survey_jump(record: Record, rng: Random) -> None:
    if record["activity_status"] == "employed":
        record["unemployed_duration"] = "over_12m"
    else:
        record["employment_status"] = "employee"


def _placeholder_person(record: Record, rng: Random) -> None:
    record["full_name"] = "Nguyễn Văn A"
    record["national_id"] = rng.choice(PLACEHOLDERS)


wrong_district = spoil_rows(0.7, _elsewhere)
impossible_date = spoil_rows(0.002, _impossible_date)
survey_jump = spoil_rows(0.004, _survey_jump, lambda record: record["activity_status"] != "unemployed")
placeholder_person = spoil_rows(0.001, _placeholder_person)


# fairs


def _accepted_unasked(record: Record, rng: Random) -> None:
    record["offered"], record["accepted"] = False, True


def _started_before(record: Record, rng: Random) -> None:
    record["start_date"] = "2023-05-02"


accepted_unasked = spoil_rows(0.005, _accepted_unasked, lambda record: record["interviewed"] and not record["start_date"])
started_before = spoil_rows(0.004, _started_before, lambda record: bool(record["start_date"]))


# the service centre and the department


def _check_too_soon(record: Record, rng: Random) -> None:
    record["checked_on"] = (date.fromisoformat(record["start_date"]) + timedelta(days=rng.randrange(18, 25))).isoformat()


def _too_many_workers(record: Record, rng: Random) -> None:
    record["working_age_members"] = record["members"] + rng.randrange(1, 3)


def _undecided(record: Record, rng: Random) -> None:
    record["decision_no"] = None


def _never_spent(record: Record) -> bool:
    return record["plan_status"] == "approved" and record["fund_type"] == "investment"


checked_too_soon = spoil_rows(0.02, _check_too_soon, lambda record: record["check_kind"] == "m3")
more_workers_than_members = spoil_rows(0.005, _too_many_workers)
no_decision = spoil_rows(0.02, _undecided, _never_spent)
