"""Who tells of a case: the case itself, else the registry, else the history of its run."""

from typing import Final, Literal, NamedTuple

from temporalio.client import WorkflowExecutionStatus

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.errors import UNANSWERED, silence
from conviction_gate.contracts.case import CaseResult, CaseView, Flag
from conviction_gate.contracts.names import CaseId

Source = Literal["case", "registry", "history"]

LACKS: Final[dict[Source, str | None]] = {
    "case": None,
    "registry": "The registry tells this. It lacks only the events of the run.",
    "history": (
        "The case does not answer, and the registry holds no end of it. So this is what its history tells. "
        "It lacks how the charges stand, the record, what a docket brought, and whether a flag stands."
    ),
}
"""What is told of a case, and what is missing then."""


class ShownCase(CaseView):
    """What `show` prints for programs: the case, who told of it, and what is missing then."""

    source: Source
    lacks: str | None


class Found(NamedTuple):
    """A case and who told of it. `result` where it has ended, `flag` where one was taken back."""

    view: CaseView
    source: Source = "case"
    result: CaseResult | None = None
    flag: Flag | None = None

    @property
    def shown(self) -> ShownCase:
        """As `show` prints it."""
        return ShownCase(**dict(self.view), source=self.source, lacks=LACKS[self.source])


async def look_up(client: CaseClient, case_id: CaseId | str) -> Found | None:
    """The case as well as anybody knows it; None where nobody does.

    Of a case that has ended the registry knows more than its run: corrections came after that.
    """
    status = await client.status(case_id)
    kept = None if status is WorkflowExecutionStatus.RUNNING else await client.kept(case_id)
    if kept is not None and kept.closed:
        flags = await client.flags() if kept.case.flag_status == "withdrawn" else ()
        fallen = [flag for flag in flags if flag.case_id == kept.case.case_id]
        return Found(kept.case, "registry", kept.result, fallen[-1] if fallen else None)
    try:
        view = await client.case(case_id)
    except UNANSWERED as error:
        if (silent := silence(error)) is None:
            raise
        view, result = await client.remains(case_id)
        stopped = None if result else await client.stopped(case_id, kept) or silent
        return Found(view.model_copy(update={"stopped": stopped}), "history", result)
    return None if view is None else Found(view, "case" if status else "registry")
