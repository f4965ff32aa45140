"""Variants of a module with one guard less: a condition, an operand, a word, a `not`, a rule's answer.

Our own, since what is asked is whether a guard that is gone is noticed: mutmut and cosmic-ray do not take
one away whole; they change texts and numbers by the hundred, and the one copies the tree into itself, the
other changes the files in place.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

FLIPPED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
TURNED: Final = {"max": "min", "min": "max", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """A module with one guard changed. `name` is its function and the change, without line numbers."""

    name: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(source)
    names = Counter[str]()
    for where, node in _with_function(tree, ""):
        for field, new in _changes(node):
            old, before = getattr(node, field), _text(node)
            setattr(node, field, new)
            name = f"{where}: {before} -> {_text(node)}"
            names[name] += 1
            nth = f" #{names[name]}" if names[name] > 1 else ""
            yield Mutant(name + nth, ast.unparse(ast.fix_missing_locations(tree)))
            setattr(node, field, old)


def _with_function(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST]]:
    """Every node with the function or class that it stands in; types are no code."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Literal":
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}" if where else node.name
    yield where, node
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from _with_function(child, where)


def _changes(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """Which field of a node may be what instead."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.If() | ast.IfExp():
            yield from (("test", ast.Constant(value)) for value in (True, False))
        case ast.While(test=test) if not isinstance(test, ast.Constant):
            yield "test", ast.Constant(False)
        case ast.match_case(guard=guard) if guard is not None:
            yield from (("guard", ast.Constant(value)) for value in (True, False))
        case ast.Compare(ops=ops):
            for n, op in enumerate(ops):
                yield "ops", [*ops[:n], FLIPPED[type(op)](), *ops[n + 1 :]]
        case ast.Call(func=ast.Name(id=name)) if name in TURNED:
            yield "func", ast.Name(id=TURNED[name], ctx=ast.Load())
        case ast.FunctionDef(returns=returns) if returns and ast.unparse(returns) == "Decision | None":
            yield "body", [ast.Return(ast.Constant(None))]
        case ast.comprehension(ifs=parts):
            yield from _less_one("ifs", parts)
        case ast.MatchOr(patterns=parts):
            yield from _less_one("patterns", parts)
        case ast.BoolOp(values=parts):
            yield from _less_one("values", parts)
        case ast.Set(elts=parts) | ast.Tuple(elts=parts) if len(parts) > 1 and all(map(_is_word, parts)):
            yield from _less_one("elts", parts)
    for field, child in ast.iter_fields(node):
        if isinstance(child, ast.UnaryOp) and isinstance(child.op, ast.Not):
            yield field, child.operand


def _less_one(field: str, parts: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    yield from ((field, [*parts[:n], *parts[n + 1 :]]) for n in range(len(parts)))


def _is_word(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _text(node: ast.AST) -> str:
    """A node as the name of a mutant shows it: of a statement its condition alone."""
    match node:
        case ast.If(test=test):
            return f"if {ast.unparse(test)}"
        case ast.FunctionDef(body=[ast.Return(value=ast.Constant(value=None))]):
            return "None"
        case ast.match_case(pattern=pattern, guard=guard):
            return f"case {ast.unparse(pattern)} if {ast.unparse(guard) if guard else None}"
        case ast.FunctionDef(name=name):
            return f"def {name}"
        case _:
            return " ".join(ast.unparse(node).split())
