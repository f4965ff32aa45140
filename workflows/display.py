"""What people see of a case: the query's answer; in the web UI the card, summaries and search attributes."""

import re
from typing import Any, Final

from temporalio import workflow
from temporalio.common import SearchAttributeKey

from workflows import meters
from workflows.case_rules import CaseRules
from workflows.state import CaseState

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts import names
    from conviction_gate.contracts.case import CaseResult, CaseView
    from conviction_gate.policy import (
        Decision,
        charge_views,
        history_summary,
        open_charges,
        question_views,
        ruling_command,
        unknown_charges,
    )


def waits_for_booking() -> str:
    """What a timer's summary begins with while a court's message waits for its booking."""
    return "Waits for the booking, since a court's message came first."


def waits_for_ruling(decision: Decision) -> str:
    """What a timer's summary begins with while a case is in review."""
    return f"Waits for a person's ruling ({decision.rule})."


def waits_for_court(state: CaseState) -> str:
    """What a timer's summary begins with while a charge is open."""
    charges = open_charges(state.facts)
    which = f"{'charge' if len(charges) == 1 else 'charges'} {', '.join(charges[:5])}"
    more = f" and {len(charges) - 5} more" if len(charges) > 5 else ""
    return f"Waits for the court on {which}{more}."


class Display:
    """Shows one case."""

    def __init__(self, case_id: names.CaseId | None, state: CaseState, rules: CaseRules) -> None:
        self._case_id = case_id
        self._state = state
        self._rules = rules

    def show(self) -> None:
        """Update the card, and the search attributes that changed."""
        state = self._state
        now: dict[SearchAttributeKey[Any], Any] = {
            names.CASE_STATUS: state.status,
            names.CASE_RULE: state.rule,
            names.AGENCY: self._case_id.agency if self._case_id else None,
            names.NEEDS_ATTENTION: state.needs_attention,
            names.WAITING_SINCE: state.waiting_since if state.status == "waiting_for_court" else None,
        }
        shown = workflow.info().typed_search_attributes
        updates = [
            key.value_unset() if value is None else key.value_set(value)
            for key, value in now.items()
            if shown.get(key) != value
        ]
        if updates:
            before = shown.get(names.CASE_STATUS), shown.get(names.CASE_RULE)
            if state.rule and before != (state.status, state.rule):
                meters.decided(state.status, state.rule)
            workflow.upsert_search_attributes(updates)
        workflow.set_current_details(card(state, self.view()))

    def view(self) -> CaseView:
        """The case as it is now."""
        state = self._state
        charges = charge_views(state.facts)
        asked = self._rules.decision_to_rule_on() if state.status == "needs_review" else None
        return CaseView(
            case_id=workflow.info().workflow_id,
            agency=self._case_id.agency if self._case_id else "",
            tracking_number=self._case_id.tracking_number if self._case_id else "",
            status=state.status,
            rule=state.rule,
            explanation=state.explanation,
            policy_edition=state.edition,
            charges=charges,
            messages=tuple(state.messages),
            messages_total=state.messages_total,
            rejected=tuple(state.rejected),
            rejected_total=state.rejected_total,
            waiting_since=state.waiting_since,
            next_docket_check_at=state.due.get("docket_check"),
            needs_attention=state.needs_attention,
            flag_status=state.flag_status,
            reopened=state.reopened,
            booked_at=state.booked_at,
            history=history_summary(state.facts),
            questions=question_views(asked, charges, state.facts.placements) if asked else (),
            reminders=state.reminders,
        )

    def view_at_end(self, result: CaseResult) -> CaseView:
        """The case as the registry keeps it, once it ends with a result."""
        return self.view().model_copy(
            update={
                "status": result.status,
                "rule": result.rule,
                "explanation": result.explanation,
                "policy_edition": result.policy_edition,
                "waiting_since": None,
                "next_docket_check_at": None,
                "questions": (),
            }
        )


_WAITS_FOR = {
    "awaiting_booking": "Waiting for the **booking** from the jail",
    "checking_history": "Waiting for the **criminal history**",
    "waiting_for_court": "Waiting for the **court**",
    "needs_review": "Waiting for a **person's ruling**",
    "flagged": "Ended: **flagged** for an immigration officer to review",
    "cleared": "Ended: **cleared**, no flag",
}
_DUE = {
    "docket_check": "Next docket check",
    "docket_overdue": "Overdue from",
    "review_reminder": "Next reminder",
    "booking_overdue": "The booking is overdue from",
    "unknown_charge": "Needs attention for the unknown charge from",
}


