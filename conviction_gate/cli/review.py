"""The commands `review list` and `review decide`: the cases that wait for a person, and a person's rulings."""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, get_args
from uuid import uuid4

import typer
from rich.text import Text

from conviction_gate.cli.help import App
from conviction_gate.cli.options import (
    Agency,
    Case,
    Data,
    Json,
    PageSize,
    PageToken,
    Reason,
    again,
    completions,
)
from conviction_gate.cli.printing import (
    ASKS,
    BAD,
    clean,
    console,
    print_array,
    print_command,
    print_text,
    short_id,
)
from conviction_gate.cli.session import REFUSED, cases, fail, run
from conviction_gate.client import listing
from conviction_gate.client.questions import (
    CaseInReview,
    UnansweredCase,
    questions_of,
    why_no_answer,
)
from conviction_gate.client.replies import Reply
from conviction_gate.contracts.case import SubmitAnswer
from conviction_gate.contracts.court import RulingWord
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import DoesNotFit, read_message
from conviction_gate.policy.questions import ruling_command
from conviction_gate.temporal.connect import connect

SENDER: Final = "conviction-gate review"
RULINGS: Final[tuple[str, ...]] = get_args(RulingWord)
OPTIONS: Final = {"charge_id": "--charge: ", "ruling": "RULING: ", None: ""}
"""How the command line calls the fields of a ruling."""

review: Final = App("List the cases that wait for a ruling, and rule on them.")


def list_reviews(
    context: typer.Context,
    agency: Agency = None,
    limit: PageSize = 20,
    page: PageToken = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List the cases in review, the latest first, each with its open questions."""

    async def work() -> tuple[list[CaseInReview | UnansweredCase], str | None]:
        wanted = listing.Wanted("needs_review", agency=agency, attention=True)
        found = await listing.page(await connect(), wanted, limit, page)
        async with cases() as client:
            return await questions_of((row.case_id for row in found.rows), client.open_case), found.next

    in_review, following = run(work())
    if as_json:
        print_array(in_review)
    else:
        _print(in_review)
    if following:
        more = again(context, agency=agency, limit=limit, page=following)
        if as_json:
            print(f"next page: {following}", file=sys.stderr)
        else:
            print_command(console(stderr=True), more, "more: ")
    if any(isinstance(one, UnansweredCase) for one in in_review):
        raise typer.Exit(REFUSED)


def decide(
    case: Case,
    ruling: Annotated[
        str,
        typer.Argument(
            metavar="RULING", autocompletion=completions(RULINGS), help="An answer that `review list` shows."
        ),
    ],
    reason: Reason,
    by: Annotated[str, typer.Option(metavar="ID", help="Who rules: an id of your office, not a name.")],
    charge: Annotated[
        str | None, typer.Option(metavar="ID", help="Which charge, where several questions are open.")
    ] = None,
    message_id: Annotated[
        str | None, typer.Option(metavar="ID", help="An id of your own, to send the same ruling again.")
    ] = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Answer the open question of a case, with your reason and under your id."""
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
    answer = run(_decide(case, fields))
    if isinstance(answer, str):
        fail(answer, REFUSED)
    is_done = answer.is_good if isinstance(answer, Reply) else not answer.effect.startswith("no effect")
    if as_json:
        print(json.dumps({"message_id": fields["message_id"], **answer.model_dump()}))
    else:
        text = answer.text if isinstance(answer, Reply) else f"{answer.effect} ({answer.status})"
        print_text(console(), text, prefix=f"{short_id(str(case))}: ")
    if not is_done:
        raise typer.Exit(REFUSED)


review.add(list_reviews, "review list", name="list")
review.add(
    decide,
    "review decide CA0190000:A2012-0042117 minor_traffic --charge 1 --reason 'read the statute' --by r-7",
)


async def _decide(case_id: CaseId, fields: dict[str, str | None]) -> SubmitAnswer | Reply | str:
    """The case's answer; or, where nothing was sent, why."""
    async with cases() as client:
        view = await client.case(case_id)
        if view is None:
            return f"no case {short_id(str(case_id))}; see `conviction-gate review list`"
        # What was sent before is sent again without a look: the case knows that it has it.
        if not any((m.sender, m.message_id) == (SENDER, fields["message_id"]) for m in view.messages):
            no_answer = why_no_answer(view, str(fields["ruling"]), fields["charge_id"])
            if no_answer is not None:
                return f"{OPTIONS[no_answer.field]}{no_answer.text}"
        try:
            message = read_message("review_decision", json.dumps(fields))
        except DoesNotFit as error:
            return str(error)
        return await client.submit(message, case_id)


def _print(in_review: Sequence[CaseInReview | UnansweredCase]) -> None:
    out = console()
    if not in_review:
        console(stderr=True).print("no case waits for a ruling")
    for case in in_review:
        out.print(Text(clean(short_id(case.case_id)), "bold"), soft_wrap=True)
        if isinstance(case, UnansweredCase):
            print_text(out, case.error, BAD, prefix="  ")
            continue
        print_text(out, case.explanation, prefix="  ")
        for question in case.questions:
            print_text(out, question.asks, ASKS, prefix="  ")
            print_text(out, ", ".join(question.answers), prefix="    RULING: ")
            print_command(out, ruling_command(case.case_id, question), "    ")
