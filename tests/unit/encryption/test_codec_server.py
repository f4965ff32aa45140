"""The codec server: who is answered, what comes back, and what the audit says of it."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest

from conviction_gate.config.settings import Settings, SettingsError, cannot_bind
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption import codec_app
from conviction_gate.encryption.codec_server import run
from conviction_gate.encryption.http_server import serving
from conviction_gate.encryption.readers import Readers
from tests.support.codec_requests import KNOWN, SAID, TOKEN, UI, WHERE, app, encrypted, plain


@pytest.fixture
def audit() -> list[str]:
    return []


@pytest.fixture
async def client(audit: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(audit)), base_url=WHERE) as client:
        yield client


@pytest.fixture
async def embedded(audit: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app(audit, encrypts=True))
    async with httpx.AsyncClient(transport=transport, base_url=WHERE) as client:
        yield client


async def test_a_reader_may_decrypt_and_not_encrypt(client: httpx.AsyncClient, audit: list[str]) -> None:
    sent = {"payloads": [plain(SAID)]}
    for headers in (KNOWN, {**KNOWN, "Origin": UI}):
        refused = await client.post("/encode", json=sent, headers=headers)
        assert (refused.status_code, list(refused.json())) == (403, ["error"])
        assert "not encrypt; send messages through the door" in refused.json()["error"]
    assert [json.loads(line)["result"] for line in audit] == ["refused, 403"] * 2
    assert (await client.post("/decode", json=sent, headers=KNOWN)).status_code == 200


async def test_encode_encrypts_and_decode_decrypts(embedded: httpx.AsyncClient, audit: list[str]) -> None:
    client = embedded
    encoded = await client.post("/encode", json={"payloads": [plain(SAID)]}, headers=KNOWN)
    assert "marker-1" not in encoded.text
    assert plain(SAID)["data"] not in encoded.text
    decoded = await client.post("/decode", json=encoded.json(), headers=KNOWN)
    assert decoded.json() == {"payloads": [plain(SAID)]}
    assert decoded.headers["cache-control"] == "no-store"
    first, second = map(json.loads, audit)
    assert (first["route"], second["route"]) == ("/encode", "/decode")
    assert {k: second[k] for k in ("who", "namespace", "payloads", "keys", "result")} == {
        "who": "r-7",
        "namespace": "jails",
        "payloads": 1,
        "keys": ["k1"],
        "result": "ok",
    }
    assert second["time"].endswith("Z")
    assert not any("marker" in line or TOKEN in line for line in audit)


async def test_one_that_cannot_be_decrypted_affects_no_other(
    client: httpx.AsyncClient, audit: list[str]
) -> None:
    given = [encrypted(SAID, "k0"), encrypted(SAID, "k9"), plain("in the clear")]
    answer = await client.post("/decode", json={"payloads": given}, headers=KNOWN)
    opened, closed, clear = answer.json()["payloads"]
    assert (opened, clear) == (plain(SAID), plain("in the clear"))
    assert closed["data"] == given[1]["data"]
    reason = base64.b64decode(closed["metadata"]["conviction-gate-refused"]).decode()
    assert "encrypted with the key 'k9', which is not here" in reason
    entry = json.loads(audit[0])
    assert (entry["result"], entry["keys"], entry["payloads"]) == ("1 not decrypted", ["k0", "k9"], 3)


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"Authorization": ""}, 401, "send `Authorization: Bearer TOKEN`"),
        ({"Authorization": f"Basic {TOKEN}"}, 401, "no known token"),
        ({"Authorization": f"Bearer {TOKEN}0"}, 401, "no known token"),
        ({"Authorization": b"Bearer \xe9"}, 401, "no known token"),
        ({"X-Namespace": "other"}, 403, "those of the namespace jails"),
        ({"X-Namespace": ""}, 403, "name it in X-Namespace"),
        ({"Origin": "https://elsewhere.example"}, 403, "CONVICTION_GATE_CODEC_ORIGINS"),
        ({"Origin": "null"}, 403, "CONVICTION_GATE_CODEC_ORIGINS"),
        ({"Origin": f"{UI}.example"}, 403, "CONVICTION_GATE_CODEC_ORIGINS"),
    ],
)
@pytest.mark.parametrize("route", ["/decode", "/encode"])
async def test_who_is_refused(
    client: httpx.AsyncClient,
    audit: list[str],
    route: str,
    headers: dict[str, str | bytes],
    status: int,
    said: str,
) -> None:
    answer = await client.post(route, json={"payloads": [encrypted(SAID)]}, headers={**KNOWN, **headers})
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert said in answer.json()["error"]
    assert json.loads(audit[0])["result"] == f"refused, {status}"


@pytest.mark.parametrize("route", ["/decode", "/encode"])
async def test_a_browser_is_answered_for_the_listed_origin_alone(client: httpx.AsyncClient, route: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    allowed = (await client.options(route, headers={"Origin": UI, **asked})).headers
    assert allowed["access-control-allow-origin"] == UI
    assert allowed["access-control-allow-credentials"] == "true"
    sent = {"authorization", "authorization-extras", "content-type", "x-namespace"}  # by the web UI
    assert set(allowed["access-control-allow-headers"].split(", ")) == sent
    assert allowed["vary"] == "Origin"
    for origin in ("https://elsewhere.example", "null", UI.upper(), "*"):
        answer = await client.options(route, headers={"Origin": origin, **asked})
        assert not [name for name in answer.headers if name.startswith("access-control")]
    # The page reads why it is refused.
    refused = await client.post(route, json={}, headers={"Origin": UI})
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, UI)
    answered = await client.post(route, json={}, headers={"Origin": UI, **KNOWN})
    status = 200 if route == "/decode" else 403
    assert (answered.status_code, answered.headers["access-control-allow-origin"]) == (status, UI)


@pytest.mark.parametrize(
    "body",
    [
        *("", "{", '{"payloads": [{"data": "%marker"}]}', '{"payloads": 7}', "\udcff"),
        *("[]", '""', '{"payloads": ' + "[" * 10_000),
    ],
)
async def test_what_is_no_payload_is_refused_and_not_repeated(
    client: httpx.AsyncClient, audit: list[str], body: str
) -> None:
    sent = body.encode("utf-8", "surrogateescape")
    answer = await client.post("/decode", content=sent, headers=KNOWN)
    assert answer.status_code == 400
    assert "no payloads in JSON; send {" in answer.json()["error"]
    assert "marker" not in answer.text + audit[0]


async def test_a_body_has_a_limit(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec_app, "MAX_BODY", 1000)
    answer = await client.post("/decode", content=b" " * 1001, headers=KNOWN)
    assert (answer.status_code, answer.json()["error"]) == (413, "more than 1000 bytes; send fewer payloads")


async def test_a_body_that_does_not_come(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec_app, "BODY_WITHIN", 0.05)

    async def parts() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await client.post("/decode", content=parts(), headers=KNOWN)
    assert (answer.status_code, "send it again" in answer.json()["error"]) == (408, True)


async def test_other_pages(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez")).status_code == 200
    for method, path in (("GET", "/decode"), ("POST", "/"), ("POST", "/decode/x")):
        answer = await client.request(method, path, headers=KNOWN)
        assert (answer.status_code, "POST to /decode or /encode" in answer.text) == (404, True)


async def test_it_listens_and_says_where_it_cannot(audit: list[str]) -> None:
    address = f"127.0.0.1:{free_port()}"
    taken = partial(cannot_bind, "CODEC_ADDRESS", address)
    async with serving(app(audit, Readers(None)), address, taken):
        async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
            headers = {"X-Namespace": "jails"}
            answer = await client.post("/decode", json={"payloads": [encrypted(SAID)]}, headers=headers)
        assert answer.json() == {"payloads": [plain(SAID)]}
        entry = json.loads(audit[0])
        assert (entry["who"], entry["from"]) == ("anybody", "127.0.0.1")
        with pytest.raises(SettingsError, match=f"CODEC_ADDRESS: cannot bind to {address}"):
            async with serving(app(audit), address, taken):
                pass


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (None, "not set, so nobody could read; write name=token"),
        ("secret-secret-secret", "not of the form name=token"),
        ("r-7=secret", "a token of at least 16 characters"),
        ("secret-secret-secret==", "not of the form name=token"),
        (f"r-7={TOKEN} r-7={TOKEN}1", "holds the name r-7 twice"),
    ],
)
async def test_a_token_that_does_not_fit_is_told_and_not_shown(token: str | None, said: str) -> None:
    key = base64.b64encode(os.urandom(32)).decode()
    with pytest.raises(SettingsError, match=said) as error:
        await run(Settings(keyring=f"k1={key}", codec_token=token), "jails")
    assert "secret" not in str(error.value)
    assert str(error.value).startswith("CONVICTION_GATE_CODEC_TOKEN: ")


@pytest.mark.parametrize("origin", ["*", "temporal.example.gov", f"{UI}/", "https://*.example.gov", "null"])
def test_an_origin_is_exact(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVICTION_GATE_CODEC_ORIGINS", f"{UI} {origin}")
    with pytest.raises(
        SettingsError, match="CODEC_ORIGINS: not a list of web origins; write scheme, host and port"
    ):
        Settings()


def test_origins_are_written_with_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVICTION_GATE_CODEC_ORIGINS", f"{UI} http://[::1]:8233 http://127.0.0.1:8233")
    assert Settings().codec_origins == {UI, "http://[::1]:8233", "http://127.0.0.1:8233"}
