"""What people read: cards and tables. Programs get JSON."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conviction_gate.client.listing import Page
from conviction_gate.client.looking_up import ShownCase
from conviction_gate.contracts.case import CaseView, ChargeView, Flag

NARROWEST = 120
"""Columns of a table where nobody looks at a terminal."""

STYLES = {
    "accepted": "green",
    "duplicate": "green",
    "closed": "yellow",
    "refused": "red",
    "needs_review": "yellow",
    "flagged": "bold red",
    "cleared": "green",
}


def print_case(view: ShownCase) -> None:
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
            _table(
                shown,
                ("received", "type", "message", "sender", "effect"),
                ((when(m.received_at), m.type, m.message_id, m.sender, m.effect) for m in view.messages),
            )
        )
    if view.rejected:
        shown = _shown("Rejected", len(view.rejected), view.rejected_total)
        out.print(
            _table(
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


def print_page(page: Page, following: str) -> None:
    """One page of the list of cases; `following`: the command that shows the next one."""
    out = console()
    if not page.total and not page.rows:
        out.print("no such case; `conviction-gate start FILE` starts cases", soft_wrap=True)
        return
    if page.rows:
        out.print(
            _table(
                None,
                ("case", "status", "rule", "agency", "attention", "waiting since"),
                (
                    (
                        row.case_id,
                        (row.status or "") + ("" if row.open else f" ({row.run or 'closed'})"),
                        row.rule or "",
                        row.agency or "",
                        "yes" if row.needs_attention else "",
                        when(row.waiting_since) if row.waiting_since else "",
                    )
                    for row in page.rows
                ),
            )
        )
    out.print(f"{len(page.rows):,} of {page.total:,}", soft_wrap=True)
    if page.next:
        out.print(f"more: {following}", soft_wrap=True)


def print_flags(flags: Sequence[Flag]) -> None:
    """Every flag, with why it was set and why it was withdrawn."""
    out = console()
    if not flags:
        out.print("no flag on record")
        return
    out.print(
        _table(
            None,
            ("case", "flag", "rule", "flagged", "why", "withdrawn"),
            (
                (
                    flag.case_id,
                    flag.status,
                    flag.rule,
                    when(flag.flagged_at),
                    flag.explanation,
                    f"{when(flag.withdrawn_at)}: {flag.withdrawn_reason}" if flag.withdrawn_at else "",
                )
                for flag in flags
            ),
        )
    )


def when(time: datetime) -> str:
    """A time in UTC, to the minute."""
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}Z"


def clean(text: str) -> str:
    """Text that cannot steer a terminal: what a stranger sent is shown here."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Nobody reads any more; the exit code of a command is its own to say."""
        self.quiet = True
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """A terminal as wide as it is; what is no terminal is as wide as tables need it."""
    out = _Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not out.is_terminal:
        out.width = NARROWEST
    return out


def _table(title: str | None, columns: Iterable[str], lines: Iterable[Iterable[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*(Text(clean(cell)) for cell in line))
    return table


def _charges(charges: Iterable[ChargeView]) -> Table:
    return _table(
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
