"""Looks a case up: in the case itself, else in the registry, else in the event history of its run."""

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from temporalio.client import WorkflowExecutionStatus

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.errors import CaseUnanswered
from conviction_gate.client.replies import Records
from conviction_gate.contracts.case import CaseResult, CaseView, Flag
from conviction_gate.contracts.names import CaseId

if TYPE_CHECKING:
    from conviction_gate.registry import RecordedCase

Source = Literal["case", "registry", "history"]

LACKS: Final[dict[Source, str | None]] = {
    "case": None,
    "registry": "This comes from the registry. Only the events of the run are missing.",
    "history": (
        "The case does not answer, and the registry has no end of it. So this comes from its event history. "
        "What is missing: the charges, the record, what a docket brought, and whether there is a flag."
    ),
}
"""Where a case was looked up, and what is missing then."""


class ShownCase(CaseView):
    """What `show --json` prints: the case, where it was looked up, and what is missing then."""

    source: Source
    lacks: str | None


class Found(NamedTuple):
    """A case and where it was looked up. `result`: if it has ended; `flag`: if one was withdrawn."""

    view: CaseView
    source: Source = "case"
    result: CaseResult | None = None
    flag: Flag | None = None

    @property
    def shown(self) -> ShownCase:
        """As `show` prints it."""
        return ShownCase(**dict(self.view), source=self.source, lacks=LACKS[self.source])


async def look_up_ended(records: Records, case_id: CaseId | str) -> Found | None:
    """The case from the registry alone, which needs no server; None where it has not ended there."""
    recorded = await records.recorded_case(str(case_id))
    return await _ended(recorded, records) if recorded is not None and recorded.closed else None


async def _ended(recorded: "RecordedCase", records: Records | CaseClient) -> Found:
    flags = await records.flags() if recorded.case.flag_status == "withdrawn" else ()
    withdrawn = [flag for flag in flags if flag.case_id == recorded.case.case_id]
    return Found(recorded.case, "registry", recorded.result, withdrawn[-1] if withdrawn else None)


async def look_up(client: CaseClient, case_id: CaseId | str) -> Found | None:
    """The case, from the best source that has it; None where none has.

    For a case that has ended that is the registry: corrections may have come after the run.
    """
    status = await client.status(case_id)
    recorded = None if status is WorkflowExecutionStatus.RUNNING else await client.recorded(case_id)
    if recorded is not None and recorded.closed:
        return await _ended(recorded, client)
    try:
        view = await client.case(case_id)
    except CaseUnanswered as error:
        view, result = await client.from_history(case_id)
        stopped = None if result else await client.why_stopped(case_id, recorded) or error.reason
        return Found(view.model_copy(update={"stopped": stopped}), "history", result)
    return None if view is None else Found(view, "case" if status else "registry")
