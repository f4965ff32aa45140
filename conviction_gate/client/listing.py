"""The list of cases, page by page, from the server's search attributes."""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from struct import error as StructError
from struct import pack, unpack
from typing import Final, NamedTuple
from zlib import crc32

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.common import SearchAttributeKey

from conviction_gate.client.errors import InvalidPageToken, client_errors
from conviction_gate.client.runs import INTERRUPTED, OPEN
from conviction_gate.contracts.fields import Model
from conviction_gate.contracts.names import (
    AGENCY,
    BOOKING_CASE,
    CASE_RULE,
    CASE_STATUS,
    NEEDS_ATTENTION,
    WAITING_SINCE,
)
from conviction_gate.temporal.queries import ATTENTION_WITHIN, PROBLEMS, needs_attention

CASES: Final = f"WorkflowType = '{BOOKING_CASE}' AND ExecutionStatus != 'ContinuedAsNew'"
"""Which runs are listed. One that was continued as a new one is the same case."""
IDS_IN_A_QUERY: Final = 100
_PROBLEMS: Final = SearchAttributeKey.for_keyword_list(PROBLEMS)


class CaseRow(Model):
    """One case in a list.

    The search attributes of a closed case no longer change: `flags` knows whether its flag was withdrawn.
    `run`: how the server ended a run whose case had not ended, such as `terminated`; `reopened` where the case
    ended and runs again, which is another row.
    """

    case_id: str
    open: bool
    run: str | None = None
    status: str | None
    rule: str | None
    agency: str | None
    needs_attention: bool
    waiting_since: datetime | None


class Page(Model):
    """Cases in the server's order, the latest started first. `total`: the cases of all pages.

    `next`: the token of the next page; None on the last one.
    """

    rows: tuple[CaseRow, ...]
    total: int
    next: str | None


class Wanted(NamedTuple):
    """Which cases. `since`: began then or later, or this long ago at most. `attention`: open, and needs a
    person's. `waiting_for`: open, and has waited this long for the court. `agencies`: beginnings of ORIs, one
    of which must fit."""

    status: str | None = None
    rule: str | None = None
    since: datetime | timedelta | None = None
    agency: str | None = None
    attention: bool = False
    waiting_for: timedelta | None = None
    agencies: tuple[str, ...] | None = None

    def query(self, now: datetime) -> str:
        """The visibility query; its words are those of the contract, so need no quoting."""
        wanted = [CASES]
        if self.status:
            wanted.append(f"{CASE_STATUS.name} = '{self.status}'")
        if self.rule:
            wanted.append(f"{CASE_RULE.name} = '{self.rule}'")
        if self.since:
            since = now - self.since if isinstance(self.since, timedelta) else self.since
            wanted.append(f"StartTime >= '{since.isoformat()}'")
        if self.agency:
            wanted.append(f"{AGENCY.name} = '{self.agency}'")
        if self.agencies is not None:
            # An agency that no ORI can be: no agency at all is no empty list to the server.
            prefixes = self.agencies or ("-",)
            starts = " OR ".join(f"{AGENCY.name} STARTS_WITH '{prefix}'" for prefix in prefixes)
            wanted.append(f"({starts})")
        if self.attention:
            wanted.append(f"{needs_attention(now)} AND {OPEN}")
        if self.waiting_for is not None:
            wanted.append(f"{WAITING_SINCE.name} <= '{(now - self.waiting_for).isoformat()}' AND {OPEN}")
        return " AND ".join(wanted)


@client_errors()
async def page(client: Client, wanted: Wanted, size: int, token: str | None = None) -> Page:
    """One page of cases; raises `InvalidPageToken`."""
    asked_at, place = _read_token(token, wanted) if token else (datetime.now(UTC), None)
    query = wanted.query(asked_at)
    listed = client.list_workflows(query, page_size=size, next_page_token=place)
    counted, _ = await asyncio.gather(client.count_workflows(query), listed.fetch_next_page())
    runs, following = listed.current_page or (), listed.next_page_token
    latest = await _latest_starts(client, {run.id for run in runs if run.close_time})
    return Page(
        rows=tuple(_row(run, is_latest=run.start_time >= latest.get(run.id, run.start_time)) for run in runs),
        total=counted.count,
        next=_token(following, wanted, asked_at) if following else None,
    )


def _token(place: bytes, wanted: Wanted, asked_at: datetime) -> str:
    """The server's token, the time of the first page, and a checksum that includes what is wanted.

    Without it a mistyped token would be an internal error of the server, and one of another list would
    bring cases of neither.
    """
    content = pack(">d", asked_at.timestamp()) + place
    return urlsafe_b64encode(crc32(repr(wanted).encode() + content).to_bytes(4) + content).decode().rstrip("=")


def _read_token(token: str, wanted: Wanted) -> tuple[datetime, bytes]:
    try:
        content = urlsafe_b64decode(token + "=" * (-len(token) % 4))[4:]
        asked_at = datetime.fromtimestamp(unpack(">d", content[:8])[0], UTC)
    except (ValueError, OverflowError, OSError, StructError):
        raise InvalidPageToken from None
    if _token(content[8:], wanted, asked_at) != token:
        raise InvalidPageToken
    return asked_at, content[8:]


async def _latest_starts(client: Client, case_ids: set[str]) -> dict[str, datetime]:
    """When the latest run of each of these cases began. Ids that a query would have to quote are left out."""
    plain = sorted(case_id for case_id in case_ids if not {"'", "\\"} & set(case_id))
    latest: dict[str, datetime] = {}
    for first in range(0, len(plain), IDS_IN_A_QUERY):
        ids = ", ".join(f"'{case_id}'" for case_id in plain[first : first + IDS_IN_A_QUERY])
        async for run in client.list_workflows(f"{CASES} AND WorkflowId IN ({ids})"):
            latest[run.id] = max(run.start_time, latest.get(run.id, run.start_time))
    return latest


def _row(execution: WorkflowExecution, *, is_latest: bool) -> CaseRow:
    attributes = execution.typed_search_attributes
    ended = execution.status.name.lower() if execution.status in INTERRUPTED else None
    return CaseRow(
        case_id=execution.id,
        open=execution.status is WorkflowExecutionStatus.RUNNING,
        run=ended if is_latest else "reopened",
        status=attributes.get(CASE_STATUS),
        rule=attributes.get(CASE_RULE),
        agency=attributes.get(AGENCY),
        needs_attention=bool(attributes.get(NEEDS_ATTENTION)) or _is_slow(execution) or _is_stuck(execution),
        waiting_since=attributes.get(WAITING_SINCE),
    )


def _is_stuck(execution: WorkflowExecution) -> bool:
    """Whether the workflow tasks of an open case keep failing (`needs_attention`)."""
    is_open = execution.status is WorkflowExecutionStatus.RUNNING
    return is_open and bool(execution.typed_search_attributes.get(_PROBLEMS))


def _is_slow(execution: WorkflowExecution) -> bool:
    """Whether a case waits for its history for so long that it needs attention (`needs_attention`)."""
    is_waiting = execution.typed_search_attributes.get(CASE_STATUS) == "checking_history"
    is_open = execution.status is WorkflowExecutionStatus.RUNNING
    return is_open and is_waiting and execution.start_time < datetime.now(UTC) - ATTENTION_WITHIN
