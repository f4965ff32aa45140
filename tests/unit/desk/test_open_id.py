"""Sign-in by OpenID Connect: who comes in as what, and every answer that lets nobody in."""

from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jwt.utils import base64url_encode

from conviction_gate.desk import open_id
from conviction_gate.desk.open_id import OpenId
from tests.support.desk import CASE, CASE_PATH, Browser, FakeDesk, desk_of_issuer
from tests.support.sign_in_service import API, CLIENT, SignInService, signing_in
from tests.support.token_issuer import new_rsa

DESK = "https://gate.example.gov"


@pytest.fixture
def service() -> Any:
    with signing_in() as service:
        yield service


@pytest.fixture
def desk(service: SignInService) -> FakeDesk:
    return desk_of_issuer(service.name, API, CLIENT, "s3cret", DESK)


async def begun(desk: FakeDesk, to: str = "") -> tuple[Browser, str]:
    browser = desk.browser(DESK)
    started = await browser.get(f"/desk/sign-in/start?to={to}")
    assert started.status_code == 303, started.text
    return browser, started.headers["location"]


async def back(desk: FakeDesk, service: SignInService, **changed: str) -> Any:
    browser, address = await begun(desk)
    query = service.authorize(address)
    for name, value in changed.items():
        query += f"&{name}={value}"
    return await browser.get(f"/desk/sign-in/callback?{query}")


async def test_a_person_comes_in_as_the_caller_of_their_token(desk: FakeDesk, service: SignInService) -> None:
    browser, address = await begun(desk, to=CASE_PATH)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert address.startswith(f"{service.name}/authorize?")
    assert {name: asked[name] for name in ("response_type", "client_id", "scope", "code_challenge_method")} == {
        "response_type": "code",
        "client_id": CLIENT,
        "scope": "openid gate.review",
        "code_challenge_method": "S256",
    }
    assert asked["redirect_uri"] == f"{DESK}/desk/sign-in/callback"
    answer = await browser.get(f"/desk/sign-in/callback?{service.authorize(address)}")
    assert (answer.status_code, answer.headers["location"]) == (303, CASE_PATH)
    [(form, authorization)] = service.forms
    challenge = base64url_encode(sha256(form["code_verifier"].encode()).digest()).decode()
    assert challenge == asked["code_challenge"]
    assert (form["grant_type"], form["code"], form["redirect_uri"]) == (
        "authorization_code",
        "code-1",
        f"{DESK}/desk/sign-in/callback",
    )
    assert authorization is not None
    assert authorization.startswith("Basic ")
    assert "client_secret" not in form
    page = await browser.get(CASE_PATH)
    assert "Signed in as <strong>u-17</strong>" in page.text
    assert "(supervisors)" in page.text
    assert (await browser.get("/desk/flags")).status_code == 403
    desk.cases.known[CASE] = []
    assert (await browser.rule()).status_code == 303
    [(_, ruling)] = desk.cases.sent
    assert (ruling.sender, getattr(ruling, "reviewer", None)) == ("supervisors", "u-17")


async def test_the_token_narrows_the_agencies(desk: FakeDesk, service: SignInService) -> None:
    service.claims_of_access["agencies"] = ["TX"]
    browser, address = await begun(desk)
    assert (await browser.get(f"/desk/sign-in/callback?{service.authorize(address)}")).status_code == 303
    assert (await browser.get(CASE_PATH)).status_code == 404


@pytest.mark.parametrize(
    ("id_claims", "access_claims", "status", "text"),
    [
        ({"nonce": "another"}, {}, 401, "another request"),
        ({"nonce": None}, {}, 401, "another request"),
        ({"aud": "another"}, {}, 401, "another audience"),
        ({"iss": "https://evil.example"}, {}, 401, "another issuer"),
        ({"exp": 1}, {}, 401, "expired"),
        ({"key": new_rsa()}, {}, 401, "signature"),
        ({}, {"scope": "openid"}, 403, "gate.review"),
        ({}, {"aud": "another"}, 401, "another audience"),
        ({}, {"iss": "https://evil.example"}, 401, "no caller here signs in by its issuer"),
        ({}, {"sub": None}, 401, "names no reader"),
    ],
)
async def test_a_token_that_does_not_fit_lets_nobody_in(
    desk: FakeDesk,
    service: SignInService,
    id_claims: dict[str, Any],
    access_claims: dict[str, Any],
    status: int,
    text: str,
) -> None:
    service.claims_of_id |= id_claims
    service.claims_of_access |= access_claims
    answer = await back(desk, service)
    assert (answer.status_code, text in answer.text) == (status, True), answer.text
    assert not [c for c in answer.headers.get_list("set-cookie") if c.startswith("__Host-conviction-gate-desk")]


async def test_an_answer_to_another_request_lets_nobody_in(desk: FakeDesk, service: SignInService) -> None:
    browser, address = await begun(desk)
    query = service.authorize(address)
    other, _ = await begun(desk)
    for who, asked in ((desk.browser(DESK), query), (other, query), (browser, "code=c&state=x"), (browser, "")):
        answer = await who.get(f"/desk/sign-in/callback?{asked}")
        assert (answer.status_code, "begin the sign-in again" in answer.text) == (401, True)
    denied = await browser.get("/desk/sign-in/callback?error=access_denied&" + query.partition("&")[2])
    assert denied.status_code == 401
    assert service.forms == []


async def test_a_sign_in_has_to_end_in_time(
    desk: FakeDesk, service: SignInService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_id, "FLOW_LIFE", -1)
    answer = await back(desk, service)
    assert (answer.status_code, "longer than ten minutes" in answer.text) == (401, True)


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "http://evil.example/jwks"},
        {"authorization_endpoint": None},
    ],
)
async def test_an_issuer_that_is_another_one_is_not_used(
    desk: FakeDesk, service: SignInService, discovery: dict[str, Any]
) -> None:
    service.discovery = discovery
    answer = await desk.browser(DESK).get("/desk/sign-in/start")
    assert answer.status_code == 503
    assert "CONVICTION_GATE_DESK_ISSUER" not in answer.text  # for the operator: the log has it


async def test_an_issuer_that_refuses_the_code_lets_nobody_in(desk: FakeDesk, service: SignInService) -> None:
    service.token_status = 400
    answer = await back(desk, service)
    assert (answer.status_code, "gave no token" in answer.text) == (401, True)


async def test_an_issuer_that_is_away_is_said_so() -> None:
    sign_in = OpenId("http://127.0.0.1:9", CLIENT, None, DESK, ("openid",))
    answer = await FakeDesk(links=None, open_id=sign_in).browser(DESK).get("/desk/sign-in/start")
    assert answer.status_code == 503


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/", "//evil.example", "/desk/../v1", "/v1/cases", "/desk/\\evil", "/desk/sign-in"],
)
async def test_a_sign_in_ends_at_the_desk(desk: FakeDesk, service: SignInService, to: str) -> None:
    browser, address = await begun(desk, to=to)
    answer = await browser.get(f"/desk/sign-in/callback?{service.authorize(address)}")
    assert answer.headers["location"] in ("/desk/", "/desk/../v1")


async def test_without_a_sign_in_the_page_says_so() -> None:
    desk = FakeDesk(links=None)
    page = await desk.browser().get("/desk/sign-in")
    assert "No sign-in is set up here" in page.text
    assert (await desk.browser().get("/desk/sign-in/start")).headers["location"] == "/desk/sign-in"
    assert (await desk.browser().get("/desk/sign-in/callback")).headers["location"] == "/desk/sign-in"
