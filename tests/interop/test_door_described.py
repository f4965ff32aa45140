"""What the door's description allows, and what it does not, sent to every call. Run by `make test-interop`.

Within this process the door stands on fakes, so that thousands of requests take a minute. Over a socket it is
the door of `up`, with a server, a worker and a registry; `make soak` sends that one thousands too.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import schemathesis

from conviction_gate.devserver.resources import free_port
from conviction_gate.door import openapi
from conviction_gate.door.docs_page import docs_routes
from tests.support.described_door import CALLER, KEY, config, examples, send_in_a_row, validate
from tests.support.door import FakeDoor
from tests.support.instance import Instance

pytestmark = pytest.mark.filterwarnings("ignore")
described = schemathesis.openapi.from_asgi(
    "/openapi.json", FakeDoor(callers=CALLER, more=docs_routes()).app, config=config()
)
over_socket = schemathesis.openapi.from_dict(openapi.document(), config=config(is_thorough=False))
thousands = schemathesis.openapi.from_dict(openapi.document(), config=config())


@pytest.fixture(scope="module")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Of the door of `up`."""
    instance = Instance(tmp_path_factory.mktemp("described") / "data", free_port(), free_port())
    await instance.up()
    file = instance.data / "callers.toml"
    file.write_text(file.read_text() + CALLER)
    async with instance.door(KEY) as door:
        while (await door.get("/v1/charges/CA-VC/12500(a)")).status_code == 401:  # the file is read again
            pass
        assert (await door.get("/openapi.json")).json() == openapi.document()
    yield f"http://127.0.0.1:{instance.door_port}"
    assert await instance.stop() == 0


@described.parametrize()
@examples(60)
def test_each_call_does_what_its_description_says(case: Any) -> None:
    validate(case)


def test_calls_in_a_row_do_what_their_description_says() -> None:
    send_in_a_row(described, 50)


@over_socket.parametrize()
@examples(10)
def test_each_call_over_a_socket(case: Any, address: str) -> None:
    validate(case, base_url=address)


def test_calls_in_a_row_over_a_socket(address: str) -> None:
    send_in_a_row(over_socket, 10, base_url=address)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@thousands.parametrize()
@examples(400)
def test_each_call_over_a_socket_thousands_of_times(case: Any, address: str) -> None:
    validate(case, base_url=address)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_calls_in_a_row_over_a_socket_hundreds_of_times(address: str) -> None:
    send_in_a_row(thousands, 300, base_url=address)


def test_every_call_is_sent() -> None:
    assert len([*described.get_all_operations()]) == len(openapi.OPERATIONS)
