"""Look-ups as local activities: one short attempt inside the workflow task, without a word where it fails.

A look-up that answers at once so costs the server no events and no task of its own. One that does not is asked
for again by the ordinary activity, which people see as pending, with its last error.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, get_type_hints

from temporalio import activity

from conviction_gate.contracts.internal.activities import local

SECONDS: Final = 1.5
"""How long an attempt may take; the workflow waits two seconds for it (`workflows/calls.py`)."""

Q = TypeVar("Q")
A = TypeVar("A")


def tried(look_up: Callable[[Q], Awaitable[A]]) -> Callable[[Q], Awaitable[A | None]]:
    """The activity's local attempt. It answers with None where it fails or takes too long, and raises nothing:
    the SDK would log a traceback for it."""
    hints: dict[str, Any] = get_type_hints(look_up)
    answer = hints.pop("return")

    async def attempt(asked: Q) -> A | None:
        try:
            async with asyncio.timeout(SECONDS):
                return await look_up(asked)
        except Exception:
            return None

    attempt.__annotations__ = {"asked": next(iter(hints.values())), "return": answer | None}
    named = activity._Definition.must_from_callable(look_up).name
    assert named is not None
    return activity.defn(name=local(named))(attempt)
