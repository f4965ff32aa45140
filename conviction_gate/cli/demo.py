"""The command `demo`: one case as it happens, then a case for each other rule, on an embedded server."""

import asyncio
import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, get_args

import typer
from rich.console import Console
from rich.text import Text

from conviction_gate.cli.help import PROGRAM
from conviction_gate.cli.options import Json
from conviction_gate.cli.printing import STYLES, WAITS, console
from conviction_gate.cli.session import REFUSED, fail
from conviction_gate.config.settings import PREFIX
from conviction_gate.contracts.case import CaseView
from conviction_gate.contracts.fields import RuleName

if TYPE_CHECKING:
    from conviction_gate.cli.samples.play import Played, Step
    from conviction_gate.devserver.embedded import EmbeddedServer

INTRODUCTION: Final = """\
Conviction Gate: a person arrested only for minor traffic violations, whose
record is clean, is not flagged before a conviction.
Starting a Temporal server and a worker, which takes a few seconds.
"""
ENDED: Final = "The demo's server has ended."
TO_KEEP_ONE: Final = f"On a terminal it runs until Ctrl-C; `{PROGRAM} up` starts one that keeps its cases."
WAITS_FOR: Final = {
    "awaiting_booking": "the booking",
    "checking_history": "the record check",
    "waiting_for_court": "the court",
    "needs_review": "a person",
}
"""Whom a case waits for, by its status; for nobody once it has ended."""
GROUPS: Final = {
    "waiting_for_court": "Waits for the court, as long as it takes",
    "flagged": "Flagged: an immigration officer may look at the case",
    "needs_review": "Needs review: a person rules",
    "cleared": "Cleared: no flag",
}
"""Headings of the list, by status."""
JUMP: Final = 2
"""Months between two messages from which on the demo says how many pass."""


def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="End once all is shown. Without it, the server runs until Ctrl-C.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Play one case from its booking on, then a case for each other rule, on an embedded server of its own."""
    from conviction_gate.devserver.errors import EmbeddedError

    signal.signal(signal.SIGINT, signal.default_int_handler)  # so that the server and its folder are removed
    try:
        raise typer.Exit(asyncio.run(_demo(leave=leave, as_json=as_json)))
    except EmbeddedError as error:
        fail(str(error))


async def _demo(*, leave: bool, as_json: bool) -> int:
    from conviction_gate.devserver.embedded import embedded

    out = console()
    out.quiet = as_json
    stays = out.is_terminal and not leave and not as_json
    out.print(INTRODUCTION, soft_wrap=True)
    async with embedded(ephemeral=True, prefer_default_ports=True) as server:
        steps, played = await present(out, server)
        problems = [*_problems(steps, played)]
        for problem in problems:
            print(f"demo: {problem}", file=sys.stderr)
        if as_json:
            _print_json(played)
        if stays:
            print_next_steps(out, server, PROGRAM if shutil.which(PROGRAM) else sys.argv[0])
            await _stopped()
            out.print()
    out.print(ENDED if stays else f"{ENDED} {TO_KEEP_ONE}", soft_wrap=True)
    return REFUSED if problems else 0


async def present(out: Console, server: "EmbeddedServer") -> tuple[list["Step"], list["Played"]]:
    """Play all samples on the server, and print each step and each case as soon as it is known."""
    from conviction_gate.cli.samples import play

    os.environ["TEMPORAL_ADDRESS"] = server.address
    os.environ["TEMPORAL_NAMESPACE"] = server.namespace
    first, *others = samples = play.samples()
    steps: list[Step] = []
    async with play.opened(server, samples) as client:
        _print_line(out, (f"One case, live: {first.agency}:{first.tracking_number}", "bold"))
        _print_line(out, ("The dates of the messages are its clock.", ""))
        async for step in play.tell(client, first):
            _print_step(out, step, steps[-1] if steps else None)
            steps.append(step)
        played = await play.play(client, others)
    _print_rules(out, played)
    flagged = next((step.case for step in steps if step.case and step.case.rule == first.rule), None)
    return steps, [play.Played(first, flagged), *played]


