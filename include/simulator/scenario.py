"""The contents of a night: senders, feeds and forms; the bad deliveries, each with its reason and its expected effect."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from simulator import spoiling
from simulator.chance import stream
from simulator.deliveries import VIETNAM, HandOver
from simulator.files import CSV, JSON, NDJSON, XLSX
from simulator.survey import Record

DISTRICT_FEEDS = ("employers", "job_orders", "labour_survey", "fair_sessions", "fair_attendance")
PROVINCE_FEEDS = {"SC": ("placements",), "DOLISA": ("poverty_register", "programme_plans", "budget_movements")}
FEEDS = (*DISTRICT_FEEDS, *(feed for feeds in PROVINCE_FEEDS.values() for feed in feeds))
PERIODS = {
    "employers": "2023-06",
    "job_orders": "2023-06-14",
    "labour_survey": "2022",
    "fair_sessions": "2023-06",
    "fair_attendance": "2023-06",
}

# feed: sender: form and, for a text file, its declared encoding; other senders send JSON
_FORMS: dict[str, dict[str, str]] = {
    "employers": {
        **dict.fromkeys(("794", "795", "799", "803", "806"), "xlsx-a"),
        **dict.fromkeys(("796", "801", "802", "807", "808"), "xlsx-b"),
        **dict.fromkeys(("797", "800", "804"), "csv-a"),
        **dict.fromkeys(("798", "805"), "csv-b utf-8-sig"),
    },
    "job_orders": {"796": "xlsx-b", "797": "xlsx-a", "801": "csv-a", "804": "csv-a utf-8-sig", "808": "csv-b utf-16"},
    "labour_survey": {"796": "ndjson", "799": "ndjson", "804": "ndjson", "805": "xlsx-a"},
    "fair_sessions": {"794": "xlsx-a", "803": "xlsx-b", "802": "csv-a", "807": "csv-b utf-8-sig", "806": "xlsx-a"},
    "fair_attendance": {"794": "xlsx-b", "803": "xlsx-a", "802": "csv-b utf-8-sig", "807": "csv-a", "806": "csv-a utf-16"},
}
_MEDIA_TYPES = {"xlsx": XLSX, "csv": CSV}


def feeds_of(sender: str) -> tuple[str, ...]:
    """The feeds of a sender: five for districts, others for the service centre and the department."""
    return PROVINCE_FEEDS.get(sender, DISTRICT_FEEDS)


def form_of(feed: str, sender: str) -> dict[str, Any]:
    """The media type, form and encoding of a feed from a sender."""
    form, _, encoding = _FORMS.get(feed, {}).get(sender, "json").partition(" ")
    if form in ("json", "ndjson"):
        return {"media_type": JSON if form == "json" else NDJSON, "form": None, "encoding": None}
    return {"media_type": _MEDIA_TYPES[form.split("-")[0]], "form": form, "encoding": encoding or None}


def handed_over_at(feed: str, place: int) -> datetime:
    """When the sender at that place of the list hands a feed over: the survey after its round, other feeds on the day itself."""
    year, month, day = (2022, 12, 10) if feed == "labour_survey" else (2023, 6, 14)
    return datetime(year, month, day, 15, 0, tzinfo=VIETNAM) + timedelta(minutes=7 * place + FEEDS.index(feed))


# offices that send orders daily: all of them a day earlier, and on the day only new and closed ones
DAILY = ("802", "803")


def day_before(today: HandOver) -> HandOver:
    """The orders that an office handed over a day earlier; orders without a change leave today's hand-over."""
    day = PERIODS["job_orders"]
    earlier = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    open_still = {"closed_on": None, "close_reason": None}
    orders = [{**r, **open_still} if r["closed_on"] == day else r for r in today.records if r["posted_on"] < day]
    today.records = [r for r in today.records if day in (r["posted_on"], r["closed_on"])]
    return replace(today, period=earlier, records=orders, created_at=today.created_at - timedelta(days=1), declared={}, spoilt=set())


@dataclass(frozen=True)
class Bad:
    """A bad delivery. effect is the expected effect of the delivery that is spoilt or added:

    rejected     could not be read or verified as announced
    blocked      read, and blocked by the audit
    quarantined  published without its bad rows
    warned       published, with a warning
    normalised   published, with text or numbers normalised
    superseded   not published: another delivery has the same content or a newer sequence
    published    published as it is
    left_alone   a draft: not loaded

    spoil changes the hand-over in place; add returns one more hand-over, which then has the effect.
    """

    name: str
    feed: str
    sender: str
    effect: str
    reason: str
    spoil: spoiling.Spoil | None = None
    add: Callable[[HandOver, Random], HandOver] | None = None


def _duplicate(first: HandOver, rng: Random) -> HandOver:
    return _resend(first, list(first.records), minutes=95)


