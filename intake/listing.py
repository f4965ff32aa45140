"""The list of cases, page by page, as the server's search attributes tell it."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from zlib import crc32

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

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


class Page(Model):
    """Cases in the server's order, the latest started first; `total` counts those of all pages.

    `next`: what the next page is asked for by; None after the last one.
    """

    rows: tuple[CaseRow, ...]
    total: int
    next: str | None


class NoSuchPage(ValueError):
    """What a page was asked for by is not what the page before told."""


def query_for(
    status: str | None, agency: str | None, attention: bool, waiting_for: timedelta | None = None
) -> str:
    """The visibility query; `status` and `agency` are words of the contract, so need no quoting."""
    wanted = [f"WorkflowType = '{BOOKING_CASE}'"]
    if status:
        wanted.append(f"{CASE_STATUS.name} = '{status}'")
    if agency:
        wanted.append(f"{AGENCY.name} = '{agency}'")
    if attention:
        wanted.append(f"{NEEDS_ATTENTION.name} = true")
    if waiting_for is not None:
        since = datetime.now(UTC) - waiting_for
        wanted.append(f"{WAITING_SINCE.name} <= '{since.isoformat()}'")
    return " AND ".join(wanted)


async def page(client: Client, query: str, size: int, token: str | None = None) -> Page:
    """One page of cases; raises `NoSuchPage`."""
    place = _read_token(token) if token else None
    listed = client.list_workflows(query, page_size=size, next_page_token=place)
    counted, _ = await asyncio.gather(client.count_workflows(query), listed.fetch_next_page())
    return Page(
        rows=tuple(map(_row, listed.current_page or ())),
        total=counted.count,
        next=_token(listed.next_page_token) if listed.next_page_token else None,
    )


def _token(place: bytes) -> str:
    """The server's own token and a sum: of a wrong one it would say only that something went wrong."""
    return urlsafe_b64encode(crc32(place).to_bytes(4) + place).decode().rstrip("=")


def _read_token(token: str) -> bytes:
    try:
        place = urlsafe_b64decode(token + "=" * (-len(token) % 4))[4:]
    except ValueError:
        raise NoSuchPage from None
    if _token(place) != token:
        raise NoSuchPage
    return place


def _row(execution: WorkflowExecution) -> CaseRow:
    said = execution.typed_search_attributes
    return CaseRow(
        case_id=execution.id,
        open=execution.status is WorkflowExecutionStatus.RUNNING,
        status=said.get(CASE_STATUS),
        rule=said.get(CASE_RULE),
        agency=said.get(AGENCY),
        needs_attention=bool(said.get(NEEDS_ATTENTION)),
        waiting_since=said.get(WAITING_SINCE),
    )
