"""The attacker: from what the public knows, the feasible interval of each hidden cell.

Integer propagation comes first; what it leaves is solved in connected components.
That a cell is safe is shown by sets of whole numbers that are put into every identity: in one it is 5 or more, and in two it differs.
A cell without them is a finding; where the solver stopped early it is undecided.
"""

import gc
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import count, pairwise
from typing import NamedTuple

import highspy
import numpy as np
from scipy.sparse import csr_array, hstack

from tests.disclosure.identities import REFORM, Identity, identities
from tests.disclosure.published import COUNTS, FRACTIONS, IMPERSONAL, Cell, Geography, Number, Published, Row, figures_of

SMALLEST = 5
SECONDS = 10  # for one call of the solver
COMPONENT_SECONDS = 20  # after that, what is left of a component is undecided
ENOUGH = 4  # unknowns that a draw must settle to be worth more than asking for each alone
ROUNDING = Fraction(1, 10**6)  # restated counts have six decimals


@dataclass(frozen=True)
class Finding:
    """A hidden cell that is revealed: exact, small (below 5 in every case) or undecided (the solver stopped)."""

    kind: str
    cell: Cell
    low: Number
    high: Number | None
    by: str  # the identity that settled it


class Change(NamedTuple):
    """A shown count of persons that differs by few between two vintages: that many persons came or went."""

    earlier: Row
    later: Row
    persons: Number


