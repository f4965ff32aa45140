"""The command `doctor`: runs the checks and prints what each found."""

import json
from collections.abc import Mapping
from typing import Annotated

import typer
from rich.text import Text

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import STYLES, console, print_table, print_text
from conviction_gate.cli.session import REFUSED, run
from conviction_gate.client.check_results import CheckResult
from conviction_gate.client.diagnostics import Diagnostics
from conviction_gate.config.settings import Settings
from conviction_gate.restore.checks import compare as compare_with_registry


def doctor(
    as_json: Json = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also compare each case with the registry, as after a restore.")
    ] = False,
    data: Data = None,
) -> None:
    """Check that everything a case needs is there and works, a line for each check.

    Exit code 1 where a check fails.
    """
    found = run(_results(compare))
    if as_json:
        objects = (json.dumps({"check": check, **f._asdict()}) for check, f in found.items())
        print("[" + ",\n ".join(objects) + "]")
    else:
        _print(found)
    if any(result.level == "fail" for result in found.values()):
        raise typer.Exit(REFUSED)


async def _results(compare: bool) -> dict[str, CheckResult]:
    async with Diagnostics(Settings()) as diagnostics:
        found = await diagnostics.results()
        return found | (await compare_with_registry(diagnostics) if compare else {})


def _print(found: Mapping[str, CheckResult]) -> None:
    out = console()
    rows = [(level, check, f"{text}; {step}" if step else text) for check, (level, text, step) in found.items()]
    if not out.is_terminal:
        print_table(out, (), rows)
        return
    wide = max(map(len, found))
    for level, check, text in rows:
        prefix = Text(f"{level:4}  {check:{wide}}  ")
        prefix.stylize(STYLES[level], 0, len(level))
        print_text(out, text, prefix=prefix)
