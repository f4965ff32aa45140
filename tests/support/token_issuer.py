"""Who signs readers in, for tests: keys of its own, tokens by them, and a server that tells the public ones."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.support.http_server import Handler, serving

AUDIENCE = "conviction-gate-codec"
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def new_rsa(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


class Issuer:
    """`keys`: what is published, by id. `status`: what its server answers with. `asked`: how often it was.

    It answers while `lets` is set.
    """

    def __init__(self, **keys: Private) -> None:
        self.name = "https://id.example.gov/realms/courts"
        self.address = ""
        self.keys = keys
        self.status = 200
        self.asked = 0
        self.lets = threading.Event()
        self.lets.set()

    @property
    def jwks(self) -> str:
        return json.dumps({"keys": [public(key) | {"kid": kid} for kid, key in self.keys.items()]})

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Those of a good token; one that is None is left out."""
        now = int(time.time())
        claims = {"iss": self.name, "aud": AUDIENCE, "sub": "u-17", "iat": now, "nbf": now, "exp": now + 300}
        return {name: value for name, value in (claims | changed).items() if value is not None}

    def token(self, kid: str = "k1", alg: str = "RS256", key: Private | None = None, **changed: Any) -> str:
        """One that is signed by a key of ours, if by no other `key`."""
        return jwt.encode(self.claims(**changed), key or self.keys[kid], alg, {"kid": kid})


def public(key: Private) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)


@contextmanager
def answering(issuer: Issuer) -> Iterator[Issuer]:
    """Its server is up, at `issuer.address`."""

    class Keys(Handler):
        def do_GET(self) -> None:
            issuer.asked += 1
            issuer.lets.wait()
            self.answer(issuer.status, issuer.jwks.encode())

    with serving(Keys) as port:
        issuer.address = f"http://127.0.0.1:{port}/jwks"
        yield issuer
