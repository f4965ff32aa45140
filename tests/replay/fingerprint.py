"""The order in which workflows give commands to the server, read from their source.

`fingerprint.txt` holds it as it is meant to be; `python -m tests.replay.fingerprint` writes it anew. What is
left out may change freely: summaries, texts, what an activity is handed, and all that gives no command.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import indent
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FILE: Final = Path(__file__).with_name("fingerprint.txt")
NAMES: Final = (
    "conviction_gate/contracts/names.py",
    "conviction_gate/contracts/signals.py",
    "conviction_gate/contracts/internal/limits.py",
    "conviction_gate/contracts/internal/activities.py",
)
"""Modules that hold names and limits, and give no commands."""
COMMANDS: Final = {
    "workflow.execute_activity",
    "workflow.start_activity",
    "workflow.execute_local_activity",
    "workflow.start_local_activity",
    "workflow.execute_child_workflow",
    "workflow.start_child_workflow",
    "workflow.get_external_workflow_handle",
    "workflow.continue_as_new",
    "workflow.upsert_search_attributes",
    "workflow.upsert_memo",
    "workflow.sleep",
    "workflow.wait_condition",
    "workflow.patched",
    "workflow.deprecate_patch",
    "workflow.uuid4",
    "workflow.random",
    "asyncio.sleep",
    "asyncio.wait",
    "asyncio.wait_for",
    "asyncio.gather",
    "asyncio.create_task",
}
METHODS: Final = {"cancel", "signal"}
"""Of a task, a timer or another workflow: commands, whatever they are called on."""
STEERING: Final = {"retry_policy", "task_queue", "cancellation_type", "parent_close_policy", "id", None}
DECORATORS: Final = ("workflow.defn", "workflow.signal", "workflow.update", "workflow.query", "workflow.init")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def fingerprint(sources: dict[str, str] | None = None) -> str:
    """The commands of all workflows; `sources`: the text of each module by its path, in place of the files."""
    modules = {path: ast.parse(text) for path, text in (sources or sources_of_today()).items()}
    ours = [tree for path, tree in modules.items() if path not in NAMES]
    functions = [node for tree in ours for node in ast.walk(tree) if isinstance(node, Function)]
    commanding: set[str] = set()
    while found := {f.name for f in functions if any(_commands(f, commanding))} - commanding:
        commanding |= found
    used = {node.id for tree in ours for node in ast.walk(tree) if isinstance(node, ast.Name)}
    used |= {node.attr for tree in ours for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    lines = []
    for path, tree in modules.items():
        steps = [*_constants(tree, used)]
        for function, owner in _functions(tree):
            if function.name in commanding or _doors(function):
                steps += _function(function, owner, commanding)
        if steps:
            lines += [path, *(f"  {line}" for line in steps), ""]
    properties = [f for f in functions if [ast.unparse(d) for d in f.decorator_list] == ["property"]]
    asked = [f for f in properties if any(re.search(rf"(self|state)\.{f.name}\b", line) for line in lines)]
    lines += ["what conditions ask", *(line for f in asked for line in _in_full(f)), ""]
    return "\n".join(lines)


def sources_of_today() -> dict[str, str]:
    """The workflows' modules, and those that hold the names of what they ask for."""
    paths = [*NAMES, *(f"workflows/{file.name}" for file in sorted((ROOT / "workflows").glob("*.py")))]
    return {path: (ROOT / path).read_text() for path in paths}


def _constants(tree: ast.Module, used: set[str]) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            name = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
            if name.isupper() and name in used and not _is_text(node.value, name):
                value = node.value
                if isinstance(value, ast.Dict) and not name.startswith("_"):  # a table: its names are obeyed
                    value = ast.List([key for key in value.keys if key])
                yield f"{name} = {ast.unparse(value)}"


def _is_text(value: ast.expr, name: str) -> bool:
    """Whether a constant is shown rather than obeyed; the names that are obeyed are public."""
    match value:
        case ast.Constant(str()):
            return name.startswith("_")
        case ast.Dict(_, values):
            return all(isinstance(each, ast.Constant) for each in values)
        case ast.Constant() | ast.List():
            return False
        case ast.Call(called):
            return not ast.unparse(called).startswith(("RetryPolicy", "timedelta", "SearchAttributeKey"))
        case _:
            return True


