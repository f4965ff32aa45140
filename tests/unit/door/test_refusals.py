"""The wall of refusals: every call by every kind of wrong caller. The status is right, the case untouched."""

import base64
import json
import time
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import jwt
import pytest

from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.signals import SIGNALS
from conviction_gate.door.app import CALLS
from conviction_gate.door.callers import RIGHTS, hashed, parse_callers
from conviction_gate.encryption.jwks import IssuerKeys
from tests.support.door import AGENCY, ELSEWHERE, FakeDoor, a_booking, a_conviction, a_dismissal, place
from tests.support.token_issuer import Issuer, new_rsa

KEY, OTHER = new_rsa(), new_rsa()
CERTIFICATE = b"a certificate"
PROXY = "10.0.0.9"


class Sent(NamedTuple):
    """One call as its right caller sends it: the rights that it needs, and its body."""

    method: str
    path: str
    rights: tuple[str, ...]
    body: Any = None


CASE = place()
A_RULING = {"message_id": "r-1", "ruling": "dui", "reason": "read"}
EVERY_CALL = {
    "booking": Sent("POST", "/v1/bookings", ("booking",), a_booking("A-2")),
    "bulk": Sent("POST", "/v1/messages", ("conviction",), a_conviction(agency=AGENCY, tracking_number="A-1")),
    "list": Sent("GET", "/v1/cases", ("read",)),
    "case": Sent("GET", CASE, ("read",)),
    "message": Sent("POST", f"{CASE}/messages", ("conviction",), a_conviction()),
    "explanation": Sent("GET", f"{CASE}/explanation", ("read",)),
    "correction": Sent("GET", f"{CASE}/corrections/k-1", ("correction", "read")),
    "ruling": Sent("POST", f"{CASE}/rulings", ("review",), A_RULING),
    "reopening": Sent("POST", f"{CASE}/reopenings", ("reopen",), {"reason": "refiled"}),
    "order": Sent("POST", f"{CASE}/orders", ("order",), {}),
    "flags": Sent("GET", "/v1/flags", ("read_flags",)),
    "reviews": Sent("GET", "/v1/reviews", ("review",)),
    "charge": Sent("GET", "/v1/charges/CA-VC/12500(a)", ()),
}
calls = pytest.mark.parametrize("sent", EVERY_CALL.values(), ids=EVERY_CALL)
OF_A_CASE = {name: sent for name, sent in EVERY_CALL.items() if AGENCY in sent.path or name == "booking"}


def a_caller(name: str, may: list[str], key: str) -> str:
    return f'[caller.{name}]\nkey = "{hashed(key)}"\nperson = "{name}"\nagencies = ["{AGENCY}"]\nmay = {may}\n'


def everybody(jwks: str) -> str:
    """A caller for each right alone, one without it, and one of each other proof."""
    missing = "".join(
        a_caller(f"no-{right}", [other for other in RIGHTS if other != right], f"cg_no-{right}")
        for right in RIGHTS
    )
    every = "agencies = '*'\nmay = '*'\n"
    token = "issuer = 'https://id.example.gov/realms/courts'\naudience = 'conviction-gate-codec'\n"
    token += f"jwks = '{jwks}'\n"
    digest = sha256(CERTIFICATE).hexdigest()
    return (
        f"proxies = ['10.0.0.0/24']\n{missing}"
        f"[caller.right]\nkey = '{hashed('cg_right')}'\nperson = 'r-7'\n{every}"
        f"[caller.elsewhere]\nkey = '{hashed('cg_elsewhere')}'\nperson = 'r-8'\nagencies = 'TX'\nmay = '*'\n"
        f"[caller.program]\nkey = '{hashed('cg_program')}'\n{every}"
        f"[caller.signed-in]\n{token}scope = 'gate'\n{every}"
        f"[caller.certified]\ncertificate = 'sha256:{digest}'\nperson = 'r-9'\n{every}"
    )


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(k1=KEY)


@pytest.fixture
async def door(issuer: Issuer, tmp_path: Path) -> FakeDoor:
    file = tmp_path / "jwks.json"
    file.write_text(issuer.jwks)
    keys = IssuerKeys(str(file))
    await keys.start()
    door = FakeDoor(callers=everybody(str(file)), keys={str(file): keys})
    opened = await post(door, EVERY_CALL["booking"]._replace(body=a_booking()), **bearer("cg_right"))
    assert opened == 201
    door.cases.sent.clear()
    door.cases.wanted.clear()
    return door


