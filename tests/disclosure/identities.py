"""What the public can derive about hidden cells: sums, parts of a total, other views. Written apart from the hiding."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from tests.disclosure.published import (
    ALL_AREAS,
    COUNTS,
    CURRENT,
    ESTIMATES,
    PERSONS,
    SHARES,
    Cell,
    Figures,
    Geography,
    Published,
    Row,
    funnel_cells,
)

REFORM = "2025-07"
# Of these the parts of a breakdown add up to the total: it has a member "unknown" where one can be missing.
DIVIDING = ("sex", "channel", "occupation", "fund", "kind")
OVERLAPPING = ("priority_group", "area_group")
# A stock, and a figure that is not of a period, does not add up over periods.
FLOWS = {
    "starts", "placed_persons", "visits", "attended", "counselled", "interviewed", "passed", "started", "session_employers", "new_seekers",
}  # fmt: skip
STOCKS = {"seekers", "open_openings", "compared_seekers", "compared_openings"}
# What is compared is of the senders of which both sides arrived: of a district all or nothing.
COMPARED = {"open_openings": "compared_openings", "seekers": "compared_seekers", "planned_openings": "compared_planned"}
# In one cell the first has at least as many as the second.
AT_LEAST = [
    ("starts", "placed_persons"), ("placed_persons", "matched_persons"),
    *(("starts", f"checked_{k}") for k in ("m3", "m6", "m12")),
    ("visits", "attended"), ("attended", "counselled"), ("attended", "interviewed"), ("interviewed", "passed"), ("passed", "started"),
    ("interviewed", "offered"), ("offered", "accepted"),
    ("working_age", "with_need"), ("registered", "found_work"), ("poor", "poor_working_households"), *COMPARED.items(),
]  # fmt: skip
# In one cell the first is the sum of the others.
SUMS = [
    *((f"reached_{k}", (f"in_job_{k}", f"lost_{k}")) for k in ("m3", "m6", "m12")),
    *((f"checked_{k}", (f"reached_{k}", f"not_reached_{k}")) for k in ("m3", "m6", "m12")),
]
# In one cell the first is at least the sum of the others, which exclude each other.
ROOM = [("households", ("poor", "near_poor")), ("poor_working_households", ("sustained_households", "unplaced_households"))]


class Identity(NamedTuple):
    """low <= sum of coefficient times cell <= high. A presumed one is true but for rare persons, e.g. of two districts."""

    name: str
    terms: tuple[tuple[Cell, Fraction], ...]
    low: Fraction | None
    high: Fraction | None
    presumed: bool = False


def identities(published: Published, figures: Figures, geography: Geography) -> list[Identity]:
    """Every relation between cells that the public can derive.

    Args:
        published: What was read.
        figures: Its numbers by cell.
        geography: The published lists of areas.

    Returns:
        Each relation once.
    """
    found: dict[tuple, Identity] = {}
    cells = figures.known.keys() | figures.hidden.keys()
    for number, moment in enumerate(published.moments):
        # the funnel is of today
        today = [cell for cell in cells if cell.area_mode == ALL_AREAS] if number == 0 else []
        valid = {cell.of(known_from=CURRENT): cell for cell in [*_cells_of(moment, cells), *today]}
        for identity in _Moment(valid, str(number) if number else CURRENT, geography, published).all():
            found.setdefault((identity.terms, identity.low, identity.high), identity)
    shares = [identity for moment in published.moments for row in moment for identity in _share(row)]
    for identity in [*shares, *_complements(figures), *_changes(published, figures), *_funnel_steps(published)]:
        found.setdefault((identity.terms, identity.low, identity.high), identity)
    return list(found.values())


def _cells_of(rows: Iterable[Row], cells: Iterable[Cell]) -> Iterator[Cell]:
    for row in rows:
        for count in COUNTS[row.metric]:
            if count and (cell := row.cell(count)) in cells:
                yield cell


def _equal(name: str, total: Cell, parts: Iterable[tuple[Cell, int]], presumed: bool = False) -> Identity:
    return Identity(name, ((total, Fraction(-1)), *((part, Fraction(sign)) for part, sign in parts)), Fraction(0), Fraction(0), presumed)


class _Moment:
    """The relations among cells that are valid together. A cell is named without its vintage; `actual` is the one of that vintage."""

    def __init__(self, valid: Mapping[Cell, Cell], label: str, geography: Geography, published: Published) -> None:
        self.actual, self.label, self.geography, self.published = valid, label, geography, published
        self.former = set().union(*geography.districts.values())

    def all(self) -> Iterator[Identity]:
        yield from self.areas()
        yield from self.former_districts()
        yield from self.breakdowns()
        yield from self.periods()
        yield from self.within_a_cell()
        yield from self.other_views()

    def helper(self, cell: Cell, name: str) -> Cell:
        """A number that is not published, beside those that are."""
        return cell.of(area_mode="helper", area_code=name, known_from=self.label)

    def parts_of(self, name: str, total: Cell, parts: Sequence[Cell], complete: bool = True) -> Iterator[Identity]:
        """Parts of a total. Rows add up; persons may be in several parts. Parts that are not all published are at most the total."""
        if not parts:
            return
        total, parts = self.actual.get(total, total), [self.actual.get(part, part) for part in parts]
        sum_of_parts = [(part, 1) for part in parts]
        if total.count not in PERSONS and complete:
            yield _equal(name, total, sum_of_parts)
        elif total.count not in PERSONS:
            yield _equal(name, total, sum_of_parts)._replace(low=None)
        else:
            if complete:
                yield _equal(name, total, sum_of_parts)._replace(high=None)
                yield _equal(name, total, sum_of_parts, presumed=True)
            for part in parts:
                yield self.at_least(f"{name}: a part", total, part)

    def at_least(self, name: str, total: Cell, part: Cell) -> Identity:
        total, part = self.actual.get(total, total), self.actual.get(part, part)
        return Identity(name, ((total, Fraction(1)), (part, Fraction(-1))), Fraction(0), None)

    def grouped(self, *of: str) -> dict[Cell, list[Cell]]:
        """The cells that differ only in these columns."""
        groups: dict[Cell, list[Cell]] = defaultdict(list)
        for cell in self.actual:
            if cell.area_mode != ALL_AREAS:
                groups[cell.of(**dict.fromkeys(of, ""))].append(cell)
        return groups

    def areas(self) -> Iterator[Identity]:
        """The areas of a mode are the province, or the session."""
        for group, cells in self.grouped("area_mode", "area_code").items():
            total = group.of(area_mode="as_reported", area_code="all")
            if group.period_kind == "session":
                total = group.of(area_mode=ALL_AREAS, area_code="all")
            elif total not in self.actual:
                continue
            # of persons counselled, areas without a survey have no cell
            complete = group.count not in ("ever_counselled",)
            for mode in ("as_reported", "restated", "restated_former_district"):
                parts = [cell for cell in cells if cell.area_mode == mode and cell.area_code != "all"]
                yield from self.parts_of(f"areas {mode}", total, parts, complete)

    def former_districts(self) -> Iterator[Identity]:
        """A former district is what was reported of it and of its communes; and its communes of today, and rows without a commune."""
        for group, cells in self.grouped("area_mode", "area_code").items():
            by_mode: dict[str, dict[str, Cell]] = defaultdict(dict)
            for cell in cells:
                by_mode[cell.area_mode][cell.area_code] = cell
            former = by_mode["restated_former_district"]
            if not former:
                continue
            for mode in ("as_reported", "restated"):
                shares: dict[str, list[Cell]] = defaultdict(list)
                for code, cell in by_mode[mode].items():
                    if code == "all":
                        continue
                    of = {"unknown": set(former)} if mode == "restated" else {"unknown": {"unknown"}}
                    districts = of.get(code) or ({code} if code in former else self.geography.districts.get(code, set())) or {code}
                    if len(districts) == 1:
                        shares[next(iter(districts))].append(cell)
                        continue
                    parts = {district: self.helper(cell, f"{mode} {code} in {district}") for district in sorted(districts)}
                    for district, part in parts.items():
                        shares[district].append(part)
                    yield from self.parts_of(f"{mode} {code} in its former districts", cell, list(parts.values()))
                for district, parts in shares.items():
                    if district in former:
                        yield from self.parts_of(f"former district {mode}", former[district], parts, group.count != "ever_counselled")
            for code, cell in by_mode["restated"].items():
                if code != "unknown" and code in by_mode["as_reported"]:
                    yield self.at_least("a commune reported since the reform", cell, by_mode["as_reported"][code])

    def breakdowns(self) -> Iterator[Identity]:  # noqa: PLR0912
        """An area is the sum of the members of a breakdown that divides it; groups that overlap, and trades, are parts."""
        for group, cells in self.grouped("breakdown").items():
            total = group.of(breakdown="all")
            families: dict[str, list[Cell]] = defaultdict(list)
            for cell in cells:
                families[";".join(key.split("=")[0] for key in cell.breakdown.split(";"))].append(cell)
            if total in self.actual:
                for key in DIVIDING:
                    yield from self.parts_of(f"breakdown {key}", total, families[key])
                for key in OVERLAPPING:
                    for part in families[key]:
                        yield self.at_least(f"breakdown {key}", total, part)
            for key in {key for key in families if ";" in key and not key.startswith("standard")}:
                for place in (0, 1):
                    margins: dict[str, list[Cell]] = defaultdict(list)
                    for cell in families[key]:
                        margins[cell.breakdown.split(";")[place]].append(cell)
                    for member, parts in margins.items():
                        if group.of(breakdown=member) in self.actual:
                            yield from self.parts_of(f"breakdown {key}", group.of(breakdown=member), parts)
            trades: dict[str, list[Cell]] = defaultdict(list)
            for cell in families["trade"]:
                trades[cell.breakdown.removeprefix("trade=")[:2]].append(cell)
            for code, parts in trades.items():
                if group.of(breakdown=f"occupation={code}") in self.actual:
                    yield from self.parts_of("trades of an occupation", group.of(breakdown=f"occupation={code}"), parts, complete=False)

    def periods(self) -> Iterator[Identity]:
        """A year is its halves and its months, a half its months, a month its sessions; a stock of a quarter is that of its last month."""
        held = {cell.period: session["held_on"] for session in self.published.funnel for cell in funnel_cells(session).values()}
        for group, cells in self.grouped("period_kind", "period").items():
            of_kind: dict[str, dict[str, Cell]] = defaultdict(dict)
            for cell in cells:
                of_kind[cell.period_kind][cell.period] = cell
            months = of_kind["month"]
            if group.count in FLOWS:
                for year, cell in of_kind["year"].items():
                    yield from self.parts_of("months of a year", cell, [part for period, part in months.items() if period[:4] == year])
                    yield from self.parts_of(
                        "halves of a year", cell, [part for period, part in of_kind["half"].items() if period[:4] == year]
                    )
                for half, cell in of_kind["half"].items():
                    parts = [part for period, part in months.items() if _half(period) == half]
                    yield from self.parts_of("months of a half", cell, parts)
                for month, cell in months.items():
                    parts = [part for name, part in of_kind["session"].items() if name in held and f"{held[name]:%Y-%m}" == month]
                    yield from self.parts_of("sessions of a month", cell, parts)
            elif group.count in STOCKS:
                for quarter, cell in of_kind["quarter"].items():
                    last = max((period for period in months if _quarter(period) == quarter), default=None)
                    if last:
                        yield _equal("a quarter is its last month", self.actual[cell], [(self.actual[months[last]], 1)])

    def within_a_cell(self) -> Iterator[Identity]:
        """What is counted of the same persons in the same cell."""
        for cells in self.grouped("count").values():
            yield from self._within(cells)
        sessions: dict[str, list[Cell]] = defaultdict(list)
        for cell in self.actual:
            if cell.area_mode == ALL_AREAS:
                sessions[cell.period].append(cell)
        for cells in sessions.values():
            yield from self._within(cells)

    def _within(self, cells: Sequence[Cell]) -> Iterator[Identity]:
        by_count = {cell.count: cell for cell in cells}
        for total, part in AT_LEAST:
            if total in by_count and part in by_count:
                yield self.at_least(f"{part} are {total}", by_count[total], by_count[part])
        for total, compared in COMPARED.items():
            if total in by_count and compared in by_count and cells[0].area_code in self.former:
                yield _equal("all of a district is compared", by_count[total], [(by_count[compared], 1)], presumed=True)
        for total, parts in SUMS:
            if total in by_count and all(part in by_count for part in parts):
                yield from self.parts_of(f"{total} are {' and '.join(parts)}", by_count[total], [by_count[part] for part in parts])
        for total, parts in ROOM:
            if total in by_count:
                there = [by_count[part] for part in parts if part in by_count]
                yield from self.parts_of(f"{' and '.join(parts)} are {total}", by_count[total], there, complete=False)

    def other_views(self) -> Iterator[Identity]:
        """Coded jobs are the employed of all surveys; the fall of poverty is a difference of vintages; visits are records of the sender."""
        for group, cells in self.grouped("breakdown").items():
            if group.count == "employed" and group.of(breakdown="all") in self.actual:
                yield from self._coded(group.of(breakdown="all"), cells)
        for cell, actual in self.actual.items():
            if cell.count in ("fall", "poor_in_baseline"):
                standard, baseline = cell.breakdown.split(";baseline=")
                later = cell.of(count="poor", breakdown=standard)
                earlier = later.of(period=baseline)
                terms = [(earlier, 1)] if cell.count == "poor_in_baseline" else [(earlier, 1), (later, -1)]
                if all(term in self.actual for term, _ in terms):
                    yield _equal("the fall of poverty", actual, [(self.actual[term], sign) for term, sign in terms])
        if self.label == CURRENT:
            by_sender: dict[str, list[Cell]] = defaultdict(list)
            for cell in self.actual:
                if cell.count == "visits" and cell.period_kind == "session" and cell.area_mode == "as_reported":
                    by_sender[cell.period.split("/")[0]].append(self.actual[cell])
            for sender, cells in by_sender.items():
                records = Fraction(self.published.records.get(("fair_attendance", sender), 0))
                yield Identity("records of the sender", tuple((cell, Fraction(1)) for cell in cells), None, records)

    def _coded(self, employed: Cell, same_place: Sequence[Cell]) -> Iterator[Identity]:
        jobs = employed.of(count="jobs", breakdown="feed=labour_survey")
        if jobs not in self.actual:
            return
        provisional, coded = (self.actual.get(jobs.of(count=count)) for count in ("provisional_jobs", "coded_jobs"))
        trades = [(self.actual[cell], Fraction(-1)) for cell in same_place if cell.breakdown.startswith("trade=")]
        outside = ((self.actual[jobs], Fraction(-1)), (self.actual[employed], Fraction(1)))
        if provisional and trades:
            yield Identity("provisional codes are trades", ((provisional, Fraction(1)), *trades), Fraction(0), None)
            yield Identity("provisional codes are trades", ((provisional, Fraction(1)), *trades, *outside), None, Fraction(0))
        occupations = [
            (self.actual[cell], Fraction(-1))
            for cell in same_place
            if cell.breakdown.startswith("occupation=") and cell.breakdown != "occupation=unknown"
        ]
        if coded and occupations:
            yield Identity("coded jobs have an occupation", ((coded, Fraction(1)), *occupations), Fraction(0), None)
            yield Identity("coded jobs have an occupation", ((coded, Fraction(1)), *occupations, *outside), None, Fraction(0))


def _half(month: str) -> str:
    return f"{month[:4]}-H{1 if month[5:] <= '06' else 2}"


def _quarter(month: str) -> str:
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def _share(row: Row) -> Iterator[Identity]:
    """What a shown ratio says of its counts: it was rounded to as many digits as it has."""
    above, below = COUNTS[row.metric]
    if row.value is None or below is None or row.metric in ESTIMATES or (row.numerator is not None and row.denominator is not None):
        return
    value, half = Fraction(row.value), Fraction(1, 2 * 10 ** -int(row.value.as_tuple().exponent))
    for sign in (-1, 1):
        terms = ((row.cell(above), Fraction(1)), (row.cell(below), -(value + sign * half)))
        yield Identity("a shown share", terms, *((Fraction(0), None) if sign < 0 else (None, Fraction(0))))


def _complements(figures: Figures) -> Iterator[Identity]:
    """The persons outside a share."""
    for row in figures.rows:
        if row.metric in SHARES:
            above, below = COUNTS[row.metric]
            total = row.cell(str(below))
            yield _equal("the persons outside a share", total, [(row.cell(above), 1), (row.cell(f"{below} less {above}"), 1)])


def _funnel_steps(published: Published) -> Iterator[Identity]:
    """A step that is hidden by itself, in a session that is shown, is small by the published rule."""
    for session in published.funnel:
        if session["attended"] is not None:
            for step, cell in funnel_cells(session).items():
                if session[step] is None:
                    yield Identity("a step hidden by itself", ((cell, Fraction(1)),), Fraction(1), Fraction(4))


def _changes(published: Published, figures: Figures) -> Iterator[Identity]:
    """From one vintage to the next, a part changed at most as much as its total, and in the same direction."""
    rows: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in figures.known.keys() | figures.hidden.keys():
        if cell.known_from:
            rows[cell.of(known_from=CURRENT)].append(cell)
    moments = [{c.of(known_from=CURRENT): c for c in _cells_of(m, figures.known.keys() | figures.hidden.keys())} for m in published.moments]
    for later, earlier in pairwise(moments):
        for base, cell in later.items():
            total = base.of(area_mode="as_reported", area_code="all", breakdown="all")
            before = earlier.get(base)
            if before is None or before == cell or (cell in figures.known and before in figures.known):
                continue
            if total == base or total not in later or total not in earlier:
                continue
            ends = figures.known.get(later[total]), figures.known.get(earlier[total])
            if ends[0] is None or ends[1] is None:
                continue
            change = ends[0] - ends[1]
            terms = ((cell, Fraction(1)), (before, Fraction(-1)))
            yield Identity("a change between vintages", terms, min(change, Fraction(0)), max(change, Fraction(0)), presumed=True)
