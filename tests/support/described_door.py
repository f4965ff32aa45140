"""What the door's description allows, and what it does not, sent to a door: schemathesis with all checks."""

import json
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks

from conviction_gate.door.callers import hashed

KEY: Final = "cg_described-key"
CALLER: Final = f"""
[caller.described]
key = "{hashed(KEY)}"
person = "admin-1"
agencies = "*"
may = "*"
corrects = "*"
per_minute = 100000000
bytes_per_minute = 100000000000
messages_per_case = 100000000
"""
ACCEPTED: Final = [200, 201, 202, 304, 403, 404, 409, 410, 415, 422]
"""What a body that the description allows may be answered: some rules of the contract are in no schema, as that
a date is not in the future."""


@schemathesis.serializer("application/x-ndjson")
def one_line(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@schemathesis.deserializer("application/x-ndjson")
def last_line(context: Any, response: Any) -> Any:
    return json.loads(response.content.splitlines()[-1])


load_all_checks()


def config(*, is_thorough: bool = True) -> schemathesis.Config:
    """`is_thorough`: with a request for each bound of each field, which are a thousand for some calls."""
    return schemathesis.Config.from_dict(
        {
            "phases": {"coverage": {"enabled": is_thorough}},
            "auth": {"openapi": {"key": {"bearer": KEY}}},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )


def examples(count: int, **more: Any) -> settings:
    """So many requests of each call, or so many rows of calls."""
    health = list(HealthCheck)
    return settings(max_examples=count, deadline=None, suppress_health_check=health, database=None, **more)


def validate(case: Any, **where: str) -> None:
    """Send one request; raises where the answer is not one that the description has. `where`: `base_url`."""
    checks = {check.__name__: check for check in CHECKS.get_all()}
    if case.operation.path == "/v1/messages":
        del checks["negative_data_rejection"]  # each line is refused by itself, in an answer of 200
    _wait_a_second_at_most(case)
    case.call_and_validate(checks=[*checks.values()], **where)


def send_in_a_row(described: Any, rows: int, **where: str) -> None:
    """Send rows of ten calls, in which a call uses what another one answered."""
    machine = described.as_state_machine()

    class Calls(machine):  # type: ignore[misc, valid-type]
        def before_call(self, case: Any) -> None:
            _wait_a_second_at_most(case)

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": {"Authorization": f"Bearer {KEY}"}, **where}

    Calls.run(settings=examples(rows, stateful_step_count=10))


def _wait_a_second_at_most(case: Any) -> None:
    if isinstance((case.query or {}).get("wait"), int) and 1 < case.query["wait"] <= 60:
        case.query["wait"] = 1
