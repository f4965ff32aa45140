"""A person reopens an ended case, as for a refiled charge. No message does that."""

from typing import Literal, NamedTuple

from temporalio.client import Client

from conviction_gate.client.case_client import CaseClient
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.internal.permits import Permits
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.contracts.names import CaseId
from conviction_gate.registry import Registry


class NotReopened(NamedTuple):
    """Why a case was not reopened, and what to do. `cause`: who asks may not; it is open; its run was ended by
    an operator; or it does not end so that a person could reopen it."""

    cause: Literal["not_permitted", "open", "stopped", "stays_closed"]
    text: str


async def reopen_case(
    client: Client, registry: Registry, permits: Permits, case_id: CaseId, reopening: Reopening
) -> NotReopened | None:
    """Reopen the case in the registry, and start its workflow; None once it is done."""
    from conviction_gate import policy  # it takes a while to import

    if refused := permits.refusal_to_reopen(reopening.by):
        return NotReopened("not_permitted", refused)
    cases = CaseClient(client, registry)
    if await cases.is_open(case_id):
        return NotReopened("open", f"{case_id} is open already; send it the court's messages")
    if stopped := await cases.interruption(case_id, await registry.recorded_case(str(case_id))):
        return NotReopened("stopped", f"{case_id} is not reopened: {stopped}")
    kept = await registry.reopen(str(case_id), reopening, policy.reopen)
    if isinstance(kept, RefusalReason):
        return NotReopened("stays_closed", f"{case_id} stays closed: {kept}")
    booked = min(kept.facts.bookings, key=lambda booking: booking.booked_at)
    if not await cases.start_again(booked):
        return NotReopened("open", f"{case_id} is open; somebody else has just reopened it")
    return None