def card(state: CaseState, view: CaseView) -> str:
    """Who waits for what and since when, charges, last message, timers, and what went wrong (Markdown)."""
    since = {
        "awaiting_booking": state.opened_at,
        "waiting_for_court": state.waiting_since,
        "needs_review": state.review_since,
    }.get(state.status)
    lines = [
        f"### {_WAITS_FOR.get(state.status, state.status)}{f' since {since:%Y-%m-%d}' if since else ''}",
        "",
    ]
    lines.append(escaped(view.explanation, 2000) + (f" (`{view.rule}`)" if view.rule else ""))
    lines.append("")
    for question in view.questions[:MAX_QUESTIONS]:
        *answers, or_last = map(code, question.answers)
        asks = escaped(question.asks, MAX_ASKED)
        lines.append(f"- **{asks}** One of {', '.join(answers)} or {or_last}")
        lines.append(f"- A reviewer answers with {code(ruling_command(view.case_id, question))}")
    if (more := len(view.questions) - MAX_QUESTIONS) > 0:
        lines.append(
            f"- and {more} more questions: `conviction-gate explain {view.agency}:{view.tracking_number}`"
        )
    for charge in view.charges[:10]:
        court = f"{charge.disposition} on {charge.decided_on}" if charge.disposition else "open"
        kind = (charge.charge_class or "being looked up").replace("_", " ")
        offense = f"{escaped(charge.scheme)} {escaped(charge.code)}"
        lines.append(f"- Charge {escaped(charge.charge_id)}: {offense}, {kind}: **{court}**")
    if len(view.charges) > 10:
        lines.append(f"- and {len(view.charges) - 10} more charges")
    if view.messages:
        last = view.messages[-1]
        lines.append(
            f"- Last message: {last.type}, received {last.received_at:%Y-%m-%d} ({view.messages_total} in all)"
        )
    for name, due in sorted(state.due.items()):
        lines.append(f"- {_DUE.get(name, name)}: {due:%Y-%m-%d}")
    if state.reopened:
        lines.append(
            f"- Reopened on {state.reopened.reopened_at:%Y-%m-%d} by {escaped(state.reopened.by)}: "
            f"{escaped(state.reopened.reason)}"
        )
    if state.reminders:
        lines.append(f"- Reminders so far: {state.reminders}")
    if state.overdue:
        lines.append("- **Overdue**: nothing has arrived for longer than the settings allow")
    if state.charge_unknown:
        unknown = ", ".join(map(escaped, unknown_charges(state.facts)[:5]))
        lines.append(
            f"- **Unknown charge**: the court's messages name {unknown}, which no booking or amendment has"
        )
    if state.unknown_entries:
        lines.append(f"- **Unknown docket entries: {state.unknown_entries}**; they end nothing")
    if view.rejected:
        refused = view.rejected[-1]
        lines.append(
            f"- **Rejected messages: {view.rejected_total}**; "
            f"the last, {escaped(refused.name)}: {escaped(refused.reason)}"
        )
    return "\n".join(lines)


_ACTIVE: Final = re.compile(r"[\\`*_\[\](){}<>#&!|~]")
"""What Markdown could take for more than text, within a line."""
_LINKED: Final = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
"""Where an address is split, which Markdown would link even with its punctuation escaped."""
_BREAK: Final = "\N{WORD JOINER}"
MAX_SHOWN: Final = 200
MAX_ASKED: Final = 600
"""Characters of a question, which may hold ids of a sender."""
MAX_QUESTIONS: Final = 3


def escaped(text: str, most: int = MAX_SHOWN) -> str:
    """Somebody else's text within a line of Markdown, at most so many characters of it: it shows as it is, and
    makes no link, image, HTML, code or further line."""
    line = "".join(c if c.isprintable() else " " for c in text[:most])
    return _ACTIVE.sub(r"\\\g<0>", _LINKED.sub(_BREAK, line))


def code(text: str) -> str:
    """Text as it is, within backticks: more of them than it has in a row itself."""
    line = "".join(c if c.isprintable() else " " for c in text)
    ticks = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    return f"{ticks}{line}{ticks}" if len(ticks) == 1 else f"{ticks} {line} {ticks}"
