"""For every rule that the audit checks: rows that break it and nothing else, made from rows that break nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
ROWS = 20
HERE, ELSEWHERE, NOWHERE = "27994", "28039", "99999"  # communes of 803 and of 804, and none
PRIORITY = ["poor"]


def clean_rows(feed: str, count: int = ROWS) -> list[Row]:
    """Rows that keep every rule, for sender 803."""
    return [_CLEAN[feed](n) for n in range(1, count + 1)]


def _grid(*items: tuple[str, int, int | None]) -> list[Row]:
    return [{"vsco2": code, "quantity": quantity, "quantity_female": women} for code, quantity, women in items]


def _employer(n: int) -> Row:
    return {
        "employer_no": f"{n:05d}", "tax_code": "0300588569", "tax_code_kind": "enterprise", "name": f"Công ty {n}",
        "employer_type": "private", "vsic_code": "1410", "size_band": "100-199", "headcount": 120, "headcount_female": 80,
        "commune_code": HERE, "industrial_zone": None, "contact_name": "Trần Thị Lan", "contact_phone": "0901000123",
        "contact_email": "a@congty.example", "planned_hires_6m": 12, "surveyed_on": date(2023, 6, 2),
        "demand_grid": _grid(("81", 10, 7), ("93", 2, None)),
    }  # fmt: skip


def _order(n: int) -> Row:
    return {
        "order_no": f"VL{n:05d}", "employer_no": "00001", "title": "Công nhân may", "occupation_code": "8153", "openings": 10,
        "openings_female": 7, "wage_min_vnd": 7_000_000, "wage_max_vnd": 9_000_000, "wage_text": "7-9 triệu",
        "contract_type": "fixed_12_36m", "work_time": "full_time", "education_level": "lower_secondary", "qualification": "none",
        "commune_code": HERE, "priority_groups": PRIORITY, "posted_on": date(2023, 6, 1), "deadline": date(2023, 6, 30),
        "closed_on": date(2023, 6, 10), "close_reason": "filled",
    }  # fmt: skip


def _survey(n: int) -> Row:
    return {
        "form_no": f"F{n:05d}", "full_name": "Nguyễn Thị Hồng Lan", "birth_date": date(1990, 5, 17), "sex": "female",
        "national_id": f"080190{n:06d}", "phone": "0901000123", "commune_code": HERE, "registered_commune_code": NOWHERE,
        "area_type": "rural", "household_no": "H1", "priority_groups": PRIORITY, "ethnicity": "Kinh",
        "education_level": "upper_secondary", "qualification": "college", "training_field": "3403",
        "activity_status": "employed", "employment_status": "employee", "job_text": "công nhân may", "workplace": "Công ty",
        "wants_job": False, "surveyed_on": date(2022, 10, 15), "enumerator": "k:1", "person_key": f"k:{n}",
        "person_method": "national_id", "birth_precision": "day",
    }  # fmt: skip


def _session(n: int) -> Row:
    return {
        "session_no": f"S{n:03d}", "name": "Phiên giao dịch việc làm", "kind": "mobile", "held_on": date(2023, 6, 5),
        "commune_code": HERE, "fund": "subproject_4_3", "fund_share_pct": 100, "cost_planned_vnd": 60_000_000,
        "cost_settled_vnd": 58_000_000, "employers_declared": 12, "attendees_declared": 300,
    }  # fmt: skip


def _attendance(n: int) -> Row:
    return {
        "attendance_no": f"{n:05d}", "session_no": "P01", "full_name": "Lê Thị Mai", "national_id": f"080190{n:06d}",
        "birth_date": date(1990, 5, 17), "sex": "female", "phone": "0901000123", "commune_code": ELSEWHERE,
        "priority_groups": PRIORITY, "wanted_job_text": "may", "counselled": True, "employer_no": "00001", "order_no": "VL00001",
        "interviewed": True, "interview_result": "passed", "offered": True, "accepted": True, "start_date": date(2023, 6, 12),
        "person_key": f"k:{n}", "person_method": "national_id", "birth_precision": "day",
    }  # fmt: skip


def _check(n: int) -> Row:
    return {
        "placement_no": f"V{n:05d}", "national_id": f"080190{n:06d}", "employer_no": "00001", "employer_district": "803",
        "order_no": "VL00001", "session_no": "P01", "channel": "fair", "job_text": "công nhân may", "occupation_code": "8153",
        "check_kind": "start", "checked_on": date(2023, 6, 1), "in_job": True, "evidence": "contract",
        "start_date": date(2023, 5, 20), "contract_type": "fixed_12_36m", "wage_vnd": 7_000_000, "person_key": f"k:{n}",
        "person_method": "national_id",
    }  # fmt: skip


def _household(n: int) -> Row:
    return {
        "household_no": f"H{n:05d}", "district_code": "803", "commune_code": HERE, "status": "poor", "members": 4,
        "working_age_members": 2, "standard_version": "2022-2025", "as_of_date": date(2022, 12, 31),
    }  # fmt: skip


def _plan(n: int) -> Row:
    return {
        "unit_code": "803", "plan_year": 2022, "activity": "job_transactions", "fund_type": "recurrent", "plan_status": "submitted",
        "status_on": date(2022, 6, 30) - timedelta(days=n), "target_quantity": 4, "target_unit": "phiên", "planned_vnd": 90_000_000,
    }  # fmt: skip


def _movement(n: int) -> Row:
    return {
        "movement_no": f"M{n:05d}", "unit_code": "803", "movement": "allocation", "budget_year": 2023, "fund_year": 2023,
        "fund_type": "recurrent", "fund_source": "central", "activity": "job_transactions", "amount_vnd": 100_000_000,
        "moved_on": date(2023, 3, 1), "treasury_ref": f"KB{n}",
    }  # fmt: skip


_CLEAN = {
    "employers": _employer,
    "job_orders": _order,
    "labour_survey": _survey,
    "fair_sessions": _session,
    "fair_attendance": _attendance,
    "placements": _check,
    "poverty_register": _household,
    "programme_plans": _plan,
    "budget_movements": _movement,
}
PERIODS = {
    "employers": "2023-06",
    "job_orders": "2023-06-14",
    "labour_survey": "2022",
    "fair_sessions": "2023-06",
    "fair_attendance": "2023-06",
    "placements": "2023-06",
    "poverty_register": "2022",
    "programme_plans": "2023-06",
    "budget_movements": "2023-06",
}


@dataclass(frozen=True)
class Case:
    """A way to break a rule in the first `rows` rows of a delivery.

    breaks(rows, count) changes the clean rows; failing(count) are the rows that break the rule then, in column. announced:
    what the delivery announces. few, many: how many rows to break, below and beyond what is tolerated.
    """

    rule: str
    breaks: Callable[[list[Row], int], None]
    column: str = ""
    name: str = ""
    failing: Callable[[int], list[int]] = lambda count: list(range(1, count + 1))
    announced: dict[str, Any] = field(default_factory=dict, hash=False)
    clean: int = ROWS
    few: int = 1
    many: int = 15

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.name}" if self.name else self.rule


def changed(rule: str, column: str, *, how: str = "", **values: Any) -> Case:
    """Rows of which these columns have other values."""

    def breaks(rows: list[Row], count: int) -> None:
        for row in rows[:count]:
            row.update(values)

    return Case(rule, breaks, column, how or column)


def unread(rule: str, column: str, reason: str) -> Case:
    """Rows of which a value could not be read."""
    return changed(rule, column, how=f"{column}_{reason}", **{column: None, "issues": [f"{column}:{reason}"]})


def batch(rule: str, *, clean: int = ROWS, name: str = "", **announced: Any) -> Case:
    """A delivery whose description is wrong; none of its rows is at fault."""
    return Case(rule, lambda rows, count: None, name=name, failing=lambda count: [], announced=announced, clean=clean)


def _repeat(rows: list[Row], count: int) -> None:
    for row in rows[1 : count + 1]:
        row.update(rows[0])


def _contradict(key: str, other: str) -> Callable[[list[Row], int], None]:
    def breaks(rows: list[Row], count: int) -> None:
        for n, row in enumerate(rows[: count + 1]):
            value = row[other]
            row.update(rows[0])
            row[other] = value + n if isinstance(value, int) else f"{value} {n}"

    return breaks


def _born_twice(rows: list[Row], count: int) -> None:
    """One number of an old card on several rows, each with another day of birth."""
    for n, row in enumerate(rows[: count + 1]):
        row.update(national_id="301234567", person_method="old_id", birth_date=row["birth_date"] + timedelta(days=n))


def _twins(key: str, other: str) -> list[Case]:
    return [
        Case("cross_row.repeated_record", _repeat, key, failing=lambda count: list(range(2, count + 2))),
        Case("cross_row.key_unique", _contradict(key, other), key, failing=lambda count: list(range(1, count + 2))),
    ]


def _pairs_of_funds(first: Row, second: Row) -> Callable[[list[Row], int], None]:
    """Every two rows become one session of two funds, whose rows differ in these columns."""

    def breaks(rows: list[Row], count: int) -> None:
        for n in range(0, 2 * count, 2):
            head = dict(rows[n])
            rows[n].update(head | {"fund": "subproject_4_3", "fund_share_pct": 50} | first)
            rows[n + 1].update(head | {"fund": "unemployment_insurance", "fund_share_pct": 50} | second)

    return breaks


def _known_before(column: str) -> Callable[[list[Row], int], None]:
    def breaks(rows: list[Row], count: int) -> None:
        for n, row in enumerate(rows[:count], 1):
            row[column] = f"OLD{n}"

    return breaks


def _odd_unit(rows: list[Row], count: int) -> None:
    """Wages that are each plausible alone, and a hundred times apart."""
    for row in rows:
        row.update(wage_min_vnd=1_500_000, wage_max_vnd=1_500_000, work_time="part_time")
    for row in rows[:count]:
        row.update(wage_min_vnd=180_000_000, wage_max_vnd=180_000_000)


def _in_2008(rows: list[Row], count: int) -> None:
    for row in rows:
        row.update({n: v.replace(year=2008) for n, v in row.items() if isinstance(v, date) and n != "birth_date"})


def _required(*columns: str) -> list[Case]:
    return [changed("row.required_present", column, **{column: None}) for column in columns]


_PEOPLE = [
    unread("row.contact_readable", "phone", "not_a_phone"),
    unread("row.placeholder_number", "national_id", "placeholder"),
    changed("row.placeholder_name", "full_name", how="sample", full_name="Nguyễn Văn A"),
    changed("row.placeholder_name", "full_name", how="test", full_name="TEST"),
    changed("row.short_name", "full_name", how="two_words", full_name="Lý A"),
    changed("row.short_name", "full_name", how="four_words", full_name="Trần Thị Bé B"),
    Case("cross_row.citizen_agrees", _born_twice, "national_id", failing=lambda count: list(range(1, count + 2))),
    changed("row.national_id_agrees", "national_id", how="sex", national_id="080090123456"),
    changed("row.national_id_agrees", "national_id", how="year", national_id="080191123456"),
    changed("cross_row.birth_heap", "birth_date", birth_date=date(1990, 1, 1)),
]
_COMMUNES = [
    changed("row.commune_known", "commune_code", commune_code=NOWHERE),
    changed("row.commune_of_sender", "commune_code", commune_code=ELSEWHERE),
]


def _every_feed(listed: str, date_column: str, **more: Any) -> list[Case]:
    """Cases of the rules that hold for every feed. listed: a column with a code list; date_column: one with dates."""
    return [
        unread("row.value_readable", date_column, "impossible"),
        unread("row.code_known", listed, "not_in_list"),
        changed("row.code_known", listed, how="staged", **{listed: "zzz"}, **more),
        changed("row.text_composed", "", how="nfc", notes=["name:spaces", "name:nfc"]),
        changed("row.text_encoding", "", how="old_font", notes=["name:old_font"]),
        changed("row.day_in_province", "", how="other_zone", notes=[f"{date_column}:other_zone"]),
        batch("reconciliation.declared_totals", totals={"records": 7, "unheard_of": 1}),
        batch("reconciliation.declared_totals", name="bound", totals={"records": "hơn 20.000"}),
        batch("reconciliation.declared_totals", name="text", totals={"records": "nhiều lắm"}),
    ]


_EMPLOYERS = [
    *_every_feed("employer_type", "surveyed_on"),
    *_required("employer_no", "name", "employer_type", "commune_code", "surveyed_on"),
    *_twins("employer_no", "name"),
    *_COMMUNES,
    batch("file.period_open", period="2023-07"),
    batch("file.records_present", clean=0),
    unread("row.contact_readable", "contact_email", "not_an_email"),
    unread("row.contact_readable", "contact_phone", "several"),
    unread("row.placeholder_number", "tax_code", "placeholder"),
    unread("row.tax_check_digit", "tax_code", "check_digit"),
    unread("row.industry_unambiguous", "vsic_code", "ambiguous"),
    changed("row.industry_known", "vsic_code", vsic_code="0410"),
    changed("row.counts_not_negative", "headcount_female", headcount_female=-1),
    changed("row.counts_not_negative", "headcount", headcount=-1, headcount_female=None, size_band=None),
    changed("row.women_within_headcount", "headcount", headcount_female=121),
    changed("row.size_band_agrees", "size_band", size_band="10-49"),
    changed("row.size_band_agrees", "size_band", how="largest", size_band="10000+"),
    changed("row.demand_sum", "planned_hires_6m", planned_hires_6m=13),
    changed("row.demand_sum", "planned_hires_6m", how="no_grid", demand_grid=None),
    changed("row.demand_quantities", "demand_grid", how="women", demand_grid=_grid(("81", 12, 13))),
    changed("row.demand_quantities", "demand_grid", how="negative", demand_grid=_grid(("81", 14, 3), ("93", -2, None))),
    changed("row.demand_codes", "demand_grid", demand_grid=_grid(("11", 12, None))),
    changed("row.demand_plausible", "planned_hires_6m", planned_hires_6m=400, demand_grid=_grid(("81", 400, 0))),
    changed("row.tax_code_personal", "tax_code", tax_code="k:1", tax_code_kind="personal"),
    changed("row.surveyed_by_now", "surveyed_on", surveyed_on=date(2023, 6, 15)),
    batch("cross_batch.volume", name="fell", sender="804"),
    batch("cross_batch.volume", name="rose", sender="804", clean=850),
]
_ORDERS = [
    *_every_feed("contract_type", "posted_on"),
    changed("row.code_known", "priority_groups", how="list", priority_groups=["poor", "zzz"]),
    *_required("order_no", "employer_no", "title", "openings", "posted_on"),
    *_twins("order_no", "title"),
    changed("row.commune_known", "commune_code", commune_code=NOWHERE),
    batch("file.period_open", period="2023-06-15"),
    changed("row.openings_range", "openings", how="none", openings=0, openings_female=None),
    changed("row.openings_range", "openings", how="too_many", openings=5001),
    changed("row.women_not_negative", "openings_female", openings_female=-1),
    changed("row.women_within_openings", "openings", openings_female=11),
    unread("row.wage_readable", "wage_min_vnd", "range"),
    unread("row.wage_readable", "wage_max_vnd", "not_a_number"),
    changed("row.wage_plausible", "wage_min_vnd", wage_min_vnd=900_000),
    changed("row.wage_plausible", "wage_max_vnd", wage_max_vnd=250_000_000),
    changed("row.wage_order", "wage_max_vnd", wage_min_vnd=9_500_000),
    changed("row.wage_minimum", "wage_max_vnd", wage_min_vnd=3_000_000, wage_max_vnd=3_000_000),
    changed("row.dates_order", "deadline", deadline=date(2023, 5, 31)),
    changed("row.dates_order", "closed_on", closed_on=date(2023, 5, 31)),
    changed("row.posted_by_now", "posted_on", posted_on=date(2023, 6, 15), closed_on=None, close_reason=None),
    changed("row.closing_complete", "close_reason", how="no_reason", close_reason=None),
    changed("row.closing_complete", "close_reason", how="no_day", closed_on=None),
    changed("row.occupation_known", "occupation_code", occupation_code="9211"),
    Case("cross_row.wage_unit", _odd_unit, "wage_min_vnd", many=5),
    batch("cross_batch.volume", sender="804", clean=600),
]
_SURVEY = [
    *_every_feed("area_type", "surveyed_on"),
    changed("row.code_known", "priority_groups", how="list", priority_groups=["zzz"]),
    *_required("form_no", "full_name", "birth_date", "sex", "commune_code", "education_level", "qualification"),
    *_required("activity_status", "surveyed_on"),
    *_twins("form_no", "job_text"),
    *_COMMUNES,
    *_PEOPLE,
    Case("file.period_open", _in_2008, failing=lambda count: [], announced={"period": "2008"}),
    batch("file.records_present", clean=0),
    changed("row.age_plausible", "birth_date", how="young", birth_date=date(2007, 10, 16), national_id=None),
    changed("row.age_plausible", "birth_date", how="old", birth_date=date(1911, 10, 15), national_id=None),
    changed("row.jump_rules", "employment_status", activity_status="unemployed"),
    changed("row.jump_rules", "unemployed_duration", unemployed_duration="under_3m"),
    changed("row.jump_rules", "inactive_reason", inactive_reason="study"),
    changed("row.schooling_agrees", "qualification", how="education", education_level="primary"),
    changed("row.schooling_agrees", "qualification", how="field", qualification="none"),
    changed("row.surveyed_by_now", "surveyed_on", surveyed_on=date(2023, 6, 15)),
    changed("row.surveyed_in_period", "surveyed_on", how="after", surveyed_on=date(2023, 1, 1)),
    changed("row.surveyed_in_period", "surveyed_on", how="before", surveyed_on=date(2021, 12, 31)),
    batch("cross_batch.volume", name="fell", sender="804"),
    batch("cross_batch.volume", name="rose", sender="804", clean=850),
]
_SESSIONS = [
    *_every_feed("kind", "held_on"),
    *_required("session_no", "name", "kind", "held_on"),
    *_twins("session_no", "cost_planned_vnd"),
    changed("row.commune_known", "commune_code", commune_code=NOWHERE),
    Case("file.period_open", _in_2008, failing=lambda count: [], announced={"period": "2008-06", "sender": "806"}),
    Case(
        "row.fund_share_range",
        _pairs_of_funds({"fund_share_pct": 150}, {"fund_share_pct": -50}),
        "fund_share_pct",
        failing=lambda count: list(range(1, 2 * count + 1)),
        many=7,
    ),
    *(
        changed("row.counts_not_negative", column, **{column: -1})
        for column in ("cost_planned_vnd", "cost_settled_vnd", "employers_declared", "attendees_declared")
    ),
    changed("row.held_in_period", "held_on", how="before", held_on=date(2023, 5, 31)),
    changed("row.held_in_period", "held_on", how="not_yet", held_on=date(2023, 6, 15)),
    changed("cross_row.fund_shares", "fund_share_pct", fund_share_pct=70),
    Case(
        "cross_row.fund_shares",
        _pairs_of_funds({"fund_share_pct": None}, {"fund_share_pct": None}),
        "fund_share_pct",
        name="not_said",
        failing=lambda count: list(range(1, 2 * count + 1)),
        many=7,
    ),
    Case(
        "cross_row.session_agrees",
        _pairs_of_funds({}, {"name": "Phiên khác"}),
        "session_no",
        failing=lambda count: list(range(1, 2 * count + 1)),
        many=7,
    ),
    Case("cross_row.cost_unit", lambda rows, count: [r.update(cost_planned_vnd=60_000) for r in rows[:count]], many=5),
    Case("cross_batch.key_in_one_period", _known_before("session_no"), "session_no", announced={"sender": "805"}),
]
_ATTENDANCE = [
    *_every_feed("sex", "start_date", national_id=None),
    *_required("attendance_no", "session_no", "counselled"),
    *_twins("attendance_no", "wanted_job_text"),
    changed("row.commune_known", "commune_code", commune_code=NOWHERE),
    *_PEOPLE,
    batch("file.period_open", period="2023-07", sender="806"),
    changed("row.age_plausible", "birth_date", birth_date=date(2012, 5, 17), national_id=None),
    changed("row.interview_chain", "interview_result", interviewed=False),
    changed("row.interview_chain", "offered", interview_result="failed"),
    changed("row.interview_chain", "accepted", offered=False),
    changed("row.interview_chain", "start_date", accepted=None),
    changed("cross_row.walk_ins", "national_id", person_method="none", person_key=None, national_id=None),
    changed("cross_batch.session_known", "session_no", session_no="P99"),
    changed("cross_batch.start_after_session", "start_date", start_date=date(2023, 6, 4)),
    Case("cross_batch.key_in_one_period", _known_before("attendance_no"), "attendance_no", announced={"sender": "805"}),
    batch("cross_batch.volume", name="fell", sender="804", sequence=2),
    batch("cross_batch.volume", name="rose", sender="804", sequence=2, clean=850),
]
_NO_START = {"check_kind": "m3", "start_date": date(2023, 3, 10)}


def _second_starts(rows: list[Row], count: int) -> None:
    """Every two rows become two checks of one job start that disagree on its day."""
    for n in range(0, 2 * count, 2):
        rows[n + 1].update(rows[n] | _NO_START)


def _without_start(rows: list[Row], count: int) -> None:
    for n, row in enumerate(rows[:count]):
        row.update(_NO_START, placement_no=f"X{n}")


_PLACEMENTS = [
    *_every_feed("contract_type", "checked_on"),
    *_required("placement_no", "national_id", "channel", "check_kind", "checked_on", "start_date"),
    *_twins("check_kind", "job_text"),
    batch("file.period_open", period="2023-07"),
    unread("row.placeholder_number", "national_id", "placeholder"),
    changed("row.employer_district_known", "employer_district", employer_district="999"),
    changed("row.checked_in_window", "checked_on", how="before", checked_on=date(2023, 5, 19)),
    changed("row.checked_in_window", "checked_on", how="long_after", start_date=date(2023, 4, 1)),
    changed("row.checked_by_now", "checked_on", checked_on=date(2023, 6, 15)),
    changed("row.evidence_agrees", "evidence", in_job=None),
    changed("row.channel_agrees", "session_no", how="fair", session_no=None),
    changed("row.channel_agrees", "session_no", how="counter", channel="counter"),
    unread("row.wage_readable", "wage_vnd", "range"),
    changed("row.wage_plausible", "wage_vnd", how="low", wage_vnd=900_000),
    changed("row.wage_plausible", "wage_vnd", how="high", wage_vnd=250_000_000),
    changed("row.occupation_known", "occupation_code", occupation_code="9211"),
    Case(
        "cross_row.start_agrees", _second_starts, "placement_no", failing=lambda count: list(range(1, 2 * count + 1)), many=7,
    ),
    Case("cross_batch.start_first", _without_start, "check_kind"),
]  # fmt: skip


def _years_ago(rows: list[Row], count: int) -> None:
    for row in rows:
        row.update(as_of_date=date(2008, 12, 31), standard_version="2016-2020")


def _of_804(rows: list[Row], count: int) -> None:
    for row in rows:
        row["district_code"] = "804"


_REGISTER = [
    *_every_feed("status", "as_of_date"),
    *_required("household_no", "district_code", "commune_code", "status", "members", "standard_version", "as_of_date"),
    *_twins("household_no", "members"),
    Case("file.period_open", _years_ago, failing=lambda count: [], announced={"period": "2008"}),
    batch("file.records_present", clean=0),
    changed("row.commune_known", "commune_code", commune_code=NOWHERE),
    changed("row.commune_of_district", "commune_code", commune_code=ELSEWHERE),
    changed("row.members_range", "members", members=31),
    changed("row.working_age_range", "working_age_members", working_age_members=-1),
    changed("row.working_age_within", "members", working_age_members=5),
    changed("row.standard_of_year", "standard_version", standard_version="2016-2020"),
    changed("row.as_of_in_period", "as_of_date", as_of_date=date(2023, 1, 1)),
    Case("cross_batch.volume", _of_804, name="fell", failing=lambda count: [], announced={"sender": "804"}),
]


def _yet_to_come(rows: list[Row], count: int) -> None:
    for n, row in enumerate(rows[:count], 1):
        row["status_on"] = date(2023, 6, 14) + timedelta(days=n)


_PLANS = [
    *_every_feed("fund_type", "status_on"),
    *_required("unit_code", "plan_year", "activity", "fund_type", "plan_status", "status_on"),
    *_twins("plan_status", "planned_vnd"),
    batch("file.period_open", period="2023-07"),
    changed("row.unit_known", "unit_code", unit_code="999"),
    changed("row.plan_year_range", "plan_year", plan_year=2019),
    changed("row.amounts_not_negative", "planned_vnd", planned_vnd=-1),
    changed("row.amounts_not_negative", "target_quantity", target_quantity=-1),
    changed("row.approved_has_decision", "decision_no", plan_status="approved"),
    Case("row.status_by_now", _yet_to_come, "status_on"),
    changed("row.carried_after_year", "status_on", plan_status="carried_over"),
    changed("cross_batch.submitted_first", "plan_status", how="returned", plan_status="returned", unit_code="804"),
    changed(
        "cross_batch.submitted_first", "plan_status", how="approved", plan_status="approved", decision_no="1/QĐ", unit_code="804"
    ),
]  # fmt: skip


def _moves(rule: str, **values: Any) -> Case:
    """The first movement of a delivery is another one, and the accounts do not balance."""
    return Case(rule, lambda rows, count: rows[0].update(values), failing=lambda count: [])


_BUDGET = [
    *_every_feed("fund_source", "moved_on"),
    *_required("movement_no", "unit_code", "movement", "budget_year", "fund_year", "fund_type", "amount_vnd", "moved_on"),
    *_twins("movement_no", "amount_vnd"),
    batch("file.period_open", period="2023-07", sender="806"),
    changed("row.unit_known", "unit_code", unit_code="999"),
    changed("row.amount_positive", "amount_vnd", amount_vnd=0),
    changed("row.moved_by_now", "moved_on", moved_on=date(2023, 6, 15)),
    changed("row.moved_in_budget_year", "moved_on", moved_on=date(2022, 12, 31)),
    changed("row.fund_year_order", "budget_year", fund_year=2024),
    changed("cross_batch.approved_before_spent", "moved_on", movement="disbursement", activity="job_matching", amount_vnd=1),
    _moves("reconciliation.transfers_pair", movement="transfer_in"),
    _moves("reconciliation.carry_over", movement="carry_over_in", fund_year=2022),
    _moves("reconciliation.spent_within_allocation", movement="disbursement", amount_vnd=1_900_000_001),
]
CASES: dict[str, list[Case]] = {
    "employers": _EMPLOYERS,
    "job_orders": _ORDERS,
    "labour_survey": _SURVEY,
    "fair_sessions": _SESSIONS,
    "fair_attendance": _ATTENDANCE,
    "placements": _PLACEMENTS,
    "poverty_register": _REGISTER,
    "programme_plans": _PLANS,
    "budget_movements": _BUDGET,
}
# what is known before: sender 804 published so many records in that period, to be compared with
PUBLISHED_BEFORE = {
    "employers": ("2022-12", 400),
    "job_orders": ("2023-06-13", 40),
    "labour_survey": ("2021", 400),
    "fair_attendance": ("2023-06", 400),
    "poverty_register": ("2021", 400),
}
