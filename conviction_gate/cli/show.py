"""The command `show`: one case, what it waits for, its charges and its messages."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from conviction_gate.cli.case_names import CASE_FORM, read_case_id
from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import STYLES, clean, console, table, when
from conviction_gate.cli.session import found_case
from conviction_gate.client.case_lookup import ShownCase
from conviction_gate.contracts.case import CaseView, ChargeView


def show(
    case: Annotated[str, typer.Argument(metavar="CASE", help=f"The case: {CASE_FORM}.")],
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Show one case: its status, who waits for what, its charges and its messages."""
    # Any id is looked up: `list` names a case under an id of another form too.
    shown = found_case(read_case_id(case) or case).shown
    if as_json:
        print(shown.model_dump_json(indent=2))
    else:
        _print(shown)


def _print(view: ShownCase) -> None:
    """The card of one case: where it stands, who waits for what, and what it is made of."""
    out = console()
    title = Text(clean(view.case_id), "bold")
    title.append("  ")
    title.append(view.status, STYLES.get(view.status, "cyan"))
    if view.flag_status:
        title.append(f" (flag {view.flag_status})")
    if view.needs_attention:
        title.append("  needs attention", "bold yellow")
    out.print(title, soft_wrap=True)
    out.print(Text(clean(view.explanation)))
    edition = f"policy of {view.policy_edition}" if view.policy_edition else "no edition yet"
    out.print(Text(f"{view.rule or 'no rule yet'}, {edition}", "dim"))
    out.print(Text(clean(waiting(view))), soft_wrap=True)
    if view.lacks:
        out.print(Text(view.lacks, "yellow" if view.source == "history" else "dim"), soft_wrap=True)
    if view.reopened:
        told = f"Opened again on {when(view.reopened.reopened_at)} by {view.reopened.by}"
        out.print(Text(clean(f"{told}: {view.reopened.reason}")))
    if view.charges:
        out.print(_charges(view.charges))
    if view.messages:
        shown = _shown("Messages", len(view.messages), view.messages_total)
        out.print(
            table(
                shown,
                ("received", "type", "message", "sender", "effect"),
                ((when(m.received_at), m.type, m.message_id, m.sender, m.effect) for m in view.messages),
            )
        )
    if view.rejected:
        shown = _shown("Rejected", len(view.rejected), view.rejected_total)
        out.print(
            table(
                shown,
                ("received", "name", "reason", "payload"),
                ((when(r.received_at), r.name, r.reason, r.payload) for r in view.rejected),
            )
        )


def waiting(view: CaseView) -> str:
    """Who waits for what, since when, and what comes next."""
    if view.stopped:
        return f"Stands still: {view.stopped}"
    match view.status:
        case "awaiting_booking":
            what = f"Waits for the booking from {view.agency}: `conviction-gate start FILE`"
        case "checking_history":
            what = "Waits for the criminal history"
        case "waiting_for_court":
            what = f"Waits for the court to end {_still_open(view.charges)}"
        case "needs_review":
            what = "Waits for a person's answer: `conviction-gate review decide CASE RULING`"
        case "flagged" | "cleared":
            return "Nobody waits: the case has ended"
    if view.waiting_since:
        days = max((datetime.now(UTC) - view.waiting_since).days, 0)
        what += f", since {when(view.waiting_since)} ({days} {'day' if days == 1 else 'days'})"
    if view.next_docket_check_at:
        what += f"; next look at the docket: {when(view.next_docket_check_at)}"
    return what


def _charges(charges: Iterable[ChargeView]) -> Table:
    return table(
        "Charges",
        ("charge", "offense", "class", "severity", "disposition", "decided on"),
        (
            (
                c.charge_id,
                f"{c.scheme} {c.code}",
                c.charge_class or "not placed yet",
                c.severity or "",
                c.disposition or "open",
                c.decided_on.isoformat() if c.decided_on else "",
            )
            for c in charges
        ),
    )


def _still_open(charges: Iterable[ChargeView]) -> str:
    ids = [c.charge_id for c in charges if not c.disposition and c.charge_class != "court_process"]
    if not ids:
        return "the case"
    return f"{'charge' if len(ids) == 1 else 'charges'} {', '.join(map(clean, ids))}"


def _shown(name: str, shown: int, total: int) -> str:
    return name if shown == total else f"{name} (the last {shown} of {total})"