async def post(door: FakeDoor, sent: Sent, **headers: str) -> int:
    async with door.client(None, **headers) as client:
        if sent.path == "/v1/messages":
            headers = {"Content-Type": "application/x-ndjson"}
            return (await client.request(sent.method, sent.path, json=sent.body, headers=headers)).status_code
        return (await client.request(sent.method, sent.path, json=sent.body)).status_code


def untouched(door: FakeDoor) -> bool:
    return not (door.cases.sent or door.cases.reopenings or door.cases.wanted)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def client_cert(certificate: bytes = CERTIFICATE) -> dict[str, str]:
    return {"Client-Cert": f":{base64.b64encode(certificate).decode()}:"}


def test_every_call_of_the_door_is_here() -> None:
    def without_case(path: str) -> str:
        return path.replace(CASE, "/v1/cases/{agency}/{tracking_number}").replace("/k-1", "/{message_id}")

    here = {(sent.method, without_case(sent.path)) for sent in EVERY_CALL.values()}
    here.discard(("GET", "/v1/charges/CA-VC/12500(a)"))
    there = {(method, path.replace(":part}", "}")) for method, path, _ in CALLS if "/charges/" not in path}
    assert here == there


@calls
async def test_who_is_not_known_gets_401(door: FakeDoor, issuer: Issuer, sent: Sent) -> None:
    unsigned = jwt.encode(issuer.claims(scope="gate"), None, "none", {"kid": "k1"})  # type: ignore[arg-type]
    by_secret = jwt.encode(issuer.claims(scope="gate"), "k" * 64, "HS256", {"kid": "k1"})
    for wrong in (
        {},
        bearer("cg_wrong"),
        bearer(hashed("cg_right")),
        {"Authorization": "Basic cmlnaHQ="},
        bearer(issuer.token(scope="gate", exp=int(time.time()) - 60)),
        bearer(issuer.token(scope="gate", iss="https://elsewhere.example")),
        bearer(issuer.token(scope="gate", aud="another")),
        bearer(issuer.token(scope="gate", key=OTHER)),
        bearer(unsigned),
        bearer(by_secret),
        client_cert(),  # forged: it does not come from the proxy
    ):
        assert await post(door, sent, **wrong) == 401, wrong
    assert untouched(door)


@calls
async def test_a_forged_certificate_through_the_proxy_gets_401(door: FakeDoor, sent: Sent) -> None:
    door.address = PROXY
    assert await post(door, sent, **client_cert(b"another")) == 401
    assert untouched(door)
    assert await post(door, sent, **client_cert()) not in (401, 403)


@calls
async def test_who_lacks_the_right_gets_403(door: FakeDoor, issuer: Issuer, sent: Sent) -> None:
    if sent.path == "/v1/messages":
        return  # each line is refused by itself: test_a_line_that_its_caller_may_not_send
    wrong = [f"cg_no-{right}" for right in sent.rights[:1]] if len(sent.rights) == 1 else []
    wrong.append(issuer.token(scope="another"))
    for secret in wrong:
        assert await post(door, sent, **bearer(secret)) == 403, secret
    assert untouched(door)


@pytest.mark.parametrize("sent", OF_A_CASE.values(), ids=OF_A_CASE)
async def test_a_case_of_another_agency_is_not_there(door: FakeDoor, sent: Sent) -> None:
    assert await post(door, sent, **bearer("cg_elsewhere")) == 404
    elsewhere = sent._replace(path=sent.path.replace(AGENCY, ELSEWHERE))
    if "agency" in (sent.body or {}):
        elsewhere = elsewhere._replace(body={**sent.body, "agency": ELSEWHERE})
    for right in RIGHTS:
        assert await post(door, elsewhere, **bearer(f"cg_no-{right}")) in (403, 404)
    assert untouched(door)


@pytest.mark.parametrize("name", ["booking", "message", "ruling"])
async def test_a_forged_sender_gets_403(door: FakeDoor, name: str) -> None:
    sent = EVERY_CALL[name]
    assert await post(door, sent._replace(body={**sent.body, "sender": "court"}), **bearer("cg_right")) == 403
    assert untouched(door)


