"""The typed client: how a jail or a court talks to a case, whatever state the case is in.

Each call is idempotent, so a sender that does not know whether a message arrived sends it again.
The server forgets a closed case after its retention; the registry then knows how the case ended.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WorkflowExecutionStatus,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.corrections import can_matter, ending, reply_from_record, start_correction
from conviction_gate.client.deliveries import find_deliveries
from conviction_gate.client.errors import NoWorker, RegistryRequired, client_errors
from conviction_gate.client.replies import Records, Reply, reply, reply_of
from conviction_gate.client.runs import OPEN, describe, interruption
from conviction_gate.client.same_message import OTHER_CONTENT, TAKEN_IN_CASE, says_the_same
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseView, Flag, SubmitAnswer
from conviction_gate.contracts.court import ReviewDecision
from conviction_gate.contracts.fields import Status
from conviction_gate.contracts.internal.permits import ANYBODY, NOT_A_REVIEWER, Permits
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import (
    AGENCY,
    BOOKING_CASE,
    CASE_STATUS,
    NEEDS_ATTENTION,
    QUERY,
    TASK_QUEUE,
    UPDATE,
    CaseId,
)
from conviction_gate.contracts.reading import mismatch, oversize
from conviction_gate.contracts.signals import NOT_TAKEN_AFTER_THE_END, type_of, typed

if TYPE_CHECKING:
    from conviction_gate.client.case_from_history import CaseFromHistory
    from conviction_gate.registry import RecordedCase

ANSWER_WITHIN: Final = timedelta(seconds=10)
"""How long a query or an update waits for a worker."""
ASKED_AT_ONCE: Final = 20
"""Cases that are asked at a time where all are."""


class CaseClient:
    """Starts cases, sends them messages, and asks for them.

    Without `records` it knows a closed case only as long as the server does. A person or sender that
    `permits` leaves out is refused before anything is sent; the worker checks its own permits too.
    Calls raise the `ClientError` that fits (`client.errors`).
    """

    def __init__(
        self,
        client: Client,
        records: Records | None,
        permits: Permits = ANYBODY,
    ) -> None:
        self._client = client
        self._records = records
        self._permits = permits

    # Sending ---------------------------------------------------------------------------------------

    @client_errors()
    async def start(self, booking: Booking) -> Reply:
        """Open the booking's case; where it is open already, send it the booking."""
        case_id = booking.case_id
        if refused := self._refusal(booking, case_id):
            return refused
        # The registry is asked first: the server knows a closed case only within its retention.
        if await self.recorded(case_id) is None and await self._open(booking):
            return reply("accepted", "the case is opened", case_id, opened=True)
        text = "the case is open already; the booking was sent to it"
        return await self._send_to_open_case(booking, case_id, text) or await self._closed(booking, case_id)

    @client_errors()
    async def send(self, message: Message, case_id: CaseId, *, look: bool = True) -> Reply:
        """Send a message to its case as the signal of its type.

        Where an open case has it already, nothing is sent. Without `look` it is sent again, which
        changes nothing either and saves most of a second call.

        A court message that comes before its booking opens the case. After the end of a flagged case every
        message but a ruling starts a `FlagCorrection`; a cleared case is closed for all that clears nothing.
        """
        if refused := self._refusal(message, case_id):
            return refused
        if isinstance(message, Booking):
            return await self.start(message)
        sent = "sent to the case"
        if not look:
            if await self._signal(message, case_id):
                return reply("accepted", sent, case_id)
        elif answer := await self._send_to_open_case(message, case_id, sent):
            return answer
        if (recorded := await self.recorded(case_id)) is not None:
            return await self._send_after_the_end(message, case_id, recorded)
        if isinstance(message, ReviewDecision):
            return reply("refused", f"{case_id} is not open; check the case's id", case_id, cause="not_open")
        if await self._open_without_booking(message, case_id):
            return reply("accepted", "kept; the case waits for its booking", case_id, opened=True)
        return await self._send_after_the_end(message, case_id, await self.recorded(case_id))

    @client_errors()
    async def submit(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply:
        """Send a message as the update `submit` and wait for the case's answer.

        Refused with the case's reason where it does not fit; where no case is open, like `send`.
        """
        if refused := self._refusal(message, case_id):
            return refused
        return await self._update(message, case_id) or await self.send(message, case_id)

    @client_errors()
    async def start_again(self, booking: Booking, *, instead: bool = False) -> bool:
        """Start the workflow of a case that was reopened in the registry, on its first booking.

        Returns whether it was started. Where the case is open it is not, unless `instead` of what runs.
        """
        conflict = WorkflowIDConflictPolicy
        return await self._start(
            booking.case_id,
            booking,
            reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            conflict=conflict.TERMINATE_EXISTING if instead else conflict.FAIL,
        )

    # Asking ----------------------------------------------------------------------------------------

    @client_errors()
    async def case(self, case_id: CaseId | str) -> CaseView | None:
        """The case as it is, or as it ended; None where it is unknown.

        Needs a worker for an open case, and for one that ended without a record.
        """
        if (view := await self.open_case(case_id)) is not None:
            return view
        recorded = await self.recorded(case_id)
        if recorded is not None and recorded.closed:
            return recorded.case
        status = await self.status(case_id)
        view = await self._query(case_id) if status is not None else None
        if view is None and recorded is not None:
            view = recorded.case
        stopped = await self.why_stopped(case_id, recorded)
        return view and view.model_copy(
            update={"stopped": stopped, "needs_attention": bool(stopped) or view.needs_attention}
        )

    @client_errors()
    async def open_case(self, case_id: CaseId | str) -> CaseView | None:
        """The case as it is while it is open; else None. Does not ask the registry."""
        return await self._query(case_id) if await self.is_open(case_id) else None

    async def open_cases(self) -> AsyncIterator[CaseView]:
        """Every case that is open, each asked by itself; needs a worker. What ends meanwhile is left out."""
        query = f"WorkflowType = '{BOOKING_CASE}' AND {OPEN}"
        found = [run.id async for run in self._client.list_workflows(query)]
        for first in range(0, len(found), ASKED_AT_ONCE):
            views = await asyncio.gather(*map(self.open_case, found[first : first + ASKED_AT_ONCE]))
            for view in filter(None, views):
                yield view

    async def is_open(self, case_id: CaseId | str) -> bool:
        """Whether the case is open now."""
        return await self.status(case_id) is WorkflowExecutionStatus.RUNNING

    @client_errors()
    async def status(self, case_id: CaseId | str) -> WorkflowExecutionStatus | None:
        """The server's status of the case's latest run; None where it knows none."""
        run = await describe(self._client, str(case_id))
        return run.status if run else None

    @client_errors()
    async def is_idle(self, case_id: CaseId | str) -> bool:
        """Whether the case has nothing to do now; what it retries after a failure does not count."""
        run = await describe(self._client, str(case_id))
        if run is None or run.status is not WorkflowExecutionStatus.RUNNING:
            return True
        pending = run.raw_description
        attempts = [activity.attempt for activity in pending.pending_activities]
        if pending.HasField("pending_workflow_task"):
            attempts.append(pending.pending_workflow_task.attempt)
        return all(attempt > 1 for attempt in attempts)

    async def recorded(self, case_id: CaseId | str) -> "RecordedCase | None":
        """The case as the registry holds it, if it has ended once; None without `records` too."""
        return await self._records.recorded_case(str(case_id)) if self._records else None

    async def why_stopped(self, case_id: CaseId | str, recorded: "RecordedCase | None") -> str | None:
        """Why a case that has not ended cannot continue, and the next step; None where it can."""
        if interrupted := await self.interruption(case_id, recorded):
            return interrupted
        if recorded is not None and not recorded.closed:
            step = f"`conviction-gate reopen {quote(str(case_id))}` starts one"
            return f"it was reopened, but no workflow runs for it; {step}"
        return None

    async def interruption(self, case_id: CaseId | str, recorded: "RecordedCase | None") -> str | None:
        """How the server ended the run of a case that has no recorded end, and the next step; else None."""
        if recorded is not None and recorded.closed:
            return None
        return interruption("its run", await self.status(case_id), str(case_id))

    @client_errors()
    async def from_history(self, case_id: CaseId | str) -> "CaseFromHistory":
        """A case that does not answer, from the event history of its latest run; no worker is needed."""
        # Not imported above: it needs the rules and the workflows, and is seldom called.
        from conviction_gate.client.case_from_history import read_case

        return await read_case(self._client, str(case_id))

    async def flags(self) -> tuple[Flag, ...]:
        """Every flag, withdrawn ones included."""
        if self._records is None:
            raise RegistryRequired
        return await self._records.flags()

    # One step each ---------------------------------------------------------------------------------

    def _refusal(self, message: Message, case_id: CaseId) -> Reply | None:
        """Why a message is not sent at all."""
        size = len(message.model_dump_json().encode())
        if reason := mismatch(message, case_id, datetime.now(UTC)) or oversize(size):
            return reply("refused", reason, case_id)
        if isinstance(message, ReviewDecision) and (
            refused := self._permits.refusal_to_review(message.reviewer)
        ):
            return reply("refused", refused, case_id, cause="not_permitted")
        return None

    async def _query(self, case_id: CaseId | str) -> CaseView | None:
        handle = self._client.get_workflow_handle(str(case_id))
        try:
            view: CaseView = await handle.query(QUERY, result_type=CaseView, rpc_timeout=ANSWER_WITHIN)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None
        return view

    async def _send_to_open_case(self, message: Message, case_id: CaseId, accepted: str) -> Reply | None:
        """The reply for an open case, which gets the message unless it has it; None where none is open."""
        earlier = await find_deliveries(self._client, message, case_id)
        if earlier is None or not earlier.is_open:
            return None
        if not earlier.messages and not earlier.is_complete:
            with suppress(NoWorker):
                async with client_errors():
                    answer = await self._update(message, case_id)
                return reply_of(answer, case_id) if isinstance(answer, SubmitAnswer) else answer
        if earlier.messages and (earlier.none_rejected or await self._has(message, case_id)):
            same = [says_the_same(known, message) for known in earlier.messages]
            if all(same):
                return reply("duplicate", "the case has it already", case_id)
            if not any(same):
                return reply("refused", OTHER_CONTENT, case_id, cause="other_content")
        # In doubt it is sent: a case recognizes a repeated message.
        return reply("accepted", accepted, case_id) if await self._signal(message, case_id) else None

    async def _has(self, message: Message, case_id: CaseId) -> bool:
        """Whether the open case says that it accepted a message of this key; not where it does not answer."""
        try:
            view = await self._query(case_id)
        except (RPCError, RPCTimeoutOrCancelledError, WorkflowQueryFailedError):
            return False
        return view is not None and any((m.sender, m.message_id) == message.key for m in view.messages)

    async def _update(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply | None:
        """The case's own answer, `refused` with its reason; None where none is open."""
        try:
            answer: SubmitAnswer = await self._client.get_workflow_handle(str(case_id)).execute_update(
                UPDATE, typed(message), result_type=SubmitAnswer, rpc_timeout=ANSWER_WITHIN
            )
            return answer
        except WorkflowUpdateFailedError as error:
            if not _case_ended_meanwhile(error.cause):
                return _refused_by_case(getattr(error.cause, "message", str(error)), case_id)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        return None

    async def _signal(self, message: Message, case_id: CaseId) -> bool:
        """Whether an open case got the signal."""
        try:
            await self._client.get_workflow_handle(str(case_id)).signal(
                type_of(message), message.model_dump(mode="json")
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _open(self, booking: Booking) -> bool:
        """Whether the booking opened its case; not where the server knows the case already."""
        return await self._start(booking.case_id, booking, conflict=WorkflowIDConflictPolicy.FAIL)

    async def _open_without_booking(self, message: Message, case_id: CaseId) -> bool:
        """Whether the case got the signal, opened for it or not; not where it has closed."""
        return await self._start(
            case_id,
            None,
            # With a signal the server accepts no other policy: an open case gets the signal.
            conflict=WorkflowIDConflictPolicy.UNSPECIFIED,
            signal=type_of(message),
            signal_args=[message.model_dump(mode="json")],
        )

    async def _start(
        self,
        case_id: CaseId,
        booking: Booking | None,
        *,
        conflict: WorkflowIDConflictPolicy,
        reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE,
        signal: str | None = None,
        signal_args: Sequence[Any] = (),
    ) -> bool:
        try:
            await self._client.start_workflow(
                BOOKING_CASE,
                booking and booking.model_dump(mode="json"),
                id=str(case_id),
                task_queue=TASK_QUEUE,
                id_reuse_policy=reuse,
                id_conflict_policy=conflict,
                static_summary=_title(case_id, booking),
                search_attributes=_search_attributes(
                    case_id, "checking_history" if booking else "awaiting_booking"
                ),
                start_signal=signal,
                start_signal_args=signal_args,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _closed(self, booking: Booking, case_id: CaseId) -> Reply:
        recorded = await self.recorded(case_id)
        if stopped := await self.why_stopped(case_id, recorded):
            return reply("refused", stopped, case_id, cause="stopped")
        if recorded is None:
            return reply(
                "closed", f"{ending(recorded)}; see `conviction-gate show {quote(str(case_id))}`", case_id
            )
        known = any(says_the_same(old, booking) for old in recorded.facts.bookings)
        if not known and can_matter(recorded, booking):
            return await self._send_after_the_end(booking, case_id, recorded)
        text = f"{ending(recorded)}; {'this' if known else 'another'} booking was part of it"
        return reply("closed", text, case_id, known=known)

    async def _send_after_the_end(
        self, message: Message, case_id: CaseId, recorded: "RecordedCase | None"
    ) -> Reply:
        if recorded is not None and (answer := reply_from_record(recorded, message, case_id)):
            return answer
        if not can_matter(recorded, message):
            if stopped := await self.why_stopped(case_id, recorded):
                return reply("refused", stopped, case_id, cause="stopped")
            return reply("closed", f"{ending(recorded)}; {NOT_TAKEN_AFTER_THE_END}", case_id)
        # A reopened case that has no run yet gets the message from `FlagCorrection`, once it has one.
        if interrupted := await self.interruption(case_id, recorded):
            return reply("refused", interrupted, case_id, cause="stopped")
        if reason := self._permits.refusal_to_withdraw(message.sender):
            return reply("refused", reason, case_id, cause="not_permitted")
        return await start_correction(self._client, message, case_id, ending(recorded))


def _case_ended_meanwhile(cause: BaseException | None) -> bool:
    return isinstance(cause, ApplicationError) and cause.type == "AcceptedUpdateCompletedWorkflow"


def _refused_by_case(reason: str, case_id: CaseId) -> Reply:
    if reason.startswith(TAKEN_IN_CASE):
        return reply("refused", reason, case_id, cause="other_content")
    return reply("refused", reason, case_id, cause="not_permitted" if reason == NOT_A_REVIEWER else None)


def _title(case_id: CaseId, booking: Booking | None) -> str:
    """The case's title in lists of cases: nothing about the person."""
    named = f"{case_id.agency} {case_id.tracking_number}"
    if booking is None:  # the title stays once the booking is there
        return f"Case {named}, opened by a court's message"
    count = len(booking.charges)
    return f"Case {named}, {count} {'charge' if count == 1 else 'charges'}"


def _search_attributes(case_id: CaseId, status: Status) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(CASE_STATUS, status),
            SearchAttributePair(AGENCY, case_id.agency),
            SearchAttributePair(NEEDS_ATTENTION, False),
        ]
    )