def _correction(first: HandOver, rng: Random) -> HandOver:
    """A correction half a year later: a few more forms, one in a hundred corrected, handed over on the night itself."""
    records = list(first.records)
    first.records = records[: -max(1, len(records) // 50)]
    for place in rng.sample(range(len(first.records)), k=max(1, len(records) // 100)):
        first.records[place] = {**first.records[place], "phone": None, "enumerator": None}
    return _resend(first, records, minutes=60 * 24 * 185, supersedes=first.delivery_id)


def _withdrawal(first: HandOver, rng: Random) -> HandOver:
    return _resend(first, [], minutes=120, supersedes=first.delivery_id)


def _one_sided(first: HandOver, rng: Random) -> HandOver:
    """A movement of money that no other movement balances."""
    last = next(record for record in first.records if record["movement"] == "transfer_in")
    return _resend(first, [{**last, "movement_no": "2022-9999", "amount_vnd": rng.randrange(1_000, 9_999) * 1_000}], minutes=60 * 24 * 30)


def _draft(first: HandOver, rng: Random) -> HandOver:
    draft = _resend(first, first.records[: len(first.records) // 3], minutes=60 * 24 * 180, supersedes=first.delivery_id)
    draft.status = "draft"
    return draft


def _resend(first: HandOver, records: list[Record], minutes: int, supersedes: str | None = None) -> HandOver:
    return HandOver(
        first.feed,
        first.district,
        first.period,
        records,
        first.media_type,
        first.created_at + timedelta(minutes=minutes),
        first.form,
        first.encoding,
        first.sequence + 1,
        supersedes,
    )


BAD = (
    Bad("broken_hash", "job_orders", "800", "rejected", "the SHA-256 announced is not that of the records", spoiling.broken_hash),
    Bad("wrong_count", "labour_survey", "797", "rejected", "more records are announced than come", spoiling.wrong_count),
    Bad("header_drift", "employers", "799", "rejected", "one column renamed, one put in", spoiling.header_drift),
    Bad("old_font_text", "employers", "804", "rejected", "names typed in a TCVN3 font, in UTF-8", spoiling.old_font_text),
    Bad("old_font_bytes", "job_orders", "801", "rejected", "TCVN3 bytes where UTF-8 is declared", spoiling.old_font_bytes),
    Bad("unit_mix", "job_orders", "805", "blocked", "two wages in five are in million đồng, the rest in đồng", spoiling.unit_mix),
    Bad("wrong_district", "labour_survey", "798", "blocked", "most people live in communes of 797", spoiling.wrong_district),
    Bad("nfd_text", "labour_survey", "796", "normalised", "letters and their marks apart", spoiling.nfd_text),
    Bad("declared_1258", "employers", "805", "normalised", "windows-1258, and declared so", spoiling.declared_1258),
    Bad("numbers_as_numbers", "fair_attendance", "794", "normalised", "ids without leading zeros", spoiling.numbers_as_numbers),
    Bad("duplicate_hand_over", "job_orders", "806", "superseded", "the same content under a new delivery id", add=_duplicate),
    Bad("late_correction", "labour_survey", "795", "published", "sequence 2 supersedes one of half a year ago", add=_correction),
    Bad("empty_correction", "fair_sessions", "801", "published", "a session was put off: sequence 2 is empty", add=_withdrawal),
    Bad("draft", "labour_survey", "808", "left_alone", "a correction that is still a draft", add=_draft),
    Bad("totals_differ", "fair_attendance", "807", "warned", "1,530 typed, far fewer in the rows", spoiling.typed_attendees),
    Bad("ambiguous_industry", "employers", "808", "quarantined", "1610: 01610 or saw mills", spoiling.ambiguous_industry),
    Bad("wrong_check_digit", "employers", "803", "quarantined", "a tax code that cannot be", spoiling.wrong_check_digit),
    Bad("formula_error", "employers", "803", "quarantined", "#N/A in the cell of the commune", spoiling.formula_error),
    Bad("more_women_than_people", "employers", "803", "quarantined", "in a line of the grid", spoiling.more_women_than_people),
    Bad("deadline_before_posting", "job_orders", "807", "quarantined", "due before posted", spoiling.deadline_before_posting),
    Bad("wages_crossed", "job_orders", "807", "quarantined", "the lowest wage is above the highest", spoiling.wages_crossed),
    Bad("impossible_date", "labour_survey", "802", "quarantined", "surveyed on 31 November", spoiling.impossible_date),
    Bad("survey_jump", "labour_survey", "802", "quarantined", "employed and out of work at once", spoiling.survey_jump),
    Bad("placeholder_person", "labour_survey", "802", "quarantined", "Nguyễn Văn A, 000000000000", spoiling.placeholder_person),
    Bad("accepted_unasked", "fair_attendance", "803", "quarantined", "accepted, but never offered", spoiling.accepted_unasked),
    Bad("started_before", "fair_attendance", "803", "quarantined", "began before the session was held", spoiling.started_before),
    Bad("checked_too_soon", "placements", "SC", "quarantined", "the check of three months after three weeks", spoiling.checked_too_soon),
    Bad("more_workers_than_members", "poverty_register", "DOLISA", "quarantined", "of working age", spoiling.more_workers_than_members),
    Bad("no_decision", "programme_plans", "DOLISA", "quarantined", "approved, and by no decision", spoiling.no_decision),
    Bad("one_sided_transfer", "budget_movements", "DOLISA", "blocked", "money came in that went out nowhere", add=_one_sided),
)


def spoil_night(hand_overs: list[HandOver], seed: int) -> list[dict[str, Any]]:
    """Create the bad deliveries of a night: change hand-overs in place and add others. Returns one dict with the expected effect of each:

    name, feed, sender, period, delivery_id, effect, rows (bad in themselves), reason.
    """
    expected = []
    for bad in BAD:
        first = next((h for h in hand_overs if (h.feed, h.district.code) == (bad.feed, bad.sender)), None)
        if first is None:  # a night with few senders
            continue
        rng, spoilt, rows = stream(seed, "bad", bad.name), first, 0
        if bad.add:
            spoilt = bad.add(first, rng)
            hand_overs.append(spoilt)
        if bad.spoil:
            rows = bad.spoil(first, rng)
        delivery = {
            "name": bad.name,
            "feed": bad.feed,
            "sender": bad.sender,
            "period": spoilt.period,
            "delivery_id": spoilt.delivery_id,
        }
        expected.append(delivery | {"effect": bad.effect, "rows": rows, "reason": bad.reason})
    return expected
