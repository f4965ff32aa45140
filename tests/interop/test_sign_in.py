"""The desk's sign-in against a certified OpenID provider of others. Run by `make test-interop`."""

import asyncio
import os
import re
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from conviction_gate.desk.open_id import CALLBACK
from conviction_gate.devserver import processes
from conviction_gate.devserver.resources import free_port
from tests.support.desk import CASE_PATH, FakeDesk, desk_of_issuer

FOLDER = Path(__file__).parent / "sign_in"
DESK = "https://gate.example.gov"
API = "https://api.example.gov/conviction-gate"


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[str]:
    """The provider's address, which is what its tokens name it."""
    port = free_port()
    environment = os.environ | {"PORT": str(port), "REDIRECT": DESK + CALLBACK, "RESOURCE": API}
    process = await processes.spawn(
        "node", str(FOLDER / "provider.mjs"), env=environment, stdout=PIPE, stderr=None
    )
    assert process.stdout is not None
    while (line := await process.stdout.readline()).strip() != b"ready":
        assert line, "the provider ended"
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    await process.communicate()


@pytest.fixture
def desk(issuer: str) -> FakeDesk:
    return desk_of_issuer(issuer, API, "desk-client", "desk-secret", DESK)


async def signed_in_at(address: str, person: str) -> str:
    """What a person does at the provider's pages; where the provider sends them then."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(address)
        for _ in range(20):
            if answer.is_redirect:
                to = str(answer.url.join(answer.headers["location"]))
                if to.startswith(DESK):
                    return to
                answer = await browser.get(to)
                continue
            action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
            assert action, answer.text
            fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
            if 'name="login"' in answer.text:
                fields |= {"login": person, "password": "any"}
            answer = await browser.post(str(answer.url.join(unescape(action[1]))), data=fields)
    raise AssertionError(answer.text)


async def test_a_person_signs_in_at_another_provider(desk: FakeDesk) -> None:
    browser = desk.browser(DESK)
    started = await browser.get(f"/desk/sign-in/start?to={CASE_PATH}")
    assert started.status_code == 303, started.text
    back = await asyncio.wait_for(signed_in_at(started.headers["location"], "r-7"), 30)
    answer = await browser.get(back.removeprefix(DESK))
    assert (answer.status_code, answer.headers["location"]) == (303, CASE_PATH), answer.text
    case = await browser.get(CASE_PATH)
    assert case.status_code == 200
    assert "r-7" in case.text


async def test_a_code_lets_in_once_and_only_the_browser_that_asked(desk: FakeDesk) -> None:
    browser, other = desk.browser(DESK), desk.browser(DESK)
    started = await browser.get("/desk/sign-in/start")
    back = await asyncio.wait_for(signed_in_at(started.headers["location"], "r-8"), 30)
    path = back.removeprefix(DESK)
    assert [(await each.get(path)).status_code for each in (other, browser, browser)] == [401, 303, 401]
