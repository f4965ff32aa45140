"""Who is known: by key, by token, by a certificate of which a proxy tells; and what a changed file changes."""

import base64
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

import pytest

from conviction_gate.door import identity
from conviction_gate.door.callers import hashed, parse_callers
from conviction_gate.door.identity import CallersFile, Identities
from conviction_gate.encryption.jwks import IssuerKeys
from conviction_gate.encryption.reader import Refusal
from tests.support.token_issuer import Issuer, new_rsa

KEY, OTHER = new_rsa(), new_rsa()
CERTIFICATE = b"a certificate in DER"
PROXY = "10.0.0.9"

CALLERS = f"""
proxies = ["10.0.0.0/24"]
[caller.jail]
key = ["{hashed("cg_old")}", "{hashed("cg_new")}"]
agencies = "CA019"
may = "booking"
[caller.court]
certificate = "sha256:{sha256(CERTIFICATE).hexdigest()}"
agencies = "CA"
may = "conviction"
[caller.supervisors]
issuer = "https://id.example.gov/realms/courts"
audience = "conviction-gate-codec"
jwks = "KEYS"
scope = "gate.review"
agencies_claim = "agencies"
agencies = ["CA019", "TX"]
may = ["read", "review"]
[caller.readers]
issuer = "https://id.example.gov/realms/courts"
audience = "conviction-gate-codec"
jwks = "KEYS"
scope = "gate.read"
agencies = "*"
may = "read"
"""


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(k1=KEY)


@pytest.fixture
async def identities(issuer: Issuer, tmp_path: Path) -> Identities:
    file = tmp_path / "jwks.json"
    file.write_text(issuer.jwks)
    keys = IssuerKeys(str(file))
    await keys.start()
    callers = parse_callers(CALLERS.replace("KEYS", str(file)))
    return Identities(callers, {str(file): keys})


def bearer(secret: str) -> list[str]:
    return [f"Bearer {secret}"]


def told(certificate: bytes = CERTIFICATE) -> list[str]:
    return [f":{base64.b64encode(certificate).decode()}:"]


async def refused(identities: Identities, *of: object) -> tuple[HTTPStatus, str]:
    with pytest.raises(Refusal) as raised:
        await identities.identify(*of)  # type: ignore[arg-type]
    return raised.value.status, str(raised.value)


@pytest.mark.parametrize("key", ["cg_old", "cg_new"])
async def test_a_key_is_its_caller(identities: Identities, key: str) -> None:
    found = await identities.identify(bearer(key), [], "192.0.2.1")
    assert (found.caller.name, found.by, found.person) == ("jail", "key", None)
    assert (found.may_touch("CA0190000"), found.may_touch("CA0200000")) == (True, False)


@pytest.mark.parametrize(
    "authorization",
    [
        [],
        ["Bearer"],
        ["Bearer "],
        ["Basic Y2dfb2xk"],
        ["cg_old"],
        ["Bearer cg_ol"],
        ["Bearer cg_old", "Bearer cg_old"],
    ],
)
async def test_nobody_else_is_known(identities: Identities, authorization: list[str]) -> None:
    assert (await refused(identities, authorization, [], PROXY))[0] == 401


async def test_a_token_is_the_caller_of_its_scope(identities: Identities, issuer: Issuer) -> None:
    ruling = issuer.token(scope="openid gate.review", agencies=["CA0190000", "WA"])
    found = await identities.identify(bearer(ruling), [], None)
    assert (found.caller.name, found.by, found.person) == ("supervisors", "token", "u-17")
    assert found.agencies == ("CA0190000",)
    found = await identities.identify(bearer(issuer.token(scope="gate.read")), [], None)
    assert (found.caller.name, found.agency_prefixes) == ("readers", None)


@pytest.mark.parametrize(
    ("claim", "agencies"),
    [
        ("CA", ("CA019",)),
        ("*", ("CA019", "TX")),
        ("TX001 CA0190000", ("TX001", "CA0190000")),
        (None, ()),
        ([7, ""], ()),
        ("NY", ()),
    ],
)
async def test_a_token_narrows_the_agencies(
    identities: Identities, issuer: Issuer, claim: object, agencies: tuple[str, ...]
) -> None:
    token = issuer.token(scope="gate.review", agencies=claim)
    assert (await identities.identify(bearer(token), [], None)).agencies == agencies


async def test_a_token_without_the_scope_is_not_permitted(identities: Identities, issuer: Issuer) -> None:
    status, said = await refused(identities, bearer(issuer.token()), [], None)
    assert (status, said.endswith("one of the scopes gate.read, gate.review")) == (403, True)


async def test_another_token_is_not_known(identities: Identities, issuer: Issuer) -> None:
    import jwt

    unsigned = jwt.encode(issuer.claims(scope="gate.read"), None, "none", {"kid": "k1"})  # type: ignore[arg-type]
    for token in (
        issuer.token(scope="gate.read", key=OTHER),
        issuer.token(scope="gate.read", aud="another"),
        issuer.token(scope="gate.read", iss="https://elsewhere.example"),
        issuer.token(scope="gate.read", exp=1),
        issuer.token(scope="gate.read", sub=None),
        unsigned,
        "a.b.c",
    ):
        assert (await refused(identities, bearer(token), [], None))[0] == 401


async def test_a_certificate_counts_from_a_proxy_alone(identities: Identities) -> None:
    found = await identities.identify([], told(), PROXY)
    assert (found.caller.name, found.by) == ("court", "certificate")
    for address in ("192.0.2.1", "10.0.1.9", None, "proxy"):
        assert (await refused(identities, [], told(), address))[0] == 401


@pytest.mark.parametrize(
    "client_cert", [told(b"another"), [*told(), *told()], ["x"], [":A:"], ["::"], [f"{told()[0]}, {told()[0]}"]]
)
async def test_another_certificate_is_not_known(identities: Identities, client_cert: list[str]) -> None:
    assert (await refused(identities, [], client_cert, PROXY))[0] == 401


async def test_all_keys_are_compared(identities: Identities, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(identity.hmac, "compare_digest", compare)  # type: ignore[attr-defined]
    await identities.identify(bearer("cg_old"), [], None)
    await refused(identities, bearer("cg_none"), [], None)
    assert len(compared) == 4


# The file -----------------------------------------------------------------------------------------------


def a_file(key: str) -> str:
    return f'[caller.jail]\nkey = "{hashed(key)}"\nagencies = "*"\nmay = "booking"\n'


async def known(file: CallersFile, key: str) -> bool:
    try:
        await (await file.current()).identify(bearer(key), [], None)
    except Refusal:
        return False
    return True


async def test_a_changed_file_counts_and_a_broken_one_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(identity, "CHECKED_EVERY", 0.0)
    path = tmp_path / "callers.toml"
    path.write_text(a_file("cg_1"))
    file = CallersFile(path)
    await file.start()
    assert (await known(file, "cg_1"), await known(file, "cg_22")) == (True, False)
    path.write_text(a_file("cg_22") + "# another size\n")
    assert (await known(file, "cg_1"), await known(file, "cg_22")) == (False, True)
    path.write_text("[caller.")
    assert await known(file, "cg_22")
    assert file.problem is not None
    assert "not TOML" in file.problem
    assert "the callers that were read before stay" in caplog.text
    path.unlink()
    assert await known(file, "cg_22")
    assert "cannot be read" in (file.problem or "")
    path.write_text(a_file("cg_333"))
    assert await known(file, "cg_333")
    assert file.problem is None
