"""What waits for a person: `conviction-gate review list`, and `review decide` to rule on it."""

import asyncio
import json
import re
import shlex
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import uuid4

import typer
from rich.text import Text

from conviction_gate.cli.bulk.reading import CASE_FORM, read_case_id
from conviction_gate.cli.options import Data, Json, again
from conviction_gate.cli.printing import clean, console
from conviction_gate.cli.session import REFUSED, cases, fail, run
from conviction_gate.client import listing
from conviction_gate.client.case_client import Reply
from conviction_gate.client.errors import NOT_REPLAYED, UNANSWERED, describe_error, silence
from conviction_gate.contracts.case import MAX_QUESTIONS_SHOWN, CaseView, QuestionView, SubmitAnswer
from conviction_gate.contracts.fields import Model
from conviction_gate.contracts.names import ORI_PATTERN, CaseId
from conviction_gate.contracts.reading import DoesNotFit, read_message
from conviction_gate.temporal.connect import connect

SENDER: Final = "conviction-gate review"
ASKED_AT_ONCE: Final = 20
"""Cases that are asked at the same time what they ask."""

review: Final = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Asked(Model):
    """A case that waits for a person, and what it asks."""

    case_id: str
    agency: str
    explanation: str
    questions: tuple[QuestionView, ...]


class Silent(Model):
    """A case that waits for a person, but does not say what it asks: `error` tells why and what to do."""

    case_id: str
    error: str


@review.callback()
def _review() -> None:
    """The cases that wait for a person's ruling."""


