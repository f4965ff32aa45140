"""Readers by JWT: which tokens are taken, what is said of the others, and how the issuer's keys are kept."""

import asyncio
import base64
import hmac
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conviction_gate.config.settings import Settings, SettingsError
from conviction_gate.devserver.resources import free_port
from conviction_gate.encryption import jwks
from conviction_gate.encryption.codec_app import CodecApp
from conviction_gate.encryption.jwks import IssuerKeys
from conviction_gate.encryption.reader import Reader, Refusal
from conviction_gate.encryption.readers import Readers
from conviction_gate.encryption.sign_in import SignIn
from tests.support.codec_requests import SAID, TOKEN, WHERE, app, encrypted, plain
from tests.support.token_issuer import AUDIENCE, Issuer, answering, new_rsa, public

FIRST, SECOND, WEAK = new_rsa(), new_rsa(), new_rsa(1024)
CURVE = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with answering(Issuer(k1=FIRST, curve=CURVE, weak=WEAK)) as up:
        yield up


class Clock:
    """Replaces time.monotonic() in jwks.py."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(jwks, "time", clock)
    return clock


def signing_in(issuer: Issuer, **options: Any) -> SignIn:
    return SignIn(IssuerKeys(issuer.address), issuer.name, AUDIENCE, **options)


async def refused(door: SignIn, token: str) -> tuple[int, str]:
    with pytest.raises(Refusal) as error:
        await door.reader(token)
    return error.value.status, str(error.value)


@pytest.mark.parametrize(
    ("kid", "alg"), [("k1", "RS256"), ("k1", "PS256"), ("k1", "RS512"), ("curve", "ES256")]
)
async def test_a_token_of_the_issuer_is_taken(issuer: Issuer, kid: str, alg: str) -> None:
    assert await signing_in(issuer).reader(issuer.token(kid, alg)) == Reader("u-17", "jwt")


async def test_the_clock_of_the_issuer_may_be_off_a_little(issuer: Issuer) -> None:
    now = int(time.time())
    for changed in ({"exp": now - 20}, {"nbf": now + 20, "iat": now + 20}):
        assert (await signing_in(issuer).reader(issuer.token(**changed))).who == "u-17"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": SECOND}, "its signature does not match its key"),
        ({"iss": "https://id.example.gov/realms/courts/"}, "it is from another issuer"),
        ({"iss": None}, "it has no iss"),
        ({"aud": "another"}, "it is for another audience"),
        ({"aud": ["another", f"{AUDIENCE}2"]}, "it is for another audience"),
        ({"aud": None}, "it has no aud"),
        ({"exp": int(time.time()) - 40}, "it has expired; sign in again"),
        ({"exp": None}, "it has no exp"),
        ({"exp": "tomorrow"}, "it is not a JWT"),
        ({"nbf": int(time.time()) + 3600}, "it is not valid yet"),
        (
            {"sub": None},
            "its claim sub names no reader; set CONVICTION_GATE_CODEC_READER_CLAIM to one that does",
        ),
        ({"sub": ""}, "its claim sub names no reader"),
        ({"sub": "u" * 256}, "its claim sub names no reader"),
        ({"kid": "curve", "key": FIRST}, "its algorithm does not suit its key"),
        ({"kid": "k9", "key": SECOND}, "it names a key that its issuer does not publish"),
    ],
)
async def test_another_token_is_refused(issuer: Issuer, changed: dict[str, Any], said: str) -> None:
    status, answer = await refused(signing_in(issuer), issuer.token(**changed))
    assert (status, answer.partition(": ")[0]) == (401, "this token is not accepted")
    assert said in answer
    assert "example.gov" not in answer


async def test_a_token_without_a_signature_is_refused(issuer: Issuer) -> None:
    none = jwt.encode(issuer.claims(), None, "none", {"kid": "k1"})
    status, answer = await refused(signing_in(issuer), none)
    assert (status, "its algorithm does not suit its key" in answer) == (401, True)


async def test_the_public_key_is_no_secret_to_sign_with(issuer: Issuer) -> None:
    pem = FIRST.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # By hand: the library signs no such thing.
    header, claims = ({"alg": "HS256", "kid": "k1"}, issuer.claims())
    said = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    forged = f"{said}.{encoded(hmac.digest(pem, said.encode(), 'sha256'))}"
    status, answer = await refused(signing_in(issuer), forged)
    assert (status, "its algorithm does not suit its key" in answer) == (401, True)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_weak_key_is_not_enough(issuer: Issuer) -> None:
    assert "its key is too weak" in (await refused(signing_in(issuer), issuer.token("weak")))[1]


async def test_a_key_is_good_for_what_its_issuer_says(tmp_path: Path) -> None:
    issuer = Issuer(k1=FIRST)
    keys = tmp_path / "jwks.json"
    (said,) = json.loads(issuer.jwks)["keys"]
    for others, alg, taken in (
        ({"alg": "RS256"}, "RS256", True),
        ({"alg": "RS256"}, "PS256", False),
        ({"use": "sig"}, "RS256", True),
        ({"use": "enc"}, "RS256", False),
        ({"alg": "RSA-OAEP"}, "RS256", False),
        ({"alg": "none"}, "RS256", False),
        ({"alg": ["RS256"]}, "RS256", False),
    ):
        keys.write_text(
            json.dumps(
                {"keys": ["?", {"kty": "?"}, public(SECOND), said | others, public(CURVE) | {"kid": "c"}]}
            )
        )
        door = SignIn(IssuerKeys(str(keys)), issuer.name, AUDIENCE)
        if taken:
            await door.reader(issuer.token(alg=alg))
        else:
            assert (await refused(door, issuer.token(alg=alg)))[0] == 401


async def test_a_secret_in_the_file_of_keys_lets_nobody_in(tmp_path: Path) -> None:
    keys = tmp_path / "jwks.json"
    secret = {"kty": "oct", "alg": "HS256", "kid": "k1", "k": encoded(b"s" * 32)}
    keys.write_text(json.dumps({"keys": [secret]}))
    issuer = Issuer(k1=FIRST)
    with pytest.raises(SettingsError, match="no public keys"):
        await SignIn.from_settings(settings(str(keys), issuer))
    keys.write_text(json.dumps({"keys": [secret, public(CURVE) | {"kid": "c"}]}))
    token = jwt.encode(issuer.claims(), b"s" * 32, "HS256", {"kid": "k1"})
    assert (await refused(SignIn(IssuerKeys(str(keys)), issuer.name, AUDIENCE), token))[0] == 401


@pytest.mark.parametrize("token", ["x", "..", "a.b.c", "\xe9.\xe9.\xe9", "opaque-access-token", "e30.e30.e30"])
async def test_what_is_no_token_of_a_sign_in_is_refused(issuer: Issuer, token: str) -> None:
    assert (await refused(signing_in(issuer), token))[0] == 401
    assert issuer.asked == 0


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 30_000,
        b"[]",
        b'{"alg": "RS256"}',
        b'{"alg": "RS256", "kid": 7}',
        b'{"alg": ["RS256"], "kid": "k1"}',
    ],
)
async def test_a_strange_header_is_refused(issuer: Issuer, header: bytes) -> None:
    status, _ = await refused(signing_in(issuer), f"{encoded(header)}.e30.e30")
    assert (status, issuer.asked) == (401, 0)


async def test_a_token_without_a_kid_is_told_so(issuer: Issuer) -> None:
    _, answer = await refused(signing_in(issuer), jwt.encode(issuer.claims(), FIRST, "RS256"))
    assert "it names no key (kid); its issuer must name one" in answer


async def test_another_claim_may_name_the_reader(issuer: Issuer) -> None:
    door = signing_in(issuer, claim="badge")
    assert (await door.reader(issuer.token(badge="r-7"))).who == "r-7"
    assert "its claim badge names no reader" in (await refused(door, issuer.token()))[1]


@pytest.mark.parametrize(
    ("granted", "may"),
    [
        ({"scope": "openid cases.read"}, True),
        ({"scp": ["cases.read"]}, True),
        ({"roles": ["cases.read", "other"]}, True),
        ({}, False),
        ({"scope": "openid cases.readers"}, False),
        ({"roles": {"cases.read": True}}, False),
        ({"scp": [["cases.read"], None]}, False),
    ],
)
async def test_a_scope_may_be_asked_for(issuer: Issuer, granted: dict[str, Any], may: bool) -> None:
    door = signing_in(issuer, scope="cases.read")
    if may:
        assert (await door.reader(issuer.token(**granted))).who == "u-17"
        return
    with pytest.raises(Refusal, match=r"ask its operator to grant you cases\.read") as error:
        await door.reader(issuer.token(**granted))
    assert (error.value.status, error.value.reader) == (403, Reader("u-17", "jwt"))


async def test_keys_are_read_anew_for_one_that_is_new_and_not_often(issuer: Issuer, clock: Clock) -> None:
    door = signing_in(issuer)
    await door.reader(issuer.token())
    await door.reader(issuer.token())
    assert issuer.asked == 1
    issuer.keys = {"k2": SECOND}
    # Not yet: whoever sends tokens with keys that nobody knows would have it asked each time.
    for _ in range(20):
        assert "try again in 30 s" in (await refused(door, issuer.token("k2")))[1]
    assert issuer.asked == 1
    clock.now += 31
    after = await asyncio.gather(*(door.reader(issuer.token("k2")) for _ in range(20)))
    assert ({reader.who for reader in after}, issuer.asked) == ({"u-17"}, 2)
    # The old key is gone with it.
    assert (await refused(door, issuer.token("k1", key=FIRST)))[0] == 401
    assert issuer.asked == 2


async def test_a_key_that_is_taken_back_is_gone_within_the_hour(issuer: Issuer, clock: Clock) -> None:
    door = signing_in(issuer)
    await door.reader(issuer.token())
    issuer.keys = {"k2": SECOND}
    clock.now += 3599
    await door.reader(issuer.token("k1", key=FIRST))
    clock.now += 1
    assert (await refused(door, issuer.token("k1", key=FIRST)))[0] == 401


async def test_old_keys_are_used_while_the_issuer_does_not_answer(
    issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    door = signing_in(issuer)
    await door.reader(issuer.token())
    issuer.status = 500
    clock.now += 4000
    assert (await door.reader(issuer.token())).who == "u-17"
    assert (await door.reader(issuer.token())).who == "u-17"
    assert (issuer.asked, len(caplog.records)) == (2, 1)
    assert f"{issuer.address} answered 500; correct the address" in caplog.text
    # Whether a new key is the issuer's nobody knows now.
    status, answer = await refused(door, issuer.token("k2", key=SECOND))
    assert (status, "try again in 30 s" in answer, "CONVICTION_GATE_CODEC_JWKS" in answer) == (503, True, True)
    issuer.status = 200
    clock.now += 31
    assert (await refused(door, issuer.token("k2", key=SECOND)))[0] == 401


async def test_nobody_is_let_in_before_there_are_keys(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    issuer = Issuer(k1=FIRST)
    issuer.address = f"http://127.0.0.1:{free_port()}/jwks"
    door = await SignIn.from_settings(settings(issuer.address, issuer))
    assert door is not None
    assert caplog.record_tuples[0][:2] == ("conviction_gate.encryption.jwks", logging.WARNING)
    assert "cannot be read" in caplog.text
    assert (await refused(door, issuer.token()))[0] == 503


async def test_an_address_that_names_no_host_is_told(caplog: pytest.LogCaptureFixture) -> None:
    issuer = Issuer(k1=FIRST)
    for address in ("https://xn--0000000000/jwks", "https://a..b/jwks"):
        assert (await refused(SignIn(IssuerKeys(address), issuer.name, AUDIENCE), issuer.token()))[0] == 503
        assert f"{address} cannot be read" in caplog.text


async def test_keys_that_are_none_are_told(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    issuer.keys = {}
    assert (await refused(signing_in(issuer), issuer.token("k1", key=FIRST)))[0] == 503
    assert "it holds no public keys with ids; name a JWKS" in caplog.text


async def test_an_endless_answer_is_not_read(
    issuer: Issuer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwks, "MAX_BYTES", 100)
    assert (await refused(signing_in(issuer), issuer.token()))[0] == 503
    assert "sent more than 100 bytes" in caplog.text


async def test_a_file_of_keys_is_there_at_the_start_and_read_anew(tmp_path: Path, clock: Clock) -> None:
    issuer = Issuer(k1=FIRST)
    file = tmp_path / "jwks.json"
    with pytest.raises(SettingsError, match=r"CODEC_JWKS: .*jwks.json cannot be read \(No such file"):
        await SignIn.from_settings(settings(str(file), issuer))
    for text in ("", "[]", '{"keys": 7}', '{"keys": []}', "[" * 100_000, '{"keys": [{"kty": "RSA"}, null]}'):
        file.write_text(text)
        with pytest.raises(SettingsError, match="CODEC_JWKS: it holds no public keys with ids; name a JWKS"):
            await SignIn.from_settings(settings(str(file), issuer))
    file.write_text(issuer.jwks)
    door = await SignIn.from_settings(settings(str(file), issuer))
    assert door is not None
    await door.reader(issuer.token())
    issuer.keys = {"k2": SECOND}
    file.write_text(issuer.jwks)
    clock.now += 31
    await door.reader(issuer.token("k2"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"codec_issuer": None}, "CODEC_JWKS: requires CONVICTION_GATE_CODEC_ISSUER; set that too"),
        (
            {"codec_audience": None},
            "CODEC_JWKS: requires CONVICTION_GATE_CODEC_AUDIENCE; set that too",
        ),
        ({"codec_jwks": None}, "CODEC_ISSUER: requires CONVICTION_GATE_CODEC_JWKS; set that too"),
        (
            {"codec_jwks": "http://id.example.gov/jwks"},
            "CODEC_JWKS: not a location of keys; write an https address",
        ),
        ({"codec_jwks": "ftp://localhost/jwks"}, "CODEC_JWKS: not a location of keys"),
        ({"codec_jwks": "https://secret:secret@id.example.gov/jwks"}, "CODEC_JWKS: not a location of keys"),
        ({"codec_jwks": "https://"}, "CODEC_JWKS: not a location of keys"),
    ],
)
def test_settings_that_do_not_fit_say_so(changed: dict[str, Any], said: str) -> None:
    fitting = {"codec_jwks": "https://id.example.gov/jwks?p=1", "codec_issuer": "i", "codec_audience": "a"}
    Settings(**fitting)
    with pytest.raises(SettingsError, match=said) as error:
        Settings(**fitting | changed)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("part", ["reader_claim", "scope", "audience"])
def test_a_part_of_a_sign_in_is_of_no_use_alone(part: str) -> None:
    with pytest.raises(SettingsError, match=f"{part.upper()}: requires CONVICTION_GATE_CODEC_JWKS"):
        Settings(**{f"codec_{part}": "x"})


async def test_by_the_codec_server_who_signed_in_reads_beside_who_has_a_token(issuer: Issuer) -> None:
    audit: list[str] = []
    server = app(audit, Readers({"u-17": TOKEN}, signing_in(issuer, scope="cases.read")))
    read = await ask(server, issuer.token(scope="cases.read"))
    assert read.json() == {"payloads": [plain(SAID)]}
    assert (await ask(server, TOKEN)).status_code == 200
    assert (await ask(server, issuer.token(roles=["other"]))).status_code == 403
    expired = await ask(server, issuer.token(exp=1))
    assert (expired.status_code, expired.headers["www-authenticate"]) == (401, "Bearer")
    assert "or one of CONVICTION_GATE_CODEC_TOKEN" in (await ask(server, "")).json()["error"]
    logged = [json.loads(line) for line in audit]
    assert [(line["who"], line["by"], line["result"]) for line in logged] == [
        ("u-17", "jwt", "ok"),
        ("u-17", "token", "ok"),  # which of the two it was is logged
        ("u-17", "jwt", "refused, 403"),
        (None, None, "refused, 401"),
        (None, None, "refused, 401"),
    ]


async def test_others_are_answered_while_keys_are_read(issuer: Issuer) -> None:
    server = app([], Readers({"r-7": TOKEN}, signing_in(issuer)))
    issuer.lets.clear()
    waiting = asyncio.create_task(ask(server, issuer.token()))
    while not issuer.asked:
        await asyncio.sleep(0.01)
    assert (await ask(server, TOKEN)).status_code == 200
    assert not waiting.done()
    issuer.lets.set()
    assert (await waiting).status_code == 200


async def ask(server: CodecApp, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "X-Namespace": "jails"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(server), base_url=WHERE) as client:
        return await client.post("/decode", json={"payloads": [encrypted(SAID)]}, headers=headers)


def settings(jwks: str, issuer: Issuer) -> Settings:
    return Settings(codec_jwks=jwks, codec_issuer=issuer.name, codec_audience=AUDIENCE)


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
