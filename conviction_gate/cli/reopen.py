"""The command `reopen`: a person reopens a cleared case, as for a refiled charge. No message does that."""

from datetime import UTC, datetime
from shlex import quote
from typing import Annotated

import typer
from pydantic import ValidationError

from conviction_gate.cli.options import Case, Data, Reason
from conviction_gate.cli.printing import short_id
from conviction_gate.cli.session import REFUSED, fail, run
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import reasons
from conviction_gate.temporal.connect import connect


def reopen(
    case_id: Case,
    reason: Reason,
    by: Annotated[str, typer.Option(metavar="ID", help="Who reopens it: an id of your office, not a name.")],
    data: Data = None,
) -> None:
    """Reopen a cleared case: its charges wait for the court once more."""
    try:
        reopening = Reopening(by=by.strip(), reason=reason.strip(), reopened_at=datetime.now(UTC))
    except ValidationError as error:
        fail(f"--{reasons(error)}")
    if not reopening.reason:
        fail("--reason: empty; say why the case is reopened")
    refused = run(_reopened(case_id, reopening))
    if refused is not None:
        fail(refused, REFUSED)
    case = short_id(str(case_id))
    print(f"{case} is reopened; see `conviction-gate show {quote(case)}`")


async def _reopened(case_id: CaseId, reopening: Reopening) -> str | None:
    """None once the case is reopened; else why it is not."""
    # Not imported above: the database toolkit takes a while to import.
    from conviction_gate.client.reopening import reopen_case
    from conviction_gate.registry import Registry

    settings = Settings()
    if refused := settings.permits.refusal_to_reopen(reopening.by):
        return refused
    async with await Registry.open(settings.registry) as registry:
        refusal = await reopen_case(await connect(), registry, settings.permits, case_id, reopening)
        return refusal and refusal.text
