"""The typed client: how a jail or a court talks to a case, whatever state the case is in.

Each call is idempotent; so a sender that does not know whether a message arrived sends it again.
The server forgets a closed case after its retention: the records tell then how it ended.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from shlex import quote
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WorkflowExecutionDescription,
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

from conviction_gate.client.deliveries import delivered
from conviction_gate.client.listing import BROKEN_OFF
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseResult, CaseView, Flag, SubmitAnswer
from conviction_gate.contracts.court import ReviewDecision
from conviction_gate.contracts.fields import Model, Status
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.internal.permits import ANYBODY, Permits
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import (
    AGENCY,
    BOOKING_CASE,
    CASE_STATUS,
    FLAG_CORRECTION,
    NEEDS_ATTENTION,
    QUERY,
    TASK_QUEUE,
    UPDATE,
    CaseId,
)
from conviction_gate.contracts.reading import mismatch
from conviction_gate.contracts.signals import NOT_TAKEN_AFTER_THE_END, is_taken_after_the_end, type_of, typed

if TYPE_CHECKING:
    from conviction_gate.client.case_from_history import Remains

ANSWER_WITHIN: Final = timedelta(seconds=10)
"""How long a query or an update waits for a worker."""

LONGEST_ID: Final = 128
"""Characters; what is longer is free text."""
_SENT: Final = "sent to the case"
OTHER_CONTENT: Final = "message_id: another message of this case has it; send this one under an id of its own"


class RecordedCase(Protocol):
    """A case that ended, as the registry keeps it."""

    @property
    def case(self) -> CaseView: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def result(self) -> CaseResult: ...
    @property
    def closed(self) -> bool: ...


class Records(Protocol):
    """What the client asks the registry; `registry.Registry` is one."""

    async def recorded_case(self, case_id: str) -> RecordedCase | None: ...
    async def flags(self) -> tuple[Flag, ...]: ...


class Reply(Model):
    """What became of one message.

    `accepted`: on its way to the case. `duplicate`: it was there already. `closed`: the case has
    ended, and nothing was sent. `refused`: nothing was sent; `text` says why and what to do.
    `known`: the case that ended holds this very message.
    """

    status: Literal["accepted", "duplicate", "closed", "refused"]
    text: str
    case_id: str
    known: bool = False

    @property
    def is_good(self) -> bool:
        """Nothing is left for the sender to do."""
        return self.status in ("accepted", "duplicate") or self.known


class CaseClient:
    """Starts cases, sends them messages and asks after them.

    Without records it relies on what the server remembers. Whom `permits` leaves out is refused before
    anything is sent; the worker holds to its own. Raises the SDK's `RPCError` where the
    server cannot be reached or refuses for a reason of its own.
    """

    def __init__(self, client: Client, records: Records | None, permits: Permits = ANYBODY) -> None:
        self._client = client
        self._records = records
        self._permits = permits

    async def start(self, booking: Booking) -> Reply:
        """Open the booking's case, or hand the booking to the case that is open already."""
        case_id = booking.case_id
        if reason := mismatch(booking, case_id, datetime.now(UTC)):
            return _reply("refused", reason, case_id)
        # The server knows a closed case only for as long as its retention: the records know better.
        if await self.kept(case_id) is None and await self._opens(booking):
            return _reply("accepted", "the case is opened", case_id)
        text = "the case is open already; the booking was handed to it"
        return await self._to_open_case(booking, case_id, text) or await self._closed(booking, case_id)

    async def send(self, message: Message, case_id: CaseId, *, look: bool = True) -> Reply:
        """Send a message to its case as the signal of its type.

        Where an open case has it already, nothing is sent; without `look` it is sent again, which
        changes nothing either and saves most of a second call.

        A court message that comes before its booking opens the case. After the end, what may
        withdraw a flag starts a `FlagCorrection`; for all else the case is closed.
        """
        if reason := self._refusal(message, case_id):
            return _reply("refused", reason, case_id)
        if isinstance(message, Booking):
            return await self.start(message)
        if not look:
            if await self._signal(message, case_id):
                return _reply("accepted", _SENT, case_id)
        elif reply := await self._to_open_case(message, case_id, _SENT):
            return reply
        if (kept := await self.kept(case_id)) is not None:
            return await self._after_the_end(message, case_id, kept)
        if isinstance(message, ReviewDecision):
            return _reply("refused", f"{case_id} is not open; check the case's id", case_id)
        if await self._opens_without_booking(message, case_id):
            return _reply("accepted", "kept; the case waits for its booking", case_id)
        return await self._after_the_end(message, case_id, await self.kept(case_id))

    async def submit(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply:
        """Send a message as the update `submit` and wait for the case's answer.

        Refused with the case's reason where it does not fit; where no case is open, like `send`.
        """
        if reason := self._refusal(message, case_id):
            return _reply("refused", reason, case_id)
        try:
            answer: SubmitAnswer = await self._client.get_workflow_handle(str(case_id)).execute_update(
                UPDATE,
                typed(message),
                result_type=SubmitAnswer,
                rpc_timeout=ANSWER_WITHIN,
            )
            return answer
        except WorkflowUpdateFailedError as error:
            if not _case_ended_meanwhile(error.cause):
                return _reply("refused", getattr(error.cause, "message", str(error)), case_id)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        return await self.send(message, case_id)

    async def case(self, case_id: CaseId | str) -> CaseView | None:
        """The case as it stands, or as it ended; None where nobody knows it.

        Needs a worker for an open case, and for one that ended without a record.
        """
        if (view := await self.open_case(case_id)) is not None:
            return view
        kept = await self.kept(case_id)
        if kept is not None and kept.closed:
            return kept.case
        status = await self.status(case_id)
        view = await self._query(case_id) if status is not None else None
        if view is None and kept is not None:
            view = kept.case
        stopped = await self.stopped(case_id, kept)
        return view and view.model_copy(
            update={"stopped": stopped, "needs_attention": bool(stopped) or view.needs_attention}
        )

    async def stopped(self, case_id: CaseId | str, kept: RecordedCase | None) -> str | None:
        """Why a case that is not open cannot go on though it has no end, and the next step; else None."""
        if broken_off := await self.broken_off(case_id, kept):
            return broken_off
        if kept is not None and not kept.closed:
            step = f"`conviction-gate reopen {quote(str(case_id))}` lets it go on"
            return f"it is open again, but nothing runs for it; {step}"
        return None

    async def broken_off(self, case_id: CaseId | str, kept: RecordedCase | None) -> str | None:
        """How the server ended the run of a case that has no end on record, and the next step; else None."""
        status = await self.status(case_id)
        if (kept is not None and kept.closed) or status not in BROKEN_OFF:
            return None
        return f"its run was {BROKEN_OFF[status]} before the case had ended; {_goes_on(str(case_id))}"

    async def open_case(self, case_id: CaseId | str) -> CaseView | None:
        """The case as it stands while it is open; else None. Asks no records."""
        return await self._query(case_id) if await self.is_open(case_id) else None

    async def is_open(self, case_id: CaseId | str) -> bool:
        """Whether the case is open now."""
        return await self.status(case_id) is WorkflowExecutionStatus.RUNNING

    async def status(self, case_id: CaseId | str) -> WorkflowExecutionStatus | None:
        """How the server says that the latest run of the case stands; None where it knows none."""
        described = await self._described(case_id)
        return described.status if described else None

    async def is_at_rest(self, case_id: CaseId | str) -> bool:
        """Whether the case has nothing to do now; what it has to try again is no work of its own."""
        described = await self._described(case_id)
        if described is None or described.status is not WorkflowExecutionStatus.RUNNING:
            return True
        told = described.raw_description
        tries = [pending.attempt for pending in told.pending_activities]
        if told.HasField("pending_workflow_task"):
            tries.append(told.pending_workflow_task.attempt)
        return all(attempt > 1 for attempt in tries)

    async def kept(self, case_id: CaseId | str) -> RecordedCase | None:
        """The case as the registry keeps it, if it has ended once; None without records too."""
        return await self._records.recorded_case(str(case_id)) if self._records else None

    async def remains(self, case_id: CaseId | str) -> "Remains":
        """What the history of its latest run tells of a case that does not answer; no worker is needed."""
        from conviction_gate.client.case_from_history import (
            remains,  # it needs the rules and the workflows, and hardly anybody needs it
        )

        return await remains(self._client, str(case_id))

    async def start_again(self, booking: Booking, *, instead: bool = False) -> bool:
        """Start the case that a person has opened again in the registry, on its first booking.

        Returns whether it was started; not where it is open, unless `instead` of what runs there.
        """
        conflict = WorkflowIDConflictPolicy

        return await self._starts(
            booking.case_id,
            _payload(booking),
            status="checking_history",
            title=_title(booking),
            reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            conflict=conflict.TERMINATE_EXISTING if instead else conflict.FAIL,
        )

    async def flags(self) -> tuple[Flag, ...]:
        """Every flag on record, withdrawn ones included."""
        if self._records is None:
            raise ValueError("flags stand in the registry; make the CaseClient with one")
        return await self._records.flags()

    def _refusal(self, message: Message, case_id: CaseId) -> str | None:
        """Why a message is not sent at all."""
        may_not = (
            self._permits.refusal_to_review(message.reviewer) if isinstance(message, ReviewDecision) else None
        )
        return mismatch(message, case_id, datetime.now(UTC)) or may_not

    async def _described(self, case_id: CaseId | str) -> WorkflowExecutionDescription | None:
        try:
            return await self._client.get_workflow_handle(str(case_id)).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
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

    async def _to_open_case(self, message: Message, case_id: CaseId, accepted: str) -> Reply | None:
        """What becomes of a message to an open case, which gets it once; None where none is open."""
        before = await delivered(self._client, message, case_id)
        if before is None or not before.is_open:
            return None
        if before.messages and (before.none_rejected or await self._took(message, case_id)):
            same = [_repeats(known, message) for known in before.messages]
            if all(same):
                return _reply("duplicate", "the case has it already", case_id)
            if not any(same):
                return _reply("refused", OTHER_CONTENT, case_id)
        # In doubt it is sent: the case knows what comes again.
        return _reply("accepted", accepted, case_id) if await self._signal(message, case_id) else None

    async def _took(self, message: Message, case_id: CaseId) -> bool:
        """Whether the open case says that it took a message of this key; not where it says nothing."""
        try:
            view = await self._query(case_id)
        except (RPCError, RPCTimeoutOrCancelledError, WorkflowQueryFailedError):
            return False
        return view is not None and any((m.sender, m.message_id) == message.key for m in view.messages)

    async def _signal(self, message: Message, case_id: CaseId) -> bool:
        """Whether an open case took the signal."""
        try:
            await self._client.get_workflow_handle(str(case_id)).signal(type_of(message), _payload(message))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    async def _opens(self, booking: Booking) -> bool:
        """Whether the booking opened its case; not where the server knows the case already."""
        return await self._starts(
            booking.case_id,
            _payload(booking),
            status="checking_history",
            title=_title(booking),
            conflict=WorkflowIDConflictPolicy.FAIL,
        )

    async def _opens_without_booking(self, message: Message, case_id: CaseId) -> bool:
        """Whether the case took the signal, opened for it or not; not where it has closed."""
        return await self._starts(
            case_id,
            None,
            status="awaiting_booking",
            title=f"Booking {case_id.agency} {case_id.tracking_number}, not here yet",
            # With a signal the server takes no other policy: an open case gets the signal.
            conflict=WorkflowIDConflictPolicy.UNSPECIFIED,
            signal=type_of(message),
            signal_args=[_payload(message)],
        )

    async def _starts(
        self,
        case_id: CaseId,
        payload: dict[str, Any] | None,
        *,
        status: Status,
        title: str,
        conflict: WorkflowIDConflictPolicy,
        reuse: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE,
        signal: str | None = None,
        signal_args: Sequence[Any] = (),
    ) -> bool:
        try:
            await self._client.start_workflow(
                BOOKING_CASE,
                payload,
                id=str(case_id),
                task_queue=TASK_QUEUE,
                id_reuse_policy=reuse,
                id_conflict_policy=conflict,
                static_summary=title,
                search_attributes=_search_attributes(case_id, status),
                start_signal=signal,
                start_signal_args=signal_args,
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def _closed(self, booking: Booking, case_id: CaseId) -> Reply:
        kept = await self.kept(case_id)
        if stopped := await self.stopped(case_id, kept):
            return _reply("refused", stopped, case_id)
        known = kept is not None and any(_repeats(old, booking) for old in kept.facts.bookings)
        text = f"{_end(kept)}; {'this' if known else 'another'} booking was part of it"
        if kept is None:
            text = f"{_end(kept)}; see `conviction-gate show {quote(str(case_id))}`"
        return Reply(status="closed", text=text, case_id=str(case_id), known=known)

    async def _after_the_end(self, message: Message, case_id: CaseId, kept: RecordedCase | None) -> Reply:
        end = _end(kept)
        for known in kept.facts.messages if kept else ():
            if _repeats(known, message):
                return _reply("duplicate", f"{end}; this message was part of it", case_id)
            if known.key == message.key:
                return _reply("refused", OTHER_CONTENT, case_id)
        if not is_taken_after_the_end(message):
            if stopped := await self.stopped(case_id, kept):
                return _reply("refused", stopped, case_id)
            return _reply("closed", f"{end}; {NOT_TAKEN_AFTER_THE_END}", case_id)
        if reason := self._permits.refusal_to_withdraw(message.sender):
            return _reply("refused", reason, case_id)
        request = {
            "agency": case_id.agency,
            "tracking_number": case_id.tracking_number,
            **typed(message),
        }
        try:
            await self._client.start_workflow(
                FLAG_CORRECTION,
                request,
                id=case_id.correction_id(message.message_id),
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=f"Correction {case_id.agency} {case_id.tracking_number}, {type_of(message)}",
            )
        except WorkflowAlreadyStartedError as error:
            # The id leaves the sender out: what stands under it may be another one's message.
            if await self._input_of(error) != request:
                return _reply("refused", OTHER_CONTENT, case_id)
            if (status := await self.status(error.workflow_id)) in BROKEN_OFF:
                told = f"this correction's run was {BROKEN_OFF[status]} before it had ended"
                return _reply("refused", f"{told}; {_goes_on(error.workflow_id)}", case_id)
            return _reply("duplicate", "this correction was asked for already", case_id)
        return _reply("accepted", f"{end}; a correction was started", case_id)

    async def _input_of(self, started: WorkflowAlreadyStartedError) -> object:
        """What a workflow was started with."""
        handle = self._client.get_workflow_handle(started.workflow_id, run_id=started.run_id)
        async for event in handle.fetch_history_events(page_size=1):
            payloads = event.workflow_execution_started_event_attributes.input.payloads
            return (await self._client.data_converter.decode(payloads))[0]
        return None


def _case_ended_meanwhile(cause: BaseException | None) -> bool:
    return isinstance(cause, ApplicationError) and cause.type == "AcceptedUpdateCompletedWorkflow"


def _repeats(kept: Message, sent: Message) -> bool:
    """Whether a message says what the kept one said, of which long texts may be cut short."""
    return type(kept) is type(sent) and _same(_payload(kept), _payload(sent))


def _same(kept: Any, sent: Any) -> bool:
    match kept, sent:
        case dict(), dict():
            # No rule reads a description, so it may be gone.
            names = (kept.keys() | sent.keys()) - ({"description"} - kept.keys())
            return all(_same(kept.get(name), sent.get(name)) for name in names)
        case list(), list():
            return len(kept) == len(sent) and all(map(_same, kept, sent))
        case str(), str() if len(kept) > LONGEST_ID:
            return sent.startswith(kept)
        case _:
            return bool(kept == sent)


def _payload(message: Message) -> dict[str, Any]:
    return message.model_dump(mode="json")


def _reply(status: Literal["accepted", "duplicate", "closed", "refused"], text: str, case_id: CaseId) -> Reply:
    return Reply(status=status, text=text, case_id=str(case_id))


def _end(kept: RecordedCase | None) -> str:
    if kept is None:
        return "the case has closed"
    if not kept.closed:
        return "the case is open again, but nothing runs for it yet"
    return f"the case ended: {kept.result.outcome} under {kept.result.rule}"


def _goes_on(workflow_id: str) -> str:
    """How a run that was ended from outside goes on. A sender chose the id: it is quoted for a shell."""
    return (
        f"`temporal workflow reset --workflow-id {quote(workflow_id)} --type LastWorkflowTask --reason WHY` "
        "lets it go on with all it was told"
    )


def _title(booking: Booking) -> str:
    """The case's title in lists of cases: nothing about the person."""
    count = len(booking.charges)
    named = f"Booking {booking.agency} {booking.tracking_number}"
    return f"{named}, {count} {'charge' if count == 1 else 'charges'}"


def _search_attributes(case_id: CaseId, status: Status) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(CASE_STATUS, status),
            SearchAttributePair(AGENCY, case_id.agency),
            SearchAttributePair(NEEDS_ATTENTION, False),
        ]
    )
