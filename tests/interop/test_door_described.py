"""What the door's description allows, and what it does not, sent to every call: schemathesis with all checks.

The door stands on fakes here, so that thousands of requests take a minute; what a case makes of a message is
tested elsewhere. Run by `make test-interop`.
"""

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from conviction_gate.door import openapi
from conviction_gate.door.callers import hashed
from conviction_gate.door.docs_page import docs_routes
from tests.support.door import KEYS, FakeDoor

CALLERS = f"""
[caller.all]
key = "{hashed(KEYS["all"])}"
person = "admin-1"
agencies = "*"
may = "*"
corrects = "*"
per_minute = 100000000
bytes_per_minute = 100000000000
messages_per_case = 100000000
"""
ACCEPTED = [200, 201, 202, 304, 403, 404, 409, 410, 415, 422]
"""What a body that the description allows may be answered: some rules of the contract are in no schema, as that
a date is not in the future."""


@schemathesis.serializer("application/x-ndjson")
def one_line(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.deserializer("application/x-ndjson")
def last_line(context: Any, response: Any) -> Any:
    return json.loads(response.content.splitlines()[-1])


load_all_checks()
pytestmark = pytest.mark.filterwarnings("ignore")


def schema() -> Any:
    app = FakeDoor(callers=CALLERS, more=docs_routes()).app
    config = schemathesis.Config.from_dict(
        {
            "auth": {"openapi": {"key": {"bearer": KEYS["all"]}}},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )
    return schemathesis.openapi.from_asgi("/openapi.json", app, config=config)


described = schema()


@described.parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_each_call_does_what_its_description_says(case: Any) -> None:
    checks = {check.__name__: check for check in CHECKS.get_all()}
    if case.operation.path == "/v1/messages":
        del checks["negative_data_rejection"]  # each line is refused by itself, in an answer of 200
    case.call_and_validate(checks=[*checks.values()])


def test_calls_in_a_row_do_what_their_description_says() -> None:
    machine = described.as_state_machine()

    class Calls(machine):  # type: ignore[misc, valid-type]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {KEYS['all']}"}}

    Calls.run(
        settings=settings(
            max_examples=50,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
    )


def test_every_call_is_sent() -> None:
    assert len([*described.get_all_operations()]) == len(openapi.OPERATIONS)
