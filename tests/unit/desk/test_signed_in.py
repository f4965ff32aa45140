"""Who is signed in, and that a form comes from a page of theirs."""

import json
import re
import time
from types import SimpleNamespace

import pytest

from conviction_gate.desk import sessions
from conviction_gate.desk.one_time_links import LINK_LIFE, OneTimeLinks
from conviction_gate.desk.sessions import Session
from tests.support.desk import ADDRESS, CASE, CASE_PATH, Browser, FakeDesk, callers

RULING = f"{CASE_PATH}/ruling"


@pytest.fixture
def desk() -> FakeDesk:
    desk = FakeDesk()
    desk.cases.known[CASE] = []
    return desk


def cookie_of(browser: Browser) -> str:
    return next(iter(browser.http.cookies.values()))


async def test_nobody_sees_a_page_without_signing_in(desk: FakeDesk) -> None:
    browser = desk.browser()
    for path in ("/desk/", "/desk/attention", "/desk/flags", CASE_PATH, RULING):
        answer = await browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/desk/sign-in")
        assert answer.text == ""
    to = (await browser.get("/desk/flags?status=active")).headers["location"]
    assert to == "/desk/sign-in?to=%2Fdesk%2Fflags%3Fstatus%3Dactive"
    refused = await browser.post(RULING, {"ruling": "minor_traffic", "reason": "why"})
    assert (refused.status_code, "You are not signed in" in refused.text) == (401, True)
    assert "conviction-gate desk" in (await browser.get("/desk/sign-in")).text
    assert desk.cases.sent == []


async def test_a_link_signs_in_once_and_not_for_long(desk: FakeDesk) -> None:
    assert desk.links is not None
    link = desk.links.issue()
    assert (await desk.browser().get(link)).headers["location"] == "/desk/"
    for used in (link, "/desk/enter?token=", "/desk/enter", "/desk/enter?token=x"):
        refused = await desk.browser().get(used)
        assert (refused.status_code, "set-cookie" in refused.headers) == (401, False)
    now = 0.0
    links = OneTimeLinks(lambda: now)
    first, second = (links.issue().partition("=")[2] for _ in range(2))
    now = LINK_LIFE - 1
    assert links.use(first)
    assert not links.use(first)
    now = LINK_LIFE
    assert not links.use(second)


async def test_the_key_of_the_machine_makes_a_new_link(desk: FakeDesk) -> None:
    browser = desk.browser()
    made = await browser.http.post("/desk/links", headers={"Authorization": "Bearer cg_local-key"})
    assert made.status_code == 201
    assert (await browser.get(made.json()["path"])).status_code == 303
    for headers in ({}, {"Authorization": "Bearer cg_other"}):
        assert (await desk.browser().http.post("/desk/links", headers=headers)).status_code == 401
    without = FakeDesk(links=None)
    refused = await without.browser().http.post("/desk/links", headers={"Authorization": "Bearer cg_local-key"})
    assert refused.status_code == 403


async def test_the_cookie_is_for_this_site_and_no_script(desk: FakeDesk) -> None:
    assert desk.links is not None
    plain = (await desk.browser().get(desk.links.issue())).headers["set-cookie"]
    assert re.search("(?i)httponly", plain)
    assert re.search("(?i)samesite=lax", plain)
    assert not re.search("(?i)secure", plain)
    safe = (await desk.browser("https://desk.example").get(desk.links.issue())).headers["set-cookie"]
    assert safe.startswith("__Host-")
    assert re.search("(?i); secure", safe)
    assert "path=/;" in safe.lower()
    behind = FakeDesk(address="https://gate.example.gov")
    assert behind.links is not None
    assert "; Secure" in (await behind.browser().get(behind.links.issue())).headers["set-cookie"]


async def test_the_cookie_says_nothing_and_cannot_be_changed(desk: FakeDesk) -> None:
    browser = await desk.signed_in()
    cookie = cookie_of(browser)
    assert "r-7" not in cookie
    assert "local" not in cookie
    for changed in (
        cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB"),
        cookie[3:],
        "k1.",
        "k1.AAAA",
        "x.y",
    ):
        other = desk.browser()
        answer = await other.get("/desk/", Cookie=f"conviction-gate-desk={changed}")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/desk/sign-in"


