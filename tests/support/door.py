"""A door on fakes: cases that are kept in a dictionary, and callers of a few kinds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.routing import Route

from conviction_gate.client import listing
from conviction_gate.client.case_lookup import Found
from conviction_gate.client.reopening import NotReopened
from conviction_gate.client.replies import Reply
from conviction_gate.client.same_message import OTHER_CONTENT, says_the_same
from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.case import CaseView, MessageView, SubmitAnswer
from conviction_gate.contracts.internal.facts import Reopening
from conviction_gate.contracts.message import Message
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.signals import type_of
from conviction_gate.door.app import application
from conviction_gate.door.callers import hashed, parse_callers
from conviction_gate.door.calls import Door
from conviction_gate.door.cases import CorrectionView
from conviction_gate.door.identity import Identities
from conviction_gate.door.rates import Rates
from conviction_gate.encryption.jwks import IssuerKeys
from conviction_gate.registry import RecordedCase
from conviction_gate.registry.flag_list import FlagFilter, FlagPage

AGENCY = "CA0190000"
ELSEWHERE = "TX0010000"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)

KEYS = {
    name: f"cg_{name}-key" for name in ("jail", "court", "other-court", "clerk", "reader", "reviewer", "all")
}
CALLERS = f"""
proxies = ["10.0.0.0/24"]
[caller.jail]
key = "{hashed(KEYS["jail"])}"
agencies = ["CA019"]
may = ["booking", "correction", "read"]
[caller.court]
key = "{hashed(KEYS["court"])}"
agencies = ["CA"]
may = ["conviction", "dismissal", "court_update", "amendment", "correction", "subject_finding", "record_update"]
[caller.other-court]
key = "{hashed(KEYS["other-court"])}"
agencies = ["CA"]
may = ["dismissal", "correction"]
corrects = ["court"]
[caller.clerk]
key = "{hashed(KEYS["clerk"])}"
agencies = ["CA"]
may = ["reopen", "review"]
[caller.reader]
key = "{hashed(KEYS["reader"])}"
agencies = ["CA"]
may = ["read", "read_flags"]
[caller.reviewer]
key = "{hashed(KEYS["reviewer"])}"
person = "r-7"
agencies = ["CA"]
may = ["review", "read", "reopen"]
[caller.all]
key = "{hashed(KEYS["all"])}"
person = "admin-1"
agencies = "*"
may = "*"
corrects = "*"
"""


@dataclass
class FakeCases:
    """Cases in memory. `error`: raised by every call. `silent`: no worker answers."""

    known: dict[CaseId, list[Message]] = field(default_factory=dict)
    sent: list[tuple[CaseId, Message]] = field(default_factory=list)
    records: dict[CaseId, RecordedCase] = field(default_factory=dict)
    views: dict[CaseId, CaseView] = field(default_factory=dict)
    replies: list[Reply | SubmitAnswer | Exception] = field(default_factory=list)
    error: Exception | None = None
    reopenings: list[tuple[CaseId, Reopening]] = field(default_factory=list)
    wanted: list[Any] = field(default_factory=list)
    pages: list[Any] = field(default_factory=list)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error

    def _take(self, case_id: CaseId, message: Message) -> str:
        messages = self.known.setdefault(case_id, [])
        same = [one for one in messages if one.key == message.key]
        if same:
            return "duplicate" if says_the_same(same[0], message) else "refused"
        messages.append(message)
        self.sent.append((case_id, message))
        return "accepted"

    async def start(self, booking: Booking) -> Reply:
        self._check()
        if self.replies:
            return await self._scripted()
        opened = booking.case_id not in self.known
        return self._reply(booking, booking.case_id, opened)

    def _reply(self, message: Message, case_id: CaseId, opened: bool) -> Reply:
        status: Any = self._take(case_id, message)
        cause: Any = "other_content" if status == "refused" else None
        text = OTHER_CONTENT if cause else f"{status} here"
        return Reply(
            status=status, text=text, case_id=str(case_id), opened=opened and status == "accepted", cause=cause
        )

    async def _scripted(self) -> Any:
        answer = self.replies.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def submit(self, message: Message, case_id: CaseId) -> SubmitAnswer | Reply:
        self._check()
        if self.replies:
            scripted: SubmitAnswer | Reply = await self._scripted()
            return scripted
        if case_id not in self.known:
            return self._reply(message, case_id, True)
        status = self._take(case_id, message)
        if status == "refused":
            return Reply(status="refused", text=OTHER_CONTENT, case_id=str(case_id), cause="other_content")
        return SubmitAnswer(
            accepted=True, duplicate=status == "duplicate", status="waiting_for_court", effect="recorded"
        )

    async def send(self, message: Message, case_id: CaseId, *, look: bool = True) -> Reply:
        self._check()
        if self.replies:
            scripted: Reply = await self._scripted()
            return scripted
        return self._reply(message, case_id, case_id not in self.known)

    async def is_idle(self, case_id: CaseId) -> bool:
        return True

    def view_of(self, case_id: CaseId) -> CaseView:
        messages = self.known.get(case_id, [])
        return self.views.get(case_id) or CaseView(
            case_id=str(case_id),
            agency=case_id.agency,
            tracking_number=case_id.tracking_number,
            status="waiting_for_court",
            rule="defer.traffic_only",
            explanation="It waits.",
            policy_edition="2012-04-27",
            charges=(),
            messages=tuple(
                MessageView(
                    message_id=m.message_id,
                    sender=m.sender,
                    type=type_of(m),
                    received_at=NOW,
                    effect="recorded",
                )
                for m in messages
            ),
            messages_total=len(messages),
            rejected=(),
            rejected_total=0,
            waiting_since=NOW,
            next_docket_check_at=None,
            needs_attention=False,
        )

    async def open_case(self, case_id: CaseId) -> CaseView | None:
        self._check()
        return self.view_of(case_id) if case_id in self.known or case_id in self.views else None

    async def case(self, case_id: CaseId) -> CaseView | None:
        return await self.open_case(case_id)

    async def look_up(self, case_id: CaseId) -> Found | None:
        view = await self.open_case(case_id)
        return None if view is None else Found(view)

    async def recorded(self, case_id: CaseId) -> RecordedCase | None:
        self._check()
        return self.records.get(case_id)

    async def version(self, case_id: CaseId) -> object:
        self._check()
        return len(self.known.get(case_id, ())), self.views.get(case_id)

    async def page(self, wanted: listing.Wanted, size: int, token: str | None) -> listing.Page:
        self._check()
        self.wanted.append((wanted, size, token))
        page: listing.Page = self.pages.pop(0) if self.pages else listing.Page(rows=(), total=0, next=None)
        return page

    async def flags(self, wanted: FlagFilter, size: int, after: tuple[datetime, int] | None) -> FlagPage:
        self._check()
        self.wanted.append((wanted, size, after))
        page: FlagPage = self.pages.pop(0) if self.pages else FlagPage((), None)
        return page

    async def correction(self, case_id: CaseId, message_id: str, sender: str) -> CorrectionView | None:
        self._check()
        return None

    async def reopen(self, case_id: CaseId, reopening: Reopening) -> NotReopened | None:
        self._check()
        self.reopenings.append((case_id, reopening))
        return None

    async def check_server(self) -> None:
        self._check()

    async def check_registry(self) -> None:
        self._check()


@dataclass
class FakeDoor:
    """A door's application on fakes, and what it wrote down."""

    cases: FakeCases = field(default_factory=FakeCases)
    callers: str = CALLERS
    audit: list[str] = field(default_factory=list)
    clock: Callable[[], float] = lambda: 0.0
    address: str = "192.0.2.1"
    keys: dict[str, IssuerKeys] = field(default_factory=dict)
    more: list[Route] = field(default_factory=list)

    def __post_init__(self) -> None:
        identities = Identities(parse_callers(self.callers), self.keys)

        async def current() -> Identities:
            return identities

        self.app = application(Door(self.cases, current, Rates(self.clock)), self.audit.append, *self.more)

    def client(self, caller: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A client that has the key of a caller."""
        if caller is not None:
            headers["Authorization"] = f"Bearer {KEYS[caller]}"
        transport = httpx.ASGITransport(self.app, client=(self.address, 1))
        return httpx.AsyncClient(transport=transport, base_url="http://door", headers=headers)

    async def post(self, caller: str | None, path: str, body: Any, **headers: str) -> httpx.Response:
        async with self.client(caller, **headers) as client:
            return await client.post(path, json=body)

    async def get(self, caller: str | None, path: str, **headers: str) -> httpx.Response:
        async with self.client(caller, **headers) as client:
            return await client.get(path)


def a_booking(number: str = "A-1", **more: Any) -> dict[str, Any]:
    return {
        "message_id": f"jms-{number}",
        "agency": AGENCY,
        "tracking_number": number,
        "booking_number": "B-1",
        "booked_at": "2012-05-04T02:15:00-07:00",
        "subject": {"fbi_number": "F-1"},
        "charges": [{"charge_id": "1", "scheme": "CA-VC", "code": "12500(a)"}],
    } | more


def a_conviction(**more: Any) -> dict[str, Any]:
    return {"type": "conviction", "message_id": "c-1", "charge_id": "1", "decided_on": "2013-07-15"} | more


def a_dismissal(**more: Any) -> dict[str, Any]:
    body = {"type": "dismissal", "message_id": "d-1", "decided_on": "2013-07-15", "disposition": "dismissed"}
    return body | more


def place(number: str = "A-1", agency: str = AGENCY) -> str:
    return f"/v1/cases/{agency}/{number}"
