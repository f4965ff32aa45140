"""The card on a case's page in the web UI: who waits for what, since when (Markdown)."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts.case import CaseView
    from workflows.state import CaseState

_WAITS_FOR = {
    "awaiting_booking": "Waits for the **booking** from the jail's system",
    "checking_history": "Waits for the **criminal history**",
    "waiting_for_court": "Waits for the **court**",
    "needs_review": "Waits for a **person's ruling**",
    "flagged": "Ended: **flagged** for an immigration officer to look at",
    "cleared": "Ended: **cleared**, no flag",
}


def card(state: CaseState, view: CaseView) -> str:
    """Status, reason, charges, last message, next look-up, and what went wrong."""
    since = {
        "awaiting_booking": state.opened_at,
        "waiting_for_court": state.waiting_since,
        "needs_review": state.review_since,
    }.get(state.status)
    lines = [
        f"### {_WAITS_FOR.get(state.status, state.status)}{f' since {since:%Y-%m-%d}' if since else ''}",
        "",
    ]
    lines.append(view.explanation + (f" (`{view.rule}`)" if view.rule else ""))
    lines.append("")
    for charge in view.charges[:10]:
        court = f"{charge.disposition} on {charge.decided_on}" if charge.disposition else "open"
        kind = (charge.charge_class or "being looked up").replace("_", " ")
        offense = f"{_plain(charge.scheme)} {_plain(charge.code)}"
        lines.append(f"- Charge {_plain(charge.charge_id)}: {offense}, {kind}: **{court}**")
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
            f"- Reopened on {state.reopened.reopened_at:%Y-%m-%d} by {_plain(state.reopened.by)}: "
            f"{_plain(state.reopened.reason)}"
        )
    if state.reminders:
        lines.append(f"- Reminders so far: {state.reminders}")
    if state.overdue:
        lines.append("- **Overdue**: nothing came within the time that was set")
    if view.rejected:
        lines.append(
            f"- **Rejected messages: {view.rejected_total}**; the last: {_plain(view.rejected[-1].reason)}"
        )
    return "\n".join(lines)


_DUE = {
    "docket_check": "Next docket check",
    "docket_overdue": "Overdue from",
    "review_reminder": "Next reminder",
    "booking_overdue": "The booking is overdue from",
}


def _plain(text: str) -> str:
    """A sender's word, so that it cannot pose as part of the card."""
    return "".join("\\" + c if c in "|*_`[]<>#\\" else c for c in text[:200] if c.isprintable())