@review.command("list")
def list_reviews(
    context: typer.Context,
    agency: Annotated[str | None, typer.Option(metavar="ORI", help="Only this agency's.")] = None,
    limit: Annotated[int, typer.Option(help="Cases on a page.", min=1, max=1000)] = 20,
    page: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The page after the one that told this token.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List the cases in review, the latest first, each with the questions that stand."""
    if agency and not re.fullmatch(ORI_PATTERN, agency):
        fail(f"--agency: '{agency}' is no ORI; write nine characters, as in CA0190000")

    async def work() -> tuple[list[Asked | Silent], str | None]:
        wanted = listing.Wanted("needs_review", agency, attention=True)
        found = await listing.page(await connect(), wanted, limit, page)
        async with cases() as client:
            return await asked_by((row.case_id for row in found.rows), client.open_case), found.next

    try:
        asked, following = run(work())
    except listing.NoSuchPage:
        fail("--page: no page goes by this token; take it from the page before, with the same options")
    if as_json:
        print("[" + ",\n ".join(one.model_dump_json() for one in asked) + "]")
        if following:
            print(f"next page: {following}", file=sys.stderr)
    else:
        _print_asked(asked)
        if following:
            print(f"more: {again(context, agency=agency, limit=limit, page=following)}")
    if any(isinstance(one, Silent) for one in asked):
        raise typer.Exit(REFUSED)


@review.command()
def decide(
    case: Annotated[str, typer.Argument(metavar="CASE", help=CASE_FORM)],
    ruling: Annotated[str, typer.Argument(metavar="RULING", help="One of the answers that `list` names.")],
    reason: Annotated[str, typer.Option(help="Why, for the record; nothing about the person.")],
    by: Annotated[str, typer.Option(metavar="ID", help="Who rules: an id of your office, not a name.")],
    charge: Annotated[
        str | None, typer.Option(metavar="ID", help="Which charge, where several questions stand.")
    ] = None,
    message_id: Annotated[
        str | None, typer.Option(metavar="ID", help="An id of your own, to send the same ruling again.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Answer the question that stands on a case, with your reason and under your id."""
    case_id = read_case_id(case)
    if case_id is None:
        fail(f"CASE: '{case}' names no case; write {CASE_FORM}")
    for option, text in (("--by", by), ("--reason", reason)):
        if not text.strip():
            fail(f"{option}: empty; a ruling says who ruled and why")
    fields = {
        "message_id": message_id or f"review-{uuid4()}",
        "sender": SENDER,
        "charge_id": charge,
        "ruling": ruling,
        "reviewer": by.strip(),
        "reason": reason.strip(),
        "decided_on": datetime.now(UTC).date().isoformat(),
    }
    answer = run(_decided(case_id, fields))
    if isinstance(answer, str):
        fail(answer, REFUSED)
    is_done = answer.is_good if isinstance(answer, Reply) else not answer.effect.startswith("no effect")
    if as_json:
        print(json.dumps({"message_id": fields["message_id"], **answer.model_dump()}))
    else:
        said = answer.text if isinstance(answer, Reply) else f"{answer.effect} ({answer.status})"
        print(clean(f"{case_id}: {said}"))
    if not is_done:
        raise typer.Exit(REFUSED)


async def _decided(case_id: CaseId, fields: dict[str, str | None]) -> SubmitAnswer | Reply | str:
    """The case's answer; or, where nothing was sent, why."""
    async with cases() as client:
        view = await client.case(case_id)
        if view is None:
            return f"no case {case_id}; see `conviction-gate review list`"
        # What was sent before goes out again: the case knows that it has it.
        if not any((m.sender, m.message_id) == (SENDER, fields["message_id"]) for m in view.messages):
            reason = misfit(view, str(fields["ruling"]), fields["charge_id"])
            if reason is not None:
                return reason
        try:
            message = read_message("review_decision", json.dumps(fields))
        except DoesNotFit as misfitting:
            return str(misfitting)
        return await client.submit(message, case_id)


def misfit(view: CaseView, ruling: str, charge: str | None) -> str | None:
    """Why a ruling answers no question of the case, and what would; None where it answers one."""
    if not view.questions:
        return f"no question stands on {view.case_id}: it is {view.status}; see `conviction-gate review list`"
    asked = [q for q in view.questions if charge is None or q.charge_id in (None, charge)]
    charges = ", ".join(dict.fromkeys(q.charge_id for q in view.questions if q.charge_id))
    if not asked and len(view.questions) == MAX_QUESTIONS_SHOWN:
        return None  # it may be among those that are not told; the case knows
    if not asked:
        return f"--charge: no question stands on charge '{charge}'; name one of {charges}"
    if charge is None and len(asked) > 1:
        return f"--charge: missing, and {len(asked)} questions stand; name one of {charges}"
    if any(ruling in question.answers for question in asked):
        return None
    words = ", ".join(dict.fromkeys(word for question in asked for word in question.answers))
    return f"RULING: '{ruling}' does not answer: {asked[0].asks} Write one of {words}"


def to_rule(case_id: str, question: QuestionView) -> str:
    """The command that answers a question, as one types it."""
    command = ["conviction-gate", "review", "decide", case_id, "RULING"]
    command += [] if question.charge_id is None else ["--charge", question.charge_id]
    return f"{shlex.join(command)} --reason TEXT --by ID"


async def asked_by(
    case_ids: Iterable[str], look: Callable[[str], Awaitable[CaseView | None]]
) -> list[Asked | Silent]:
    """What the cases ask. One that was answered meanwhile is left out: the list lags a moment behind.

    Raises what the SDK raises where none answers, and not for reasons of its own.
    """
    slots = asyncio.Semaphore(ASKED_AT_ONCE)
    failures = []

    async def ask(case_id: str) -> Asked | Silent | None:
        try:
            async with slots:
                view = await look(case_id)
        except UNANSWERED as error:
            failures.append(error)
            return Silent(case_id=case_id, error=describe_error(error))
        if view is None or not view.questions:
            return None
        return Asked(
            case_id=case_id, agency=view.agency, explanation=view.explanation, questions=view.questions
        )

    said = await asyncio.gather(*map(ask, case_ids))
    if said and len(failures) == len(said) and silence(failures[0]) != NOT_REPLAYED:
        raise failures[0]
    return [one for one in said if one is not None]


def _print_asked(asked: Sequence[Asked | Silent]) -> None:
    out = console()
    if not asked:
        out.print("no case waits for a person's ruling")
    for case in asked:
        out.print(Text(clean(case.case_id), "bold"), soft_wrap=True)
        if isinstance(case, Silent):
            out.print(Text(clean(f"  {case.error}"), "red"), soft_wrap=True)
            continue
        out.print(Text(clean(f"  {case.explanation}")), soft_wrap=True)
        for question in case.questions:
            out.print(Text(clean(f"  {question.asks}"), "yellow"), soft_wrap=True)
            out.print(Text(f"    RULING: {', '.join(question.answers)}"), soft_wrap=True)
            out.print(Text(clean(f"    {to_rule(case.case_id, question)}"), "dim"), soft_wrap=True)
