"""The list of cases, as the server's search attributes tell it."""

from collections.abc import AsyncIterator
from datetime import datetime

from temporalio.client import Client, WorkflowExecutionStatus

from contracts.fields import Model
from contracts.names import (
    AGENCY,
    BOOKING_CASE,
    CASE_RULE,
    CASE_STATUS,
    NEEDS_ATTENTION,
    WAITING_SINCE,
)


class CaseRow(Model):
    """One case in a list. What a closed case says of itself cannot change any more: whether its
    flag still stands, `flags` tells."""

    case_id: str
    open: bool
    status: str | None
    rule: str | None
    agency: str | None
    needs_attention: bool
    waiting_since: datetime | None


def query_for(status: str | None, agency: str | None, attention: bool) -> str:
    """The visibility query; `status` and `agency` are words of the contract, so need no quoting."""
    wanted = [f"WorkflowType = '{BOOKING_CASE}'"]
    if status:
        wanted.append(f"{CASE_STATUS.name} = '{status}'")
    if agency:
        wanted.append(f"{AGENCY.name} = '{agency}'")
    if attention:
        wanted.append(f"{NEEDS_ATTENTION.name} = true")
    return " AND ".join(wanted)


async def rows(client: Client, query: str, limit: int) -> AsyncIterator[CaseRow]:
    """At most `limit` cases, in the server's order: the latest started first."""
    async for execution in client.list_workflows(query, limit=limit):
        said = execution.typed_search_attributes
        since = said.get(WAITING_SINCE)
        yield CaseRow(
            case_id=execution.id,
            open=execution.status is WorkflowExecutionStatus.RUNNING,
            status=said.get(CASE_STATUS),
            rule=said.get(CASE_RULE),
            agency=said.get(AGENCY),
            needs_attention=bool(said.get(NEEDS_ATTENTION)),
            waiting_since=since,
        )
