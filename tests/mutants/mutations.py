"""The small wrong changes that can be made to a module, each as a new text of it."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Mutant:
    """One changed module: its path below the project, the line, what was there, what is there now, and the whole text."""

    module: str
    line: int
    before: str
    after: str
    text: str

    @property
    def name(self) -> str:
        """How a mutant is found again when lines moved: the module and the change."""
        return f"{self.module}: {self.before} -> {self.after}"


def mutants_of(module: str, text: str) -> list[Mutant]:
    """All mutants of a module."""
    tree = ast.parse(text)
    without_effect = {id(inner) for node in ast.walk(tree) for outer in _parts_without_effect(node) for inner in ast.walk(outer)}
    found = []
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in without_effect:
            continue
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            other = next(other for number, other in enumerate(ast.walk(changed)) if number == place)
            before = _on_one_line(node)
            change(other)
            after = _on_one_line(other)
            found.append(Mutant(module, getattr(node, "lineno", 0), before, after, ast.unparse(ast.fix_missing_locations(changed))))
    return found


def _parts_without_effect(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, annotations, and lines of the log."""
    match node:
        case ast.Expr(value=ast.Constant()):
            yield node
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="LOG")))):
            yield node
        case ast.arg(annotation=ast.expr() as annotation) | ast.AnnAssign(annotation=annotation):
            yield annotation
        case ast.FunctionDef(returns=ast.expr() as annotation):
            yield annotation


def _on_one_line(node: ast.AST) -> str:
    """A node on one line; of a statement with a block, its condition."""
    text = ast.unparse(node.test) if isinstance(node, ast.If | ast.IfExp | ast.While) else ast.unparse(node)
    return " ".join(text.split())[:200]


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
        case ast.Constant(value=str()):
            for word, instead in SQL_WORDS.items():
                if _is_sql(node.value) and word in node.value:
                    yield lambda other, word=word, instead=instead: setattr(other, "value", node.value.replace(word, instead, 1))
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


def mutants_of_sql(module: str, text: str) -> list[Mutant]:
    """All mutants of a file of SQL: one word changed at one place outside of comments."""
    found = []
    start = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        code = line.split("--")[0]
        for word, instead in SQL_WORDS.items():
            place = code.find(word)
            if place >= 0:
                changed = code[:place] + instead + code[place + len(word) :]
                changed_text = text[:start] + changed + line[len(code) :] + text[start + len(line) :]
                found.append(Mutant(module, number, " ".join(code.split()), " ".join(changed.split()), changed_text))
        start += len(line)
    return found
