"""A sign-in (OpenID Connect) for tests: its addresses, its keys, and tokens for a code that it gave out."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.http_server import Handler, serving
from tests.support.token_issuer import Issuer, new_rsa

CLIENT = "desk-client"
API = "conviction-gate"


class SignInService(Issuer):
    """`asked`: what the token address was sent. `claims_of_id`, `claims_of_access`: what its tokens say too."""

    def __init__(self) -> None:
        super().__init__(k1=new_rsa())
        self.forms: list[tuple[dict[str, str], str | None]] = []
        self.claims_of_id: dict[str, Any] = {}
        self.claims_of_access: dict[str, Any] = {
            "aud": API,
            "scope": "openid gate.review",
            "agencies": ["CA019"],
        }
        self.discovery: dict[str, Any] = {}
        self.token_status = 200

    def authorize(self, address: str) -> str:
        """The person signs in at the address that they were sent to; the query that they come back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked_for = asked
        self.claims_of_id = {"aud": CLIENT, "nonce": asked["nonce"]} | self.claims_of_id
        return f"code=code-1&state={asked['state']}"

    def _answer(self, path: str) -> dict[str, Any] | None:
        base = self.name
        match path:
            case "/.well-known/openid-configuration":
                return {
                    "issuer": base,
                    "authorization_endpoint": f"{base}/authorize",
                    "token_endpoint": f"{base}/token",
                    "jwks_uri": f"{base}/jwks",
                } | self.discovery
            case "/jwks":
                keys: dict[str, Any] = json.loads(self.jwks)
                return keys
            case "/token":
                if self.token_status != 200:
                    return {"error": "invalid_grant"}
                return {
                    "access_token": self.token(**self.claims_of_access),
                    "id_token": self.token(**self.claims_of_id),
                    "token_type": "Bearer",
                }
        return None


@contextmanager
def signing_in() -> Iterator[SignInService]:
    """The service is up, and `name` is its address."""
    service = SignInService()

    class SignIn(Handler):
        def do_GET(self) -> None:
            self._send(service._answer(self.path))

        def do_POST(self) -> None:
            form = {name: values[0] for name, values in parse_qs(self.read_body().decode()).items()}
            service.forms.append((form, self.headers.get("Authorization")))
            self._send(service._answer(self.path), service.token_status)

        def _send(self, answer: dict[str, Any] | None, status: int = 200) -> None:
            self.answer(status if answer is not None else 404, json.dumps(answer).encode())

    with serving(SignIn) as port:
        service.name = f"http://127.0.0.1:{port}"
        yield service
