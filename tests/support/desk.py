"""A desk on the door's fakes, and a browser that keeps cookies and fills in forms."""

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.routing import Mount

from conviction_gate.client.listing import CaseRow, Page
from conviction_gate.contracts.case import CaseView, ChargeView, MessageView, QuestionView, RejectedView
from conviction_gate.contracts.names import CaseId
from conviction_gate.desk.app import mounted
from conviction_gate.desk.one_time_links import OneTimeLinks
from conviction_gate.desk.open_id import OpenId
from conviction_gate.desk.sessions import Cookies
from conviction_gate.desk.signing_in import Desk
from conviction_gate.door.app import application
from conviction_gate.door.callers import Callers, hashed, parse_callers
from conviction_gate.door.calls import Door
from conviction_gate.door.identity import Identities
from conviction_gate.door.rates import Rates
from conviction_gate.encryption.jwks import IssuerKeys
from conviction_gate.encryption.keys import Keyring
from tests.support.door import AGENCY, NOW, FakeCases

ADDRESS = "http://desk.example"
CASE = CaseId(AGENCY, "A-1")
CASE_PATH = f"/desk/cases/{AGENCY}/A-1"
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


def callers(may: str = '"*"', agencies: str = '"*"', **more: str) -> str:
    lines = "".join(f"{name} = {value}\n" for name, value in more.items())
    key = hashed("cg_local-key")
    return f'[caller.local]\nkey = "{key}"\nagencies = [{agencies}]\nmay = [{may}]\n{lines}'


def desk_of_issuer(issuer: str, audience: str, client_id: str, secret: str, address: str) -> "FakeDesk":
    """A desk at an address where the persons of an issuer sign in as the caller `supervisors`."""
    keys = f"{issuer}/jwks"
    text = f"""
[caller.supervisors]
issuer = "{issuer}"
audience = "{audience}"
jwks = "{keys}"
scope = "gate.review"
agencies = "*"
agencies_claim = "agencies"
may = ["review", "read"]
"""
    sign_in = OpenId(issuer, client_id, secret, address, ("openid", "gate.review"))
    identities = Identities(parse_callers(text), {keys: IssuerKeys(keys)})
    return FakeDesk(links=None, open_id=sign_in, identities=identities, address=address)


def a_question(charge: str | None = "1", **more: Any) -> QuestionView:
    fields: dict[str, Any] = {
        "rule": "review.unclassified_charge",
        "charge_id": charge,
        "asks": f"What kind of offense is charge {charge} (XX-1 99)?",
        "answers": ("minor_traffic", "non_traffic"),
    }
    return QuestionView(**(fields | more))


def a_view(number: str = "A-1", **more: Any) -> CaseView:
    fields: dict[str, Any] = {
        "case_id": f"booking-case:{AGENCY}:{number}",
        "agency": AGENCY,
        "tracking_number": number,
        "status": "needs_review",
        "rule": "review.unclassified_charge",
        "explanation": "Our catalog does not know charge 1.",
        "policy_edition": "2012-04-27",
        "charges": (
            ChargeView(
                charge_id="1",
                scheme="XX-1",
                code="99",
                charge_class="unclassified",
                severity=None,
                disposition=None,
                decided_on=None,
            ),
        ),
        "messages": (
            MessageView(
                message_id="jms-1",
                sender="jail",
                type="booking",
                received_at=NOW,
                effect="an arrest, on 1 charge",
            ),
        ),
        "messages_total": 1,
        "rejected": (),
        "rejected_total": 0,
        "waiting_since": None,
        "next_docket_check_at": None,
        "needs_attention": True,
        "questions": (a_question(),),
    }
    return CaseView(**(fields | more))


def a_row(number: str = "A-1", **more: Any) -> CaseRow:
    fields: dict[str, Any] = {
        "case_id": f"booking-case:{AGENCY}:{number}",
        "open": True,
        "status": "needs_review",
        "rule": "review.unclassified_charge",
        "agency": AGENCY,
        "needs_attention": True,
        "waiting_since": None,
    }
    return CaseRow(**(fields | more))


def a_page(*rows: CaseRow, next: str | None = None, total: int | None = None) -> Page:
    return Page(rows=rows, total=len(rows) if total is None else total, next=next)


def rejected(reason: str, payload: str = "{}") -> RejectedView:
    return RejectedView(name="conviction", received_at=NOW, reason=reason, payload=payload)


@dataclass
class FakeDesk:
    """A desk that links sign in as the caller `local`, with these rights."""

    may: str = '"*"'
    agencies: str = '"*"'
    cases: FakeCases = field(default_factory=FakeCases)
    audit: list[str] = field(default_factory=list)
    links: OneTimeLinks | None = field(default_factory=OneTimeLinks)
    open_id: OpenId | None = None
    identities: Identities | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        self.callers: Callers = parse_callers(callers(self.may, self.agencies))
        self.identities = self.identities or Identities(self.callers, {})
        self.cases.views.setdefault(CASE, a_view())

        async def current() -> Identities:
            assert self.identities is not None
            return self.identities

        door = Door(self.cases, current, Rates())
        cookies = Cookies(Keyring("k1", {"k1": AESGCM(b"1" * 32)}))
        desk = Desk(door, cookies, self.open_id, self.links, "r-7", self.address)
        self.mount: Mount = mounted(desk)
        self.app = application(door, self.audit.append, self.mount)

    def use_callers(self, text: str) -> None:
        self.identities = Identities(parse_callers(text), {})

    def browser(self, address: str = ADDRESS) -> "Browser":
        return Browser(httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=address))

    async def signed_in(self, address: str = ADDRESS) -> "Browser":
        browser = self.browser(address)
        assert self.links is not None
        assert (await browser.get(self.links.issue())).status_code == 303
        return browser


@dataclass
class Browser:
    """Follows no redirects, and sends forms as a browser does."""

    http: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=headers)

    async def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the form on a page; those of signing out come before them."""
        page = (await self.get(path)).text
        return {name: unescape(value) for name, value in HIDDEN.findall(page.partition("<main")[2])}

    async def post(self, path: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        sent = {"Origin": str(self.http.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"} | headers
        return await self.http.post(path, data=fields, headers={n: v for n, v in sent.items() if v})

    async def rule(self, path: str = f"{CASE_PATH}/ruling", **fields: str) -> httpx.Response:
        """Fill in the form on a ruling's page, and send it."""
        filled = {"ruling": "minor_traffic", "reason": "read the statute"} | fields
        return await self.post(path, await self.form(path) | filled)
