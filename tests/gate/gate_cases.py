"""For every rule that the audit checks: rows that break it and nothing else, made from rows that break nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
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


_CLEAN = {
    "employers": _employer,
    "job_orders": _order,
    "labour_survey": _survey,
    "fair_sessions": _session,
    "fair_attendance": _attendance,
}
PERIODS = {
    "employers": "2023-06",
    "job_orders": "2023-06-14",
    "labour_survey": "2022",
    "fair_sessions": "2023-06",
    "fair_attendance": "2023-06",
}


@dataclass(frozen=True)
class Case:
    """A way to break a rule in the first `rows` rows of a delivery.

    breaks(rows, count) changes the clean rows; failing(count) are the rows that break the rule then, in column. announced:
    what the delivery says of itself. few, many: how many rows to break, below and beyond what is tolerated.
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
    """A delivery that says the wrong thing of itself; none of its rows is at fault."""
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
    changed("row.national_id_agrees", "national_id", how="sex", national_id="080090123456"),
    changed("row.national_id_agrees", "national_id", how="year", national_id="080191123456"),
    changed("cross_row.birth_heap", "birth_date", birth_date=date(1990, 1, 1)),
]
_COMMUNES = [
    changed("row.commune_known", "commune_code", commune_code=NOWHERE),
    changed("row.commune_of_sender", "commune_code", commune_code=ELSEWHERE),
]


def _every_feed(listed: str, date_column: str, **beside: Any) -> list[Case]:
    """Cases of the rules that hold for every feed. listed: a column with a code list; date_column: one with dates."""
    return [
        unread("row.value_readable", date_column, "impossible"),
        unread("row.code_known", listed, "not_in_list"),
        changed("row.code_known", listed, how="staged", **{listed: "zzz"}, **beside),
        changed("row.text_composed", "", how="nfc", notes=["name:spaces", "name:nfc"]),
        batch("reconciliation.declared_totals", totals={"records": 7, "unheard_of": 1}),
        batch("reconciliation.declared_totals", name="text", totals={"records": "hơn 20"}),
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
CASES: dict[str, list[Case]] = {
    "employers": _EMPLOYERS,
    "job_orders": _ORDERS,
    "labour_survey": _SURVEY,
    "fair_sessions": _SESSIONS,
    "fair_attendance": _ATTENDANCE,
}
# what is known before: sender 804 published so many records in that period, to be compared with
PUBLISHED_BEFORE = {
    "employers": ("2022-12", 400),
    "job_orders": ("2023-06-13", 40),
    "labour_survey": ("2021", 400),
    "fair_attendance": ("2023-06", 400),
}