async def test_a_forged_reviewer_gets_403(door: FakeDoor) -> None:
    forged = {"reviewer": "r-7"}
    rulings, messages = EVERY_CALL["ruling"], EVERY_CALL["message"]
    decision = {"type": "review_decision", "decided_on": "2026-01-01", **rulings.body}
    for sent in (rulings._replace(body=rulings.body | forged), messages._replace(body=decision | forged)):
        assert await post(door, sent, **bearer("cg_right")) == 403
    reopening = EVERY_CALL["reopening"]
    assert (
        await post(door, reopening._replace(body=reopening.body | {"by": "r-7"}), **bearer("cg_right")) == 422
    )
    assert untouched(door)


@pytest.mark.parametrize("name", ["ruling", "reopening"])
async def test_a_program_does_what_only_a_person_may_gets_403(door: FakeDoor, name: str) -> None:
    assert await post(door, EVERY_CALL[name], **bearer("cg_program")) == 403
    assert untouched(door)


@pytest.mark.parametrize("name", SIGNALS)
async def test_each_type_of_message_needs_its_right_and_its_agency(door: FakeDoor, name: str) -> None:
    right = "review" if name == "review_decision" else name
    message = {"type": name, "message_id": "m-1"}
    line = Sent("POST", "/v1/messages", (), message | {"agency": AGENCY, "tracking_number": "A-1"})
    single = EVERY_CALL["message"]._replace(body=message)
    assert await post(door, single, **bearer(f"cg_no-{right}")) == 403
    assert await post(door, single, **bearer("cg_elsewhere")) == 404
    ndjson = {"Content-Type": "application/x-ndjson"}
    async with door.client(None, **bearer(f"cg_no-{right}"), **ndjson) as client:
        refused, _ = (await client.post(line.path, json=line.body)).text.splitlines()
    assert (json.loads(refused)["status"], f"the right `{right}`" in refused) == ("refused", True)
    assert untouched(door)


# One message of a stranger, or of a caller that does too much ------------------------------------------


async def test_a_jail_enters_no_disposition() -> None:
    door = FakeDoor()
    for body in (a_conviction(), a_dismissal(), {**a_conviction(), "type": "subject_finding"}):
        answer = await door.post("jail", f"{CASE}/messages", body)
        assert (answer.status_code, answer.json()["right"]) == (403, body["type"])
    replacing = a_correction(replacement=a_dismissal(message_id="d-9"))
    answer = await door.post("jail", f"{CASE}/messages", replacing)
    assert (answer.status_code, answer.json()["right"]) == (403, "dismissal")
    assert not door.cases.sent


def a_correction(**more: Any) -> dict[str, Any]:
    body = {"type": "correction", "message_id": "k-1", "corrects": "c-1", "ground": "clerical_error"}
    return body | {"corrected_on": "2013-08-01"} | more


async def test_a_court_corrects_its_own_words_alone() -> None:
    door = FakeDoor()
    answer = await door.post("court", f"{CASE}/messages", a_correction(corrects_sender="other-court"))
    assert (answer.status_code, answer.json()["pointer"]) == (403, "/corrects_sender")
    assert not door.cases.sent
    assert (await door.post("court", f"{CASE}/messages", a_correction())).status_code == 200
    allowed = a_correction(corrects_sender="court", message_id="k-2")
    assert (await door.post("other-court", f"{CASE}/messages", allowed)).status_code == 200
    senders = [getattr(message, "corrects_sender", None) for _, message in door.cases.sent]
    assert senders == ["court", "court"]
    assert door.cases.known.keys() == {CaseId(AGENCY, "A-1")}


async def test_nobody_takes_anothers_message_id() -> None:
    door = FakeDoor()
    case_id = CaseId(AGENCY, "A-1")
    assert case_id.correction_id("k-1", "court") != case_id.correction_id("k-1", "other-court")
    for caller in ("court", "other-court"):
        answer = await door.post(
            caller, f"{CASE}/messages", a_dismissal(decided_on=f"201{len(caller) % 10}-01-01")
        )
        assert answer.status_code == 200
    assert {message.key for _, message in door.cases.sent} == {("court", "d-1"), ("other-court", "d-1")}


def test_the_callers_of_this_wall_fit() -> None:
    assert len(parse_callers(everybody("keys.json")).caller) == len(RIGHTS) + 5
