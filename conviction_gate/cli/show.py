"""The command `show`: one case, what it waits for, its charges and its messages."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.text import Text

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import (
    ASKS,
    STYLES,
    Column,
    clean,
    console,
    local_time,
    print_table,
    print_text,
    short_id,
)
from conviction_gate.cli.session import found_case
from conviction_gate.client.case_lookup import ShownCase
from conviction_gate.client.case_names import CASE_FORM, read_case_id
from conviction_gate.contracts.case import CaseView, ChargeView

CHARGES: Final = (
    Column("charge"),
    Column("offense"),
    Column("class"),
    Column("severity", rank=1),
    Column("disposition"),
    Column("decided on", rank=2),
)
MESSAGES: Final = (
    Column("received", rank=2),
    Column("type"),
    Column("message"),
    Column("sender", rank=1),
    Column("effect", prose=True),
)
REJECTED: Final = (
    Column("received", rank=2),
    Column("name"),
    Column("reason", prose=True),
    Column("payload", prose=True),
)


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
    out = console()
    title = Text(clean(short_id(view.case_id)), "bold")
    title.append("  ")
    title.append(view.status, STYLES.get(view.status, ""))
    if view.flag_status:
        title.append(f" (flag {view.flag_status})")
    if view.needs_attention:
        title.append("  needs attention", f"bold {ASKS}")
    out.print(title, soft_wrap=True)
    print_text(out, view.explanation)
    edition = f"policy of {view.policy_edition}" if view.policy_edition else "no edition yet"
    print_text(out, f"{view.rule or 'no rule yet'}, {edition}", "dim")
    print_text(out, waiting(view))
    if view.lacks:
        print_text(out, view.lacks, ASKS if view.source == "history" else "dim")
    if view.reopened:
        reopened = f"Reopened on {local_time(view.reopened.reopened_at)} by {view.reopened.by}"
        print_text(out, f"{reopened}: {view.reopened.reason}")
    if view.charges:
        out.print(Text("\nCharges", "bold"))
        print_table(out, CHARGES, map(_charge, view.charges))
    if view.messages:
        out.print(Text(f"\n{_counted('Messages', len(view.messages), view.messages_total)}", "bold"))
        messages = (
            (local_time(m.received_at), m.type, m.message_id, m.sender, m.effect) for m in view.messages
        )
        print_table(out, MESSAGES, messages)
    if view.rejected:
        out.print(Text(f"\n{_counted('Rejected', len(view.rejected), view.rejected_total)}", "bold"))
        rejected = ((local_time(r.received_at), r.name, r.reason, r.payload) for r in view.rejected)
        print_table(out, REJECTED, rejected)


def waiting(view: CaseView) -> str:
    """Who waits for what, since when, and what comes next."""
    if view.stopped:
        return f"The case is stuck: {view.stopped}"
    match view.status:
        case "awaiting_booking":
            what = f"Waits for the booking from {view.agency}: `conviction-gate start FILE`"
        case "checking_history":
            what = "Waits for the criminal history"
        case "waiting_for_court":
            what = f"Waits for the court to end {_still_open(view.charges)}"
        case "needs_review":
            step = f"`conviction-gate explain {short_id(view.case_id)}` has the question"
            what = f"Waits for a person's ruling: {step}"
        case "flagged" | "cleared":
            return "The case has ended and waits for nothing"
    if view.waiting_since:
        days = max((datetime.now(UTC) - view.waiting_since).days, 0)
        what += f", since {local_time(view.waiting_since)} ({days:,} {'day' if days == 1 else 'days'})"
    if view.next_docket_check_at:
        what += f"; checks the docket next on {local_time(view.next_docket_check_at)}"
    return what


def _charge(charge: ChargeView) -> tuple[str, ...]:
    return (
        charge.charge_id,
        f"{charge.scheme} {charge.code}",
        charge.charge_class or "not classified yet",
        charge.severity or "",
        charge.disposition or "open",
        charge.decided_on.isoformat() if charge.decided_on else "",
    )


def _still_open(charges: Iterable[ChargeView]) -> str:
    ids = [c.charge_id for c in charges if not c.disposition and c.charge_class != "court_process"]
    if not ids:
        return "the case"
    return f"{'charge' if len(ids) == 1 else 'charges'} {', '.join(ids)}"


def _counted(name: str, shown: int, total: int) -> str:
    return name if shown == total else f"{name} (the last {shown} of {total:,})"
