"""The small wrong changes that can be made to a module, each as a new text of it."""

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn,
    ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.BitOr: ast.BitAnd}
# conditions of SQL that a text can lose or turn round; the text stays valid SQL
SQL_WORDS = {
    " and ": " or ", " >= ": " > ", " <= ": " < ", " is null": " is not null", " is not null": " is null", " = ": " <> ",
    "max(": "min(", "min(": "max(", " for update": "", " distinct ": " ", " desc": "",
}  # fmt: skip
CONTEXT = 60  # characters on both sides of a change


@dataclass(frozen=True)
class Mutant:
    """One changed module.

    Attributes:
        module: Its path below include/labour_market.
        line: The line of the change.
        scope: The function or class that the change is in; "" outside of any.
        before: The changed part of the statement, or the line of SQL.
        after: What is there instead.
        text: The new text of the module.
    """

    module: str
    line: int
    scope: str
    before: str
    after: str
    text: str

    @property
    def name(self) -> str:
        """How a mutant is found again when lines moved: the module, the function and the change."""
        return f"{self.module}: {self.scope}: {self.before} -> {self.after}"


def mutants_of(module: str, text: str) -> list[Mutant]:
    """All mutants of a module of Python."""
    tree = ast.parse(text)
    without_effect = {id(inner) for node in ast.walk(tree) for outer in _parts_without_effect(node) for inner in ast.walk(outer)}
    scopes = _scopes(tree)
    found = []
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in without_effect:
            continue
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            other = next(other for number, other in enumerate(ast.walk(changed)) if number == place)
            scope, statement = scopes[place]
            before = _on_one_line(statement)
            changed_statement = _scopes(changed)[place][1]
            change(other)
            before, after = _around_change(before, _on_one_line(changed_statement))
            line = getattr(node, "lineno", getattr(statement, "lineno", 0))
            found.append(Mutant(module, line, scope, before, after, ast.unparse(ast.fix_missing_locations(changed))))
    return found


def _scopes(tree: ast.AST) -> list[tuple[str, ast.AST]]:
    """Of each node, in the order of ast.walk: the name of the function or class around it, and the statement around it."""
    places: dict[int, tuple[str, ast.AST]] = {id(tree): ("", tree)}
    found = []
    for node in ast.walk(tree):
        scope, statement = places[id(node)]
        if isinstance(node, ast.stmt):
            statement = node
        found.append((scope, statement))
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            scope = f"{scope}.{node.name}".removeprefix(".")
        for child in ast.iter_child_nodes(node):
            places[id(child)] = (scope, statement)
    return found


def _parts_without_effect(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, annotations, lines of the log, and how a dataclass is made: no code hashes or changes one."""
    match node:
        case ast.ClassDef(decorator_list=[ast.expr() as decorator]):
            yield decorator
        case ast.Expr(value=ast.Constant()):
            yield node
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="LOG")))):
            yield node
        case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
            yield annotation
        case ast.FunctionDef(returns=ast.expr() as annotation):
            yield annotation


def _on_one_line(statement: ast.AST) -> str:
    """A statement on one line; of one with a block, without the block."""
    header = copy.copy(statement)
    for block in ("body", "orelse", "finalbody", "handlers", "cases"):
        if isinstance(getattr(header, block, None), list):
            setattr(header, block, [ast.Expr(ast.Constant(...))] if block == "body" else [])
    return " ".join(ast.unparse(ast.fix_missing_locations(header)).split())


def _around_change(before: str, after: str) -> tuple[str, str]:
    """Two texts, cut to what is near their difference."""
    start = max(0, _common(before, after) - CONTEXT)
    end = max(0, min(_common(before[::-1], after[::-1]), len(before) - start, len(after) - start) - CONTEXT)
    return before[start : len(before) - end], after[start : len(after) - end]


def _common(one: str, other: str) -> int:
    """The number of characters with which both texts begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _changes(node: ast.AST) -> Iterator[Callable[[ast.AST], None]]:
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in COMPARISONS:
            yield lambda other: setattr(other, "ops", [COMPARISONS[type(operator)]()])
        case ast.BoolOp():
            yield lambda other: setattr(other, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
        case ast.BinOp() if type(node.op) in OPERATORS and not _is_text(node):
            yield lambda other: setattr(other, "op", OPERATORS[type(node.op)]())
        case ast.If() | ast.IfExp() | ast.While():
            yield lambda other: setattr(other, "test", ast.UnaryOp(ast.Not(), other.test))  # type: ignore[attr-defined]
        case ast.Constant(value=bool()):
            yield lambda other: setattr(other, "value", not node.value)
        case ast.Constant(value=int()):
            yield lambda other: setattr(other, "value", node.value + 1)
        case ast.Constant(value=str()) if _is_sql(node.value):
            for _, changed in _sql_changes(node.value):
                yield lambda other, changed=changed: setattr(other, "value", changed)  # type: ignore[misc]
        case ast.Dict() if all(isinstance(part, ast.Constant) for part in (*node.keys, *node.values)):
            for place in range(len(node.keys)):
                yield lambda other, place=place: (other.keys.pop(place), other.values.pop(place))  # type: ignore[misc, attr-defined]
        case ast.Expr(value=ast.Call()):
            yield lambda other: setattr(other, "value", ast.Constant(None))
        case ast.Raise():
            yield lambda other: (setattr(other, "exc", ast.Name("RuntimeError")), setattr(other, "cause", None))  # type: ignore[func-returns-value]


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def _is_sql(text: str) -> bool:
    return any(word in text for word in ("select ", "insert ", "update ", "delete ", " where ", " join ", " and "))


def _sql_changes(text: str) -> Iterator[tuple[int, str]]:
    """The text with one word of SQL changed at one place, and the place."""
    for word, instead in SQL_WORDS.items():
        for found in re.finditer(re.escape(word), text):
            if word != " = " or not _is_assignment(text, found.start()):
                yield found.start(), text[: found.start()] + instead + text[found.end() :]


def _is_assignment(text: str, place: int) -> bool:
    """Whether an = sets a column; <> there is no SQL."""
    return text.startswith(" = excluded.", place) or bool(re.search(r"\bset (?:(?!\bwhere\b).)*$", text[:place], re.DOTALL))


def mutants_of_sql(module: str, text: str) -> list[Mutant]:
    """All mutants of a file of SQL: one word changed at one place outside of comments."""
    found = []
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        code = line.split("--")[0]
        for _, changed in _sql_changes(code):
            before, after = (" ".join(part.split()) for part in (code, changed))
            found.append(Mutant(module, number, "", before, after, text[:start] + changed + line[len(code) :] + text[start + len(line) :]))
        start += len(line)
    return found
