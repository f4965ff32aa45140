"""The pages of the desk on cases: questions, a case, a ruling, a reopening, attention, flags."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from starlette.responses import Response

from conviction_gate import policy
from conviction_gate.client.case_lookup import Found
from conviction_gate.client.explanation import explanation
from conviction_gate.client.listing import CaseRow, Wanted
from conviction_gate.client.questions import UnansweredCase, questions_of
from conviction_gate.contracts.case import CaseView, QuestionView
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.signals import SIGNALS
from conviction_gate.desk import words
from conviction_gate.desk.forms import ID
from conviction_gate.desk.pages import DESK, NAVIGATION, Visit, case_path, see_other
from conviction_gate.door import asking, sending
from conviction_gate.door.callers import REVIEW
from conviction_gate.door.parameters import Parameters
from conviction_gate.door.problems import Problem, missing_right, not_found
from conviction_gate.registry.flag_list import FlagFilter

ON_A_PAGE: Final = 20
MAX_LISTED: Final = 20_000
"""Cases of a list that the desk puts in order."""
AT_ONCE: Final = 1000
FLAGS_ON_A_PAGE: Final = 50


async def questions(visit: Visit) -> Response:
    """The cases that wait for a ruling, the oldest first, with their questions."""
    if not visit.holds(REVIEW):
        return _first_page(visit)
    visit.call.require(REVIEW)
    wanted = Wanted("needs_review", attention=True, agencies=visit.call.identity.agency_prefixes)
    number = Parameters(visit.call.request, "page").number("page", 1, 1, MAX_LISTED // ON_A_PAGE)
    rows, total = await _oldest_first(visit, wanted)
    views: dict[str, CaseView] = {}

    async def open_case(case_id: str) -> CaseView | None:
        parsed = CaseId.parse(case_id)
        view = None if parsed is None else await visit.call.cases.open_case(parsed)
        if view is not None:
            views[case_id] = view
        return view

    shown = rows[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]
    found = await questions_of((row.case_id for row in shown), open_case)
    return visit.page(
        "questions.html",
        cases=[(one, views.get(one.case_id), isinstance(one, UnansweredCase)) for one in found],
        latest=words.latest,
        total=total,
        page=number,
        pages=_pages(len(rows)),
    )


async def attention(visit: Visit) -> Response:
    """The open cases that a person should look at, the oldest first."""
    visit.call.require("read")
    wanted = Wanted(attention=True, agencies=visit.call.identity.agency_prefixes)
    number = Parameters(visit.call.request, "page").number("page", 1, 1, MAX_LISTED // ON_A_PAGE)
    rows, total = await _oldest_first(visit, wanted)
    return visit.page(
        "attention.html",
        rows=rows[(number - 1) * ON_A_PAGE : number * ON_A_PAGE],
        total=total,
        page=number,
        pages=_pages(len(rows)),
    )


async def find(visit: Visit) -> Response:
    """Go to the case of an agency and a tracking number."""
    visit.call.require("read")
    asked = Parameters(visit.call.request, "agency", "number")
    agency, number = ((asked.text(name) or "").strip() for name in ("agency", "number"))
    case_id = CaseId.parse(f"booking-case:{agency.upper()}:{number}")
    if case_id is None:
        raise Problem(
            "not-found",
            "an agency is an ORI of nine letters and digits, as in CA0190000, and a tracking number has no "
            "white space; go back and check both",
        )
    return see_other(case_path(case_id))


async def case(visit: Visit) -> Response:
    """One case as a story."""
    visit.call.require("read")
    found = await _found(visit, visit.call.case_id())
    explained = await asyncio.to_thread(explanation, found)
    parts = {part.title: part.lines for part in explained.parts}
    return visit.page(
        "case.html",
        view=found.view,
        found=found,
        lacks=found.shown.lacks,
        why=parts.get("The decision", ()),
        comes_next=() if found.view.questions else parts.get("What comes next", ()),
        events=_events(found),
        may_rule=visit.holds(REVIEW) and bool(found.view.questions),
        may_reopen=visit.holds("reopen") and _can_reopen(found),
    )


async def ruling_form(visit: Visit) -> Response:
    """The form to rule on one question of a case."""
    visit.call.require(REVIEW)
    case_id = visit.call.case_id()
    charge = Parameters(visit.call.request, "charge").text("charge")
    view, question = await _question(visit, case_id, charge)
    return _ruling_page(visit, case_id, view, question, f"desk-{uuid4()}", {}, {})


async def rule(visit: Visit) -> Response:
    """A ruling that was filled in. Its id is in the form, so that sending it twice counts once."""
    visit.call.require(REVIEW)
    case_id = visit.call.case_id()
    form = visit.form
    visit.call.note(message_id=form[ID][:128])
    ruling, reason, charge = (form.get(name, "").strip() for name in ("ruling", "reason", "charge_id"))
    errors = {}
    if not ruling:
        errors["ruling"] = "Choose one of the answers"
    if not reason:
        errors["reason"] = "Say why you rule so"
    fields: dict[str, Any] = {"message_id": form[ID], "ruling": ruling, "reason": reason}
    if charge:
        fields["charge_id"] = charge
    if not errors:
        try:
            response = await sending.rule(visit.call, case_id, fields)
        except Problem as problem:
            errors = _field_errors(problem)
            if not errors:
                raise
        else:
            _say_what_happened(visit, response)
            return see_other(case_path(case_id) if visit.holds("read") else f"{DESK}/")
    view, question = await _question(visit, case_id, charge or None)
    return _ruling_page(visit, case_id, view, question, form[ID], form, errors)


async def reopening_form(visit: Visit) -> Response:
    """The form to reopen a case."""
    visit.call.require("reopen")
    case_id = visit.call.case_id()
    found = await _found(visit, case_id)
    if not _can_reopen(found):
        raise Problem("conflict", "the case has not ended without a flag, so there is nothing to reopen")
    return _reopening_page(visit, found, {}, {})


async def reopen(visit: Visit) -> Response:
    """A reopening that was filled in. The form is for one end of the case, and good for no later one."""
    visit.call.require("reopen")
    case_id = visit.call.case_id()
    found = await _found(visit, case_id)
    if not _can_reopen(found) or visit.form[ID] != _end_of(found):
        raise Problem(
            "conflict", "the case has gone on since you opened this form, so nothing was sent; look at it again"
        )
    reason = visit.form.get("reason", "").strip()
    errors = {} if reason else {"reason": "Say why the case is reopened"}
    if not errors:
        try:
            await sending.reopen(visit.call, case_id, {"reason": reason})
        except Problem as problem:
            errors = _field_errors(problem)
            if not errors:
                raise
        else:
            visit.say("good", "The case is reopened. It waits for the court once more.")
            return see_other(case_path(case_id) if visit.holds("read") else f"{DESK}/")
    return _reopening_page(visit, found, visit.form, errors)


async def flags(visit: Visit) -> Response:
    """The flags, active and withdrawn, with their grounds."""
    visit.call.require("read_flags")
    asked = Parameters(visit.call.request, "status", "page")
    status: Any = asked.word("status", asking.FLAG_STATUSES)
    wanted = FlagFilter(visit.call.identity.agency_prefixes, None, status, None)
    token = asked.text("page")
    page = await visit.call.cases.flags(wanted, FLAGS_ON_A_PAGE, asking.page_place(token) if token else None)
    return visit.page(
        "flags.html", flags=page.flags, chosen=status, next=asking.page_token(*page.next) if page.next else None
    )


def _first_page(visit: Visit) -> Response:
    """The first page that the person may see."""
    for _, path, right in NAVIGATION[1:]:
        if visit.holds(right):
            return see_other(path)
    raise missing_right(visit.call.identity.caller, REVIEW)


async def _oldest_first(visit: Visit, wanted: Wanted) -> tuple[list[CaseRow], int]:
    """All cases of a list, those that began first at the beginning; and how many there are."""
    rows: list[CaseRow] = []
    token, total = None, 0
    while len(rows) < MAX_LISTED:
        page = await visit.call.cases.page(wanted, AT_ONCE, token)
        rows += page.rows
        total, token = page.total, page.next
        if token is None:
            break
    return rows[::-1], max(total, len(rows))


def _pages(count: int) -> int:
    return max(1, -(-count // ON_A_PAGE))


async def _found(visit: Visit, case_id: CaseId) -> Found:
    found = await visit.call.cases.look_up(case_id)
    if found is None:
        raise not_found()
    return found


async def _question(visit: Visit, case_id: CaseId, charge: str | None) -> tuple[CaseView, QuestionView]:
    """The question about a charge, or the only one; raises `Problem` where it is not open."""
    view = await visit.call.cases.case(case_id)
    if view is None:
        raise not_found()
    asked = [question for question in view.questions if charge is None or question.charge_id == charge]
    if len(asked) != 1:
        raise Problem(
            "conflict",
            "this question is not open any more: somebody has answered it, or news has come; look at the case "
            "again"
            if not asked
            else "several questions are open; open the case and choose one of them",
        )
    return view, asked[0]


def _ruling_page(
    visit: Visit,
    case_id: CaseId,
    view: CaseView,
    question: QuestionView,
    form_id: str,
    given: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    return visit.page(
        "ruling.html",
        422 if errors else 200,
        view=view,
        question=question,
        answers=[(answer, *words.answer_words(answer)) for answer in question.answers],
        action=case_path(case_id, "ruling"),
        form_id=form_id,
        given=given,
        errors=errors,
    )


def _reopening_page(
    visit: Visit, found: Found, given: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    return visit.page(
        "reopening.html",
        422 if errors else 200,
        view=found.view,
        action=case_path(found.view.case_id, "reopening"),
        form_id=_end_of(found),
        given=given,
        errors=errors,
    )


def _can_reopen(found: Found) -> bool:
    return found.result is not None and policy.can_be_reopened(found.result)


def _end_of(found: Found) -> str:
    """Names this end of the case."""
    return found.result.decided_at.isoformat() if found.result else ""


def _field_errors(problem: Problem) -> dict[str, str]:
    """What is wrong with which field of a form."""
    if problem.kind != "does-not-fit":
        return {}
    errors = {error.get("pointer", "").strip("/"): error["detail"] for error in problem.errors}
    known = {name: text[:1].upper() + text[1:] for name, text in errors.items() if name in ("ruling", "reason")}
    return known if len(known) == len(errors) else {}


def _say_what_happened(visit: Visit, response: Response) -> None:
    answer = json.loads(bytes(response.body))
    if answer["duplicate"]:
        visit.say("good", "You have sent this ruling before. It was counted once, and nothing has changed.")
    elif answer["status"] is None:
        visit.say("warn", "Your ruling is recorded. The case has not read it yet: look again in a minute.")
    elif answer["effect"].startswith("no effect"):
        visit.say("warn", f"The case took your ruling, and it changed nothing: {answer['effect']}.")
    else:
        visit.say("good", f"Your ruling was counted. What it did: {answer['effect']}.")


def _events(found: Found) -> list[dict[str, Any]]:
    """What happened, in the order of time: when, what, who said it, what it did."""
    view = found.view
    events: list[dict[str, Any]] = []
    for message in view.messages:
        signal = SIGNALS.get(message.type)  # None where a newer release has written the case
        what = signal.reported_as if signal else message.type
        event = _event(message.received_at, what, message.sender, message.effect, message.message_id)
        events.append(event | {"proven": message.by_door})
    if view.reopened is not None:
        what = "a person reopened the case"
        events.append(_event(view.reopened.reopened_at, what, view.reopened.by, view.reopened.reason))
    if found.result is not None:
        what = "the case ended: " + words.badge_of(view.status).text.lower()
        events.append(_event(found.result.decided_at, what, "", found.result.explanation))
    if found.flag is not None and found.flag.withdrawn_at is not None:
        what = "the flag was withdrawn"
        events.append(_event(found.flag.withdrawn_at, what, "", found.flag.withdrawn_reason or ""))
    return sorted(events, key=lambda event: event["at"])


def _event(at: Any, what: str, who: str, effect: str, message_id: str = "") -> dict[str, Any]:
    what = what[:1].upper() + what[1:]
    return {"at": at, "what": what, "who": who, "effect": effect, "id": message_id, "proven": True}
