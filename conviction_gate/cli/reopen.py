"""A person opens a cleared case again, for a charge that was filed anew. No message does that."""

from datetime import UTC, datetime
from shlex import quote
from typing import Annotated

import typer
from pydantic import ValidationError

from conviction_gate.cli.case_names import CASE_FORM, read_case_id
from conviction_gate.cli.options import Data
from conviction_gate.cli.session import REFUSED, fail, run
from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.replies import RecordedCase
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import reasons
from conviction_gate.temporal.connect import connect


def reopen(
    case: Annotated[str, typer.Argument(metavar="CASE", help=CASE_FORM)],
    reason: Annotated[str, typer.Option(help="Why, for the record; nothing about the person.")],
    by: Annotated[str, typer.Option(metavar="ID", help="Who opens it: an id of your office, not a name.")],
    data: Data = None,
) -> None:
    """Open a cleared case again: its charges wait for the court anew."""
    case_id = read_case_id(case)
    if case_id is None:
        fail(f"CASE: '{case}' names no case; write {CASE_FORM}")
    try:
        Reopening(by=by.strip(), reason=reason.strip(), reopened_at=datetime.now(UTC))
    except ValidationError as error:
        fail(f"--{reasons(error)}")
    if not reason.strip():
        fail("--reason: empty; say why the case is opened again")
    answer = run(_reopened(case_id, by.strip(), reason.strip()))
    if answer is not None:
        fail(answer, REFUSED)
    print(f"{case_id} is open again; see `conviction-gate show {quote(str(case_id))}`")


async def _reopened(case_id: CaseId, by: str, reason: str) -> str | None:
    """None once the case is open again; else why it is not."""
    # Here and not above: most commands need neither the database toolkit nor the rules.
    from conviction_gate.policy import reopen as open_again
    from conviction_gate.registry import Registry

    def again(kept: RecordedCase) -> Facts | str:
        at = datetime.now(UTC)
        return open_again(kept.facts, kept.result, by=by, reason=reason, at=at, ended=kept.closed)

    settings = Settings()
    if refused := settings.permits.refusal_to_reopen(by):
        return refused
    async with await Registry.open(settings.registry) as registry:
        client = CaseClient(await connect(), registry)
        if await client.is_open(case_id):
            return f"{case_id} is open; send it what the court says"
        if stopped := await client.interruption(case_id, await registry.recorded_case(str(case_id))):
            return f"{case_id} is not reopened: {stopped}"
        kept = await registry.reopen(str(case_id), by=by, reason=reason, at=datetime.now(UTC), open_again=again)
        if isinstance(kept, str):
            return f"{case_id} stays closed: {kept}"
        booked = min(kept.facts.bookings, key=lambda booking: booking.booked_at)
        if not await client.start_again(booked):
            return f"{case_id} is open; somebody else has just opened it again"
    return None
