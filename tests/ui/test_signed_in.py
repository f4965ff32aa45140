"""What a person who has signed in reads, by the access token that the web UI passes on to a codec server.

This web UI's server has no sign-in; so the page gets one from the
test, and the browser has the cookie that it leaves.
"""

import base64
import json
import re
import signal
import ssl
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme
from playwright.async_api import Locator, expect

from conviction_gate.devserver import processes
from conviction_gate.devserver.resources import free_port
from tests.support.instance import BIN
from tests.support.tls_gateway import gateway
from tests.support.token_issuer import AUDIENCE, Issuer, answering, new_rsa
from tests.support.web_ui import WAITING, Shown, shown

WITH_A_SIGN_IN = """
    const asked = window.fetch;
    window.fetch = async (...what) => {
        const answer = await asked(...what);
        if (!answer.url.includes("/api/v1/settings")) return answer;
        const settings = await answer.json();
        settings.Auth = {Enabled: true, Options: null};
        Object.assign(settings.Codec, {Endpoint: %s, PassAccessToken: true});
        return Response.json(settings);
    };
"""
"""What TEMPORAL_AUTH_ENABLED, TEMPORAL_CODEC_ENDPOINT and TEMPORAL_CODEC_PASS_ACCESS_TOKEN have the server say.

In the page: where Playwright itself stands between, no browser asks which headers it may send.
"""


@pytest.fixture(scope="module")
async def ui(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shown]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CONVICTION_GATE_ENCRYPTION")
        async with shown(tmp_path_factory.mktemp("signed-in") / "data") as ui:
            yield ui


async def test_the_page_passes_on_the_token_of_who_signed_in(ui: Shown) -> None:
    audit: list[str] = []
    with answering(Issuer(k1=new_rsa())) as issuer:
        async with codec_server(ui, issuer, audit) as address:
            async with opened(ui, address, issuer.token(scope="openid cases.read"), 200) as body:
                await expect(body).to_contain_text('"fbi_number": "F-A-1"')
            async with opened(ui, address, issuer.token(scope="openid"), 403) as body:
                await expect(body).to_contain_text("check_history")
                await expect(body).not_to_contain_text("F-A-1")
    fields = {(line["who"], line["by"], line["result"]) for line in map(json.loads, audit)}
    assert fields == {("u-17", "jwt", "ok"), ("u-17", "jwt", "refused, 403")}


@asynccontextmanager
async def opened(ui: Shown, codec: str, token: str, status: int) -> AsyncIterator[Locator]:
    """The page of the waiting case for who is signed in with this token, and is answered so."""

    browser = ui.page.context.browser
    assert browser is not None
    context = await browser.new_context(ignore_https_errors=True)
    user = json.dumps({"AccessToken": token, "IDToken": token}).encode()
    page_of_ui = f"http://127.0.0.1:{ui.instance.ui_port}"
    await context.add_cookies([{"name": "user0", "value": base64.b64encode(user).decode(), "url": page_of_ui}])
    page = await context.new_page()
    await page.add_init_script(WITH_A_SIGN_IN % json.dumps(codec))
    async with page.expect_response("**/decode*") as answer:
        await page.goto(f"{ui.ui}/{WAITING}")
    assert (await answer.value).status == status
    yield page.locator("body")
    await context.close()


@asynccontextmanager
async def codec_server(ui: Shown, issuer: Issuer, audit: list[str]) -> AsyncIterator[str]:
    """One of its own for that instance, with TLS before it; its address."""
    port = free_port()
    env = ui.instance.environment | {
        "CONVICTION_GATE_CODEC_ADDRESS": f"127.0.0.1:{port}",
        "CONVICTION_GATE_CODEC_ORIGINS": f"http://127.0.0.1:{ui.instance.ui_port}",
        "CONVICTION_GATE_CODEC_JWKS": issuer.address,
        "CONVICTION_GATE_CODEC_ISSUER": issuer.name,
        "CONVICTION_GATE_CODEC_AUDIENCE": AUDIENCE,
        "CONVICTION_GATE_CODEC_SCOPE": "cases.read",
    }
    server = await processes.spawn(
        str(BIN / "conviction-gate"), "codec-server", env=env, stdout=PIPE, stderr=PIPE
    )
    assert server.stderr is not None
    assert re.match(b"ready: ", await server.stderr.readline())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    try:
        async with gateway(port, context) as open_port:
            yield f"https://127.0.0.1:{open_port}"
    finally:
        server.send_signal(signal.SIGTERM)
        said, _ = await server.communicate()
    audit += said.decode().splitlines()