async def test_a_session_ends_by_itself(desk: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = await desk.signed_in()
    now = time.time()

    def after(seconds: float) -> None:
        monkeypatch.setattr(sessions, "time", SimpleNamespace(time=lambda: now + seconds))

    half_an_hour = sessions.IDLE - 60
    for times in range(1, 24):  # used every half hour, it goes on for twelve hours
        after(times * half_an_hour)
        assert (await browser.get("/desk/flags")).status_code == 200
    after(sessions.LONGEST + 1)
    assert (await browser.get("/desk/flags")).status_code == 303
    after(0)
    idle = await desk.signed_in()
    after(sessions.IDLE + 1)
    assert (await idle.get("/desk/flags")).status_code == 303


async def test_what_the_callers_file_takes_away_is_gone_at_once(desk: FakeDesk) -> None:
    browser = await desk.signed_in()
    assert (await browser.get(CASE_PATH)).status_code == 200
    desk.use_callers(callers(agencies='"TX"'))
    assert (await browser.get(CASE_PATH)).status_code == 404
    desk.use_callers(callers(may='"review"'))
    assert (await browser.get(CASE_PATH)).status_code == 403
    desk.use_callers(callers().replace("[caller.local]", "[caller.other]"))
    assert (await browser.get(CASE_PATH)).status_code == 303


async def test_signing_out_ends_the_session(desk: FakeDesk) -> None:
    browser = await desk.signed_in()
    page = (await browser.get("/desk/flags")).text.partition("<main")[0]
    token = re.search(r'name="form_token" value="(\w+)"', page)
    assert token is not None
    fields = {"form_id": "sign-out", "form_token": token[1]}
    assert (await browser.post("/desk/sign-out", fields | {"form_token": "0"})).status_code == 403
    assert (await browser.post("/desk/sign-out", fields)).status_code == 303
    assert (await browser.get("/desk/flags")).status_code == 303


async def test_a_form_of_another_site_session_page_or_id_is_refused(desk: FakeDesk) -> None:
    browser = await desk.signed_in()
    filled = await browser.form(RULING) | {"ruling": "minor_traffic", "reason": "why"}
    other = await desk.signed_in()
    reopening = await browser.get(RULING)
    assert reopening.status_code == 200
    refused = [
        await browser.post(RULING, filled, Origin="https://evil.example"),
        await browser.post(RULING, filled, Origin="null"),
        await browser.post(RULING, filled, Origin=""),
        await browser.post(RULING, filled, Origin=f"{ADDRESS}.evil.example"),
        await browser.post(RULING, filled, **{"Sec-Fetch-Site": "cross-site"}),
        await browser.post(RULING, filled, **{"Sec-Fetch-Site": "same-site"}),
        await other.post(RULING, filled),
        await browser.post(f"{CASE_PATH}/reopening", filled),
        await browser.post(RULING.replace("A-1", "A-2"), filled),
        await browser.post(RULING, filled | {"form_id": "desk-of-my-own"}),
        await browser.post(RULING, filled | {"form_token": ""}),
        await browser.post(RULING, {k: v for k, v in filled.items() if k != "form_token"}),
        await browser.http.post(
            RULING,
            content="&".join([f"{k}={v}" for k, v in filled.items()] + ["ruling=non_traffic"]),
            headers={"Origin": ADDRESS, "Content-Type": "application/x-www-form-urlencoded"},
        ),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)
    assert all("nothing was sent" in answer.text for answer in refused)
    json_body = await browser.http.post(RULING, json=filled, headers={"Origin": ADDRESS})
    assert json_body.status_code == 415
    large = await browser.post(RULING, filled | {"reason": "x" * 70_000})
    assert large.status_code == 413
    assert desk.cases.sent == []
    assert (await browser.post(RULING, filled)).status_code == 303


async def test_a_form_is_taken_at_the_address_of_the_proxy() -> None:
    desk = FakeDesk(address="https://gate.example.gov")
    desk.cases.known[CASE] = []
    # The proxy speaks HTTP to the door; the cookie needs TLS, which the browser has.
    browser = desk.browser("http://10.0.0.7:8080")
    assert desk.links is not None
    cookie = (await browser.get(desk.links.issue())).headers["set-cookie"].partition(";")[0]
    page = (await browser.get(RULING, Cookie=cookie)).text.partition("<main")[2]
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    filled = form | {"ruling": "minor_traffic", "reason": "why"}
    answer = await browser.post(RULING, filled, Origin="https://gate.example.gov", Cookie=cookie)
    assert answer.status_code == 303


async def test_every_answer_is_locked_down(desk: FakeDesk) -> None:
    browser = await desk.signed_in()
    answers = [await browser.get(path) for path in ("/desk/", CASE_PATH, "/desk/sign-in", "/desk/none")]
    answers += [await desk.browser().get("/desk/"), await browser.post(RULING, {})]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert not re.search(r"<script|<style|\son\w+=|\sstyle=", answer.text)
    page = (await browser.get("/desk/")).text
    style = await browser.get(re.search(r'href="(/desk/desk\.css[^"]*)"', page)[1])  # type: ignore[index]
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert len(style.content) < 20_000
    assert (await browser.get("/desk/icon.svg")).status_code == 200


async def test_too_many_requests_are_refused(desk: FakeDesk) -> None:
    desk.use_callers(callers(per_minute="3"))
    browser = await desk.signed_in()
    answers = [(await browser.get("/desk/flags")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


def test_a_session_names_no_secret() -> None:
    session = Session(
        caller="local", person="r-7", by="link", agencies=("*",), started=0, seen=0, secret="secret-1"
    )
    assert "secret-1" not in repr(session)
    assert json.loads(session.model_dump_json())["secret"] == "secret-1"