def print_next_steps(out: Console, server: "EmbeddedServer", program: str) -> None:
    """Where to look, and what to type, while the server runs. `program`: how a shell finds ours."""
    lists = f"{server.ui_address}/namespaces/{server.namespace}/workflows"
    for text, style in (
        ("What next", "bold"),
        ("In the web UI all cases, those that a person must look at, and those flagged:", ""),
        (f"  {lists}", WAITS),
        (f"  {lists}?query=NeedsAttention=true", WAITS),
        (f"  {lists}?query=CaseStatus='flagged'", WAITS),
        ("The pages for reviewers, by a link that works once:", ""),
        (f"  {server.door_address}{server.links.issue()}", WAITS),
        ("In another terminal, to find this server and to ask it:", ""),
        (f"  export {PREFIX}DATA={shlex.quote(str(server.data))}", WAITS),
        (f"  {program} explain CAZZ00100:DEMO-01", WAITS),
        (f"  {program} list --status waiting", WAITS),
        (f"  {program} review list", WAITS),
        (f"  {program} desk", WAITS),
        ("Ctrl-C ends the demo's server.", ""),
    ):
        out.print(Text(text, style), soft_wrap=True)


def _problems(steps: Sequence["Step"], played: Sequence["Played"]) -> Iterator[str]:
    """What was not as expected."""
    for step in steps:
        if not step.is_as_expected:
            yield f"the case was not {step.line.then} after '{step.line.who} {step.line.what}'"
    for sample, case in played:
        if case is None or case.rule != sample.rule:
            yield f"'{sample.title}' did not reach {sample.rule}"
    for rule in sorted(set(get_args(RuleName)) - {case.rule for _, case in played if case}):
        yield f"no case shows {rule}"


def _print_json(played: Sequence["Played"]) -> None:
    cases = [
        {
            "title": sample.title,
            "expected_rule": sample.rule,
            "case": case.model_dump(mode="json") if case else None,
        }
        for sample, case in played
    ]
    print(json.dumps({"cases": cases}))


def _print_step(out: Console, step: "Step", before: "Step | None") -> None:
    """One line: the day where it is another one, who did what, and whom the case waits for now."""
    line, day, case = step
    if before and (months := _months(before.day, day)) >= JUMP:
        _print_columns(out, "", "…", f"{months} months pass", *_state(before.line.then, before.case))
    is_new_day = before is None or before.day != day
    _print_columns(out, str(day) if is_new_day else "", line.who, line.what, *_state(line.then, case))


def _print_columns(out: Console, day: str, who: str, what: str, state: str, style: str) -> None:
    _print_line(out, f"{day:<11}{who:<6}{what:<28}", (state, style))


def _state(expected: str, case: CaseView | None) -> tuple[str, str]:
    """What was written, and whom the case waits for; and the color of that."""
    status = case.status if case else expected
    waits = f"waits for {WAITS_FOR.get(status, 'nobody')}"
    if case and case.flag_status:
        written = "written" if case.flag_status == "active" else case.flag_status
        return f"flag {written}; {waits}", STYLES[case.flag_status]
    return waits, STYLES[status]


def _print_rules(out: Console, played: Sequence["Played"]) -> None:
    """A line for each case, under its outcome."""
    widest = max(len(sample.title) for sample, _ in played)
    _print_line(out, ("\nThe other rules, with a case for each", "bold"))
    for status, heading in GROUPS.items():
        _print_line(out, (heading, STYLES[status]))
        for sample, case in played:
            if case and case.status == status:
                is_as_expected = case.rule == sample.rule
                rule = f"{case.rule}" if is_as_expected else f"{case.rule}, not {sample.rule}"
                style = STYLES[status] if is_as_expected else STYLES["fail"]
                _print_line(out, f"  {sample.tracking_number}  {sample.title:<{widest}}  ", (rule, style))
    out.print()


def _print_line(out: Console, *parts: str | tuple[str, str]) -> None:
    out.print(Text.assemble(*parts), soft_wrap=not out.is_terminal)


def _months(since: date, until: date) -> int:
    return (until.year - since.year) * 12 + until.month - since.month


async def _stopped() -> None:
    """Ends at SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
