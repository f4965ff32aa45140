"""The command `reopen`: a person reopens a cleared case, as for a refiled charge. No message does that."""

from datetime import UTC, datetime
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError

from conviction_gate.cli.options import Case, Data, Reason
from conviction_gate.cli.session import REFUSED, fail, run
from conviction_gate.client.case_client import CaseClient
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import reasons
from conviction_gate.temporal.connect import connect

if TYPE_CHECKING:
    from conviction_gate.registry import RecordedCase


def reopen(
    case_id: Case,
    reason: Reason,
    by: Annotated[str, typer.Option(metavar="ID", help="Who reopens it: an id of your office, not a name.")],
    data: Data = None,
) -> None:
    """Reopen a cleared case: its charges wait for the court once more."""
    try:
        Reopening(by=by.strip(), reason=reason.strip(), reopened_at=datetime.now(UTC))
    except ValidationError as error:
        fail(f"--{reasons(error)}")
    if not reason.strip():
        fail("--reason: empty; say why the case is reopened")
    answer = run(_reopened(case_id, by.strip(), reason.strip()))
    if answer is not None:
        fail(answer, REFUSED)
    print(f"{case_id} is reopened; see `conviction-gate show {quote(str(case_id))}`")


async def _reopened(case_id: CaseId, by: str, reason: str) -> str | None:
    """None once the case is reopened; else why it is not."""
    # Here and not above: most commands need neither the database toolkit nor the rules.
    from conviction_gate.policy import reopen as open_again
    from conviction_gate.registry import Registry

    def again(kept: "RecordedCase") -> Facts | str:
        at = datetime.now(UTC)
        return open_again(kept.facts, kept.result, by=by, reason=reason, at=at, ended=kept.closed)

    settings = Settings()
    if refused := settings.permits.refusal_to_reopen(by):
        return refused
    async with await Registry.open(settings.registry) as registry:
        client = CaseClient(await connect(), registry)
        if await client.is_open(case_id):
            return f"{case_id} is open already; send it the court's messages"
        if stopped := await client.interruption(case_id, await registry.recorded_case(str(case_id))):
            return f"{case_id} is not reopened: {stopped}"
        kept = await registry.reopen(str(case_id), by=by, reason=reason, at=datetime.now(UTC), open_again=again)
        if isinstance(kept, str):
            return f"{case_id} stays closed: {kept}"
        booked = min(kept.facts.bookings, key=lambda booking: booking.booked_at)
        if not await client.start_again(booked):
            return f"{case_id} is open; somebody else has just reopened it"
    return None