@dataclass
class Report:
    """What the attacker found, by hidden cell, and the rows that these cells belong to."""

    findings: dict[Cell, Finding] = field(default_factory=dict)
    rows: dict[Row, list[Finding]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_cells: int = 0
    contradictions: list[Identity] = field(default_factory=list)  # certain identities that the shown figures do not meet
    dropped: list[Identity] = field(default_factory=list)  # presumed ones that they do not meet
    seconds: float = 0.0

    def number(self, kind: str) -> int:
        return sum(finding.kind == kind for finding in self.findings.values())

    def by_metric(self) -> Counter:
        """Findings by metric, kind of breakdown and kind of finding."""
        counted: Counter = Counter()
        for row, findings in self.rows.items():
            keys = ";".join(key.split("=")[0] for key in row.breakdown.split(";"))
            counted[row.metric, keys, min(finding.kind for finding in findings)] += 1
        return counted


@dataclass
class _Problem:
    """Identities over the unknown cells alone, by number."""

    cells: list[Cell]
    integral: list[bool]
    low: list[Number]
    high: list[Number | None]
    identities: list[tuple[list[tuple[int, Number]], Number | None, Number | None, Identity]]
    fixed_by: dict[int, str] = field(default_factory=dict)


def attack(published: Published, geography: Geography | None = None, presume: bool = True) -> Report:
    """The hidden cells that the public can compute, or prove to be small.

    Args:
        published: What the role bi_reader can read.
        geography: The lists of areas; those of the repository, unless given.
        presume: Also take a person to be in one part of a total only, where the figures do not refute it. A finding can then be wrong.

    Returns:
        The findings with their identities.
    """
    started = time.monotonic()
    gc.disable()  # millions of small objects that all stay
    try:
        report = _attack(published, geography or Geography.published(), presume)
    finally:
        gc.enable()
    report.seconds = time.monotonic() - started
    return report


def _attack(published: Published, geography: Geography, presume: bool) -> Report:
    figures = figures_of(published)
    report = Report(changes=list(_changes(published)))
    relations = [identity for identity in identities(published, figures, geography) if presume or not identity.presumed]
    problem = _problem(figures.known, figures.hidden, relations, geography, report)
    number = {cell: i for i, cell in enumerate(problem.cells)}
    targets = {
        number[cell]
        for cells in [*figures.rows.values(), figures.steps]
        for cell in cells
        if cell in number and cell.count not in IMPERSONAL
    }  # fmt: skip
    report.hidden_rows, report.hidden_cells = len(figures.rows), len(targets)
    for cell in {cell for cells in figures.rows.values() for cell in cells if cell in figures.known}:
        report.findings[cell] = Finding("exact", cell, figures.known[cell], figures.known[cell], "another row shows it")
    for component in _components(problem):
        _solve(problem, component, targets, report)
    for row, cells in figures.rows.items():
        if found := [report.findings[cell] for cell in cells if cell in report.findings]:
            report.rows[row] = found
    return report


def _changes(published: Published) -> Iterator[Change]:
    """The shown counts of persons that two consecutive vintages give with a small difference."""
    for later, earlier in pairwise(published.moments):
        before = {row._replace(numerator=None, denominator=None, value=None, is_suppressed=False, known_from=""): row for row in earlier}
        for row in later:
            then = before.get(row._replace(numerator=None, denominator=None, value=None, is_suppressed=False, known_from=""))
            counts = COUNTS[row.metric]
            if then is None:
                continue
            for name, now, was in zip(counts, (row.numerator, row.denominator), (then.numerator, then.denominator), strict=True):
                if name and name not in IMPERSONAL and now is not None and was is not None and 0 < abs(now - was) < SMALLEST:
                    yield Change(then, row, abs(Fraction(now) - Fraction(was)))


def _number(value: Number) -> Number:
    """An int where it is one: propagation of ints is fast."""
    return int(value) if value == int(value) else Fraction(value)


def _problem(
    known: dict[Cell, Fraction], hidden: dict[Cell, int], relations: Iterable[Identity], geography: Geography, report: Report
) -> _Problem:
    fractional = _fractional_places(known, geography)
    problem = _Problem([], [], [], [], [])
    numbers: dict[Cell, int] = {}

    def unknown(cell: Cell) -> int:
        if cell not in numbers:
            numbers[cell] = len(problem.cells)
            is_integer = cell.count not in FRACTIONS and not fractional(cell)
            problem.cells.append(cell)
            problem.integral.append(is_integer)
            problem.low.append(-(10**9) if cell.count == "fall" else hidden.get(cell, 0) if is_integer else 0)
            problem.high.append(None)
        return numbers[cell]

    for cell in hidden:
        if cell not in known:
            unknown(cell)
    for relation in relations:
        constant: Number = 0
        terms: dict[int, Number] = defaultdict(int)
        is_rounded = False
        for cell, factor in relation.terms:
            if cell in known:
                constant += _number(factor * known[cell])
                is_rounded |= known[cell].denominator > 1
            else:
                terms[unknown(cell)] += _number(factor)
        is_rounded |= not all(problem.integral[i] for i in terms)
        slack = ROUNDING * len(relation.terms) if is_rounded else 0
        low = None if relation.low is None else _number(relation.low - constant - slack)
        high = None if relation.high is None else _number(relation.high - constant + slack)
        if terms:
            problem.identities.append(([(i, f) for i, f in terms.items() if f], low, high, relation))
        elif (low is not None and low > 0) or (high is not None and high < 0):
            (report.dropped if relation.presumed else report.contradictions).append(relation)
    return problem


def _fractional_places(known: dict[Cell, Fraction], geography: Geography):
    """Whether a cell may be a fraction: its area has a share of a divided commune, or a fraction is shown there."""
    visible = {(cell.area_mode, cell.area_code) for cell, value in known.items() if value.denominator > 1 and cell.count not in FRACTIONS}
    straddling = {district for districts in geography.districts.values() if len(districts) > 1 for district in districts}

    def is_fractional(cell: Cell) -> bool:
        if cell.area_mode == "helper":
            return cell.period_kind == "all" or cell.period >= REFORM[:4] or any(code in cell.area_code for code in geography.divided)
        if cell.area_mode == "restated_former_district" and cell.area_code in straddling and not ("2" <= cell.period < REFORM[:4]):
            return True
        return (cell.area_mode, cell.area_code) in visible or (cell.area_mode == "restated" and cell.area_code in geography.divided)

    return is_fractional


def _components(problem: _Problem) -> list[tuple[list[int], list[int]]]:
    """The unknowns that identities connect, with the numbers of these identities; the smallest first."""
    parent = list(range(len(problem.cells)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for terms, *_ in problem.identities:
        first = root(terms[0][0])
        for i, _ in terms[1:]:
            parent[root(i)] = first
    members: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for i in range(len(problem.cells)):
        members[root(i)][0].append(i)
    for k, (terms, *_) in enumerate(problem.identities):
        members[root(terms[0][0])][1].append(k)
    return sorted(members.values(), key=lambda member: (len(member[0]), member[0]))


def _solve(problem: _Problem, component: tuple[list[int], list[int]], targets: set[int], report: Report) -> None:
    """Settle the targets of a component: drop presumptions that the figures refute, propagate, and solve what is left."""
    unknowns, relations = component
    if not targets.intersection(unknowns):
        return
    bounds = {i: (problem.low[i], problem.high[i]) for i in unknowns}
    presumed = [k for k in relations if problem.identities[k][3].presumed]
    if presumed:
        refuted = _refuted(problem, unknowns, relations, presumed)
        report.dropped += [problem.identities[k][3] for k in refuted]
        relations = [k for k in relations if k not in refuted]
    if not _propagate(problem, relations):
        report.dropped += [problem.identities[k][3] for k in relations if problem.identities[k][3].presumed]
        relations = [k for k in relations if not problem.identities[k][3].presumed]
        for i, (low, high) in bounds.items():
            problem.low[i], problem.high[i] = low, high
            problem.fixed_by.pop(i, None)
        if not _propagate(problem, relations):
            report.contradictions += [problem.identities[k][3] for k in relations]
            return
    for i in sorted(targets.intersection(unknowns)):
        low, high = problem.low[i], problem.high[i]
        if high is not None and (low == high or high < SMALLEST):
            kind = "exact" if low == high else "small"
            report.findings[problem.cells[i]] = Finding(kind, problem.cells[i], low, high, problem.fixed_by.get(i, "bounds"))
    free = {i for i in unknowns if problem.low[i] != problem.high[i]}
    for rest, rest_relations in _split(problem, free, relations):
        if left := [i for i in rest if i in targets and problem.cells[i] not in report.findings]:
            _Solver(problem, rest, rest_relations).resolve(left, report)


def _split(problem: _Problem, free: set[int], relations: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """What fixed cells leave of a component, as components again."""
    left = _Problem(problem.cells, problem.integral, problem.low, problem.high, [])
    kept = []
    for k in relations:
        terms = [(i, f) for i, f in problem.identities[k][0] if i in free]
        if terms:
            left.identities.append((terms, *problem.identities[k][1:]))
            kept.append(k)
    return [(members, [kept[k] for k in numbers]) for members, numbers in _components(left) if any(i in free for i in members)]


def _propagate(problem: _Problem, relations: Sequence[int]) -> bool:  # noqa: PLR0912
    """Narrow the bounds of every unknown by every identity, in whole numbers, until nothing changes. False: they contradict each other."""
    low, high, integral = problem.low, problem.high, problem.integral
    of_cell: dict[int, list[int]] = defaultdict(list)
    for k in relations:
        for i, _ in problem.identities[k][0]:
            of_cell[i].append(k)
    queue, queued = deque(relations), set(relations)
    changes: Counter = Counter()
    while queue:
        k = queue.popleft()
        queued.discard(k)
        terms, least, most, relation = problem.identities[k]
        # the least and the most that the terms can add up to, without those that have no limit
        smallest = largest = 0
        endless_down = endless_up = 0
        for i, factor in terms:
            down, up = (low[i], high[i]) if factor > 0 else (high[i], low[i])
            if down is None:
                endless_down += 1
            else:
                smallest += factor * down
            if up is None:
                endless_up += 1
            else:
                largest += factor * up
        if (most is not None and not endless_down and smallest > most) or (least is not None and not endless_up and largest < least):
            return False
        for i, factor in terms:
            down, up = (low[i], high[i]) if factor > 0 else (high[i], low[i])
            new_low, new_high = low[i], high[i]
            if most is not None and endless_down == (down is None):
                limit = _quotient(most - smallest + (0 if down is None else factor * down), factor, integral[i])
                if factor < 0:
                    new_low = max(new_low, limit)
                elif new_high is None or limit < new_high:
                    new_high = limit
            if least is not None and endless_up == (up is None):
                limit = _quotient(largest - least - (0 if up is None else factor * up), -factor, integral[i])
                if factor > 0:
                    new_low = max(new_low, limit)
                elif new_high is None or limit < new_high:
                    new_high = limit
            if new_high is not None and new_low > new_high:
                return False
            # bounds of fractions can approach a limit for ever
            if (new_low, new_high) != (low[i], high[i]) and (integral[i] or changes[i] < 20):
                changes[i] += 1
                low[i], high[i] = new_low, new_high
                problem.fixed_by[i] = relation.name
                for other in of_cell[i]:
                    if other not in queued:
                        queued.add(other)
                        queue.append(other)
                break
    return True


def _quotient(most: Number, factor: Number, is_integer: bool) -> Number:
    """The limit of x in `factor * x <= most`: from above, or from below where the factor is negative; a whole number if x is one."""
    if not is_integer:
        return Fraction(most) / factor
    return most // factor if factor > 0 else -(most // -factor)


def _matrix(problem: _Problem, unknowns: Sequence[int], relations: Sequence[int]) -> tuple[csr_array, np.ndarray, np.ndarray]:
    column = {i: c for c, i in enumerate(unknowns)}
    rows, columns, factors, least, most = [], [], [], [], []
    for r, k in enumerate(relations):
        terms, low, high, _ = problem.identities[k]
        fixed: Number = 0
        for i, factor in terms:
            if i in column:
                rows.append(r)
                columns.append(column[i])
                factors.append(float(factor))
            else:
                fixed += factor * problem.low[i]
        least.append(-np.inf if low is None else float(low - fixed))
        most.append(np.inf if high is None else float(high - fixed))
    return csr_array((factors, (rows, columns)), shape=(len(relations), len(unknowns))), np.array(least), np.array(most)


def _limits(problem: _Problem, unknowns: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([float(problem.low[i]) for i in unknowns]),
        np.array([np.inf if (high := problem.high[i]) is None else float(high) for i in unknowns]),
    )


def _refuted(problem: _Problem, unknowns: list[int], relations: list[int], presumed: list[int]) -> set[int]:
    """The fewest presumptions without which the others can hold: those that need slack when all slack together is least."""
    matrix, least, most = _matrix(problem, unknowns, relations)
    place = {k: r for r, k in enumerate(relations)}
    rows = [place[k] for k in presumed for _ in (0, 1)]
    slack = csr_array((np.tile([1.0, -1.0], len(presumed)), (rows, list(range(len(rows))))), shape=(len(relations), len(rows)))
    low, high = _limits(problem, unknowns)
    model = _model(
        hstack([matrix, slack], format="csr"), least, most,
        np.concatenate([low, np.zeros(len(rows))]), np.concatenate([high, np.full(len(rows), np.inf)]),
    )  # fmt: skip
    model.changeColsCost(len(rows), np.arange(len(unknowns), len(unknowns) + len(rows), dtype=np.int32), np.ones(len(rows)))
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return set(presumed)
    needed = np.array(model.getSolution().col_value)[len(unknowns) :].reshape(-1, 2).sum(axis=1)
    return {k for k, amount in zip(presumed, needed, strict=True) if amount > 1e-6}


class _Solver:
    """Whole numbers for the unknowns of one component that meet every identity, as far apart as they can be.

    Sets drawn by chance settle most unknowns. For each of the others a linear programme is solved from where the last one ended.
    Where its corner is not of whole numbers, a search among whole numbers follows.
    """

    def __init__(self, problem: _Problem, unknowns: list[int], relations: list[int]) -> None:
        self.problem, self.unknowns = problem, unknowns
        self.column = {i: c for c, i in enumerate(unknowns)}
        self.matrix, self.least, self.most = _matrix(problem, unknowns, relations)
        self.low, self.high = _limits(problem, unknowns)
        self.integral = np.array([problem.integral[i] for i in unknowns])
        # sums in floating point: whole numbers are exact up to 1e-9; with a number that is none (areas that share a divided commune, whose
        # shown figures are rounded to six decimals) up to 1e-5. A set that is wrongly taken makes the attacker weaker, never a finding.
        self.tolerance = np.where(abs(self.matrix) @ (~self.integral).astype(float) > 0, 1e-5, 1e-9)
        self.lowest = np.full(len(unknowns), np.inf)  # in the sets that were found
        self.highest = np.full(len(unknowns), -np.inf)
        self.model = _model(self.matrix, self.least, self.most, self.low, self.high)
        self.model.setOptionValue("simplex_strategy", 4)  # primal: a new cost leaves the last corner feasible

    def resolve(self, targets: Sequence[int], report: Report) -> None:
        """Find a set with 5 or more, and two that differ, for each of these unknowns; report the others."""
        columns = [self.column[i] for i in targets]
        stop = time.monotonic() + COMPONENT_SECONDS
        self.rounds(columns, stop)
        ends: dict[int, list[float | None]] = {c: [None, None] for c in columns}
        undecided = set()
        for c in columns:
            if time.monotonic() > stop:
                undecided |= {c} if self.highest[c] < SMALLEST or not self.lowest[c] < self.highest[c] else set()
            elif self.highest[c] < SMALLEST:
                ends[c][1] = self.limit(c, +1)
                if ends[c][1] >= SMALLEST > self.highest[c] and not self.search(c, float(SMALLEST), self.high[c]):
                    undecided.add(c)
        for c in columns:
            for direction in (-1, +1):
                if self.highest[c] <= self.lowest[c] and time.monotonic() > stop:
                    undecided.add(c)
                elif self.highest[c] <= self.lowest[c] and c not in undecided:
                    ends[c][direction > 0] = limit = self.limit(c, direction)
                    nearest = self.highest[c] + direction
                    if (limit - nearest) * direction >= 0 and self.highest[c] <= self.lowest[c]:
                        low, high = (nearest, self.high[c]) if direction > 0 else (self.low[c], nearest)
                        if not self.search(c, low, high):
                            undecided.add(c)
        for c in columns:
            fixed = not self.lowest[c] < self.highest[c]
            if fixed or not self.highest[c] >= SMALLEST or c in undecided:
                self.report(c, "undecided" if c in undecided else "exact" if fixed else "small", ends[c], report)

    def report(self, c: int, kind: str, ends: list[float | None], report: Report) -> None:
        cell = self.problem.cells[self.unknowns[c]]
        if kind == "exact":
            ends = [self.lowest[c], self.highest[c]]
        low = self.low[c] if ends[0] is None else ends[0]
        high = self.high[c] if ends[1] is None else ends[1]
        report.findings[cell] = Finding(kind, cell, low, None if np.isinf(high) else high, "several identities together")

    def rounds(self, columns: Sequence[int], stop: float) -> None:
        """Sets of whole numbers with much in some of the unknowns that are still open, drawn by chance, as long as each settles several."""
        self.search(columns[0], self.low[columns[0]], self.high[columns[0]])
        weights = np.random.default_rng(0)
        kinds = np.where(self.integral, 1, 0).astype(np.uint8)
        model = _model(self.matrix, self.least, self.most, self.low, self.high)
        model.changeColsIntegrality(len(kinds), np.arange(len(kinds), dtype=np.int32), kinds)
        model.setOptionValue("mip_rel_gap", 0.05)
        model.setOptionValue("time_limit", float(SECONDS))
        at = np.array(columns)
        for draw in count():
            small, fixed = self.highest[at] < SMALLEST, ~(self.lowest[at] < self.highest[at])
            left, before = at[small | fixed], small.sum() + fixed.sum()
            cost = np.zeros(len(self.unknowns))
            cost[left] = -(weights.uniform(0, 1, len(left)) ** 3)
            model.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
            model.run()
            if not len(found := np.array(model.getSolution().col_value)) or not self.keep(found):
                return
            after = (self.highest[at] < SMALLEST).sum() + (~(self.lowest[at] < self.highest[at])).sum()
            if not after or (draw and before - after < ENOUGH) or time.monotonic() > stop:
                return

    def limit(self, c: int, direction: int) -> float:
        """The most (or the least, direction -1) that the unknown can be, in whole numbers if it is one."""
        cost = np.zeros(len(self.unknowns))
        cost[c] = -direction
        best = self.run(cost)
        if best is None:
            return direction * np.inf
        best = best * -direction
        return float(np.floor(best + 1e-6) if direction > 0 else np.ceil(best - 1e-6)) if self.integral[c] else best

    def run(self, cost: np.ndarray) -> float | None:
        """Minimise, and keep the set that was found if it is of whole numbers; None when there is no least value."""
        self.model.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost)
        self.model.run()
        if self.model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        self.keep(np.array(self.model.getSolution().col_value))
        return float(self.model.getInfo().objective_function_value)

    def search(self, c: int, low: float, high: float) -> bool:
        """Look for a set of whole numbers with the unknown between these. False: neither a set nor a proof that there is none."""
        lows, highs = self.low.copy(), self.high.copy()
        lows[c], highs[c] = low, high
        model = _model(self.matrix, self.least, self.most, lows, highs)
        kinds = np.where(self.integral, 1, 0).astype(np.uint8)
        model.changeColsIntegrality(len(kinds), np.arange(len(kinds), dtype=np.int32), kinds)
        model.setOptionValue("time_limit", float(SECONDS))
        model.run()
        if model.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return True
        return model.getModelStatus() == highspy.HighsModelStatus.kOptimal and self.keep(np.array(model.getSolution().col_value))

    def keep(self, found: np.ndarray) -> bool:
        """Note a set, if its whole numbers meet every identity."""
        numbers = np.where(self.integral, np.round(found), found)
        sums = self.matrix @ numbers
        meets = (sums >= self.least - self.tolerance).all() and (sums <= self.most + self.tolerance).all()
        if meets and (numbers >= self.low - 1e-6).all() and (numbers <= self.high + 1e-6).all():
            np.minimum(self.lowest, numbers, out=self.lowest)
            np.maximum(self.highest, numbers, out=self.highest)
            return True
        return False


def _model(matrix: csr_array, least: np.ndarray, most: np.ndarray, low: np.ndarray, high: np.ndarray) -> highspy.Highs:
    """A linear programme without costs."""
    programme = highspy.HighsLp()
    by_column = matrix.tocsc()
    programme.num_col_, programme.num_row_ = matrix.shape[1], matrix.shape[0]
    programme.col_cost_ = np.zeros(matrix.shape[1])
    programme.col_lower_, programme.col_upper_ = low, high
    programme.row_lower_, programme.row_upper_ = least, most
    programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    programme.a_matrix_.start_, programme.a_matrix_.index_, programme.a_matrix_.value_ = by_column.indptr, by_column.indices, by_column.data
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.passModel(programme)
    return model