def _functions(tree: ast.Module) -> Iterator[tuple[Function, ast.ClassDef | None]]:
    for node in tree.body:
        if isinstance(node, Function):
            yield node, None
        if isinstance(node, ast.ClassDef):
            yield from ((inner, node) for inner in node.body if isinstance(inner, Function))


def _function(function: Function, owner: ast.ClassDef | None, commanding: set[str]) -> list[str]:
    name = f"{owner.name}.{function.name}" if owner else function.name
    doors = [*_doors(function), *(_doors(owner) if owner and function.name == "run" else [])]
    body = [f"  {line}" for line in _block(function.body, commanding)]
    return [" ".join([*doors, name]), *body] if doors or body else []


def _doors(node: Function | ast.ClassDef) -> list[str]:
    """How senders reach it, and what the server calls it."""
    return [_door(d) for d in node.decorator_list if ast.unparse(d).startswith(DECORATORS)]


def _door(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call):
        said = [k for k in decorator.keywords if k.arg != "description"]
        return (
            ast.unparse(ast.Call(decorator.func, decorator.args, said)) if said else ast.unparse(decorator.func)
        )
    return ast.unparse(decorator)


def _block(body: Iterable[ast.stmt], commanding: set[str]) -> Iterator[str]:
    """What the statements command, one line each, under the conditions and loops that steer it."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            continue
        inner = [*_parts(node)]
        head = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr | ast.withitem)]
        for part in head if inner else [node]:
            yield from _commands(part, commanding)
        for said, statements in inner:
            lines = [*_block(statements, commanding)]
            if statements and isinstance(statements[-1], ast.Return | ast.Break | ast.Continue | ast.Raise):
                lines.append(type(statements[-1]).__name__.lower())
            if lines:
                yield said
                yield from (f"  {line}" for line in lines)


def _parts(node: ast.stmt) -> Iterator[tuple[str, list[ast.stmt]]]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield f"def {node.name}", node.body
        case ast.If(test, then, otherwise):
            yield f"if {ast.unparse(test)}", then
            yield "else", otherwise
        case ast.While(test, then):
            yield f"while {ast.unparse(test)}", then
        case ast.For(target, over, then) | ast.AsyncFor(target, over, then):
            yield f"for {ast.unparse(target)} in {ast.unparse(over)}", then
        case ast.Try(then, handlers, otherwise, last):
            yield "try", then
            for handler in handlers:
                yield f"except {ast.unparse(handler.type) if handler.type else ''}", handler.body
            yield "else", otherwise
            yield "finally", last
        case ast.With(_, then) | ast.AsyncWith(_, then):
            yield "with", then
        case ast.Match(subject, cases):
            for case in cases:
                guard = f" if {ast.unparse(case.guard)}" if case.guard else ""
                yield f"{ast.unparse(subject)} is {ast.unparse(case.pattern)}{guard}", case.body


def _commands(node: ast.AST, commanding: set[str], awaited: str = "") -> Iterator[str]:
    """The commanding calls within an expression or a statement, and whether they are awaited."""
    if isinstance(node, ast.Await):
        yield from _commands(node.value, commanding, "await ")
        return
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        owner, _, name = called.rpartition(".")
        ours = name in commanding and owner not in ("state", "self._state")
        if called in COMMANDS or ours or name in METHODS:
            yield awaited + _told(node, called)
            if called == "asyncio.create_task":
                return
    for child in ast.iter_child_nodes(node):
        yield from _commands(child, commanding)


def _told(call: ast.Call, called: str) -> str:
    handed = called.startswith("calls.") or called.endswith(("upsert_search_attributes", "continue_as_new"))
    first = [] if handed else call.args[:1]
    steering = [
        keyword
        for keyword in call.keywords
        if keyword.arg in STEERING or re.search("timeout$|^since$|^is_", str(keyword.arg))
    ]
    return ast.unparse(ast.Call(call.func, first, steering))


def _in_full(function: Function) -> list[str]:
    body = [node for node in function.body if not ast.get_docstring(function) or node is not function.body[0]]
    return [f"  {function.name}", *(indent(ast.unparse(node), "    ") for node in body)]


def main() -> int:
    """Write the fingerprint of today's workflows."""
    FILE.write_text(fingerprint())
    print(f"{FILE.relative_to(ROOT)} is that of today's workflows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
