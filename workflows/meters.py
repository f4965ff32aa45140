"""What workflows count, labelled by words of the contract alone: no id, no sender's text, no agency.

The SDK counts nothing during replay, and sends the server no command for it.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from conviction_gate.contracts.fields import RuleName, Status
    from conviction_gate.contracts.names import BOOKING_CASE
    from conviction_gate.contracts.reading import RejectionKind
    from conviction_gate.contracts.signals import SIGNALS

_DOORS = {*SIGNALS, BOOKING_CASE, "docket", "cancel"}


def decided(status: Status, rule: RuleName) -> None:
    """A rule gives the case its status."""
    _count("decisions", "What the rules decided, by the status that followed", status=status, rule=rule)


def withdrawn(rule: RuleName) -> None:
    """The case's own flag is withdrawn before its end."""
    _count("withdrawals", "Flags withdrawn by an open case, by rule", rule=rule)


def corrected(outcome: str) -> None:
    """A message that arrived after the end of its case has been decided on."""
    _count("corrections", "Corrections of ended cases, by outcome", outcome=outcome)


def reminded(number: int) -> None:
    """A review that nobody has answered counts its reminder of this number."""
    _count("review_reminders", "Reminders of reviews", number=str(number) if number < 3 else "3 or more")


def rejected(name: str, kind: RejectionKind) -> None:
    """A message is kept under `rejected`."""
    door = name if name in _DOORS else "other"
    _count("rejected_messages", "Messages kept under `rejected`, by signal and kind", name=door, kind=kind)


def _count(what: str, description: str, **labels: str) -> None:
    workflow.metric_meter().create_counter(f"conviction_gate_{what}", description).add(1, labels)
