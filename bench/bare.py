"""The yardstick: the least that a workflow of the same shape can be."""

from datetime import timedelta
from typing import Any

from temporalio import activity, workflow

BARE_CASE = "BareCase"
BARE_QUEUE = "bare-cases"

_TEN_SECONDS = timedelta(seconds=10)


@activity.defn
async def look_up(booking: Any) -> dict[str, Any]:
    """Where a case asks for the history."""
    return {"records": [], "case": booking["tracking_number"]}


@activity.defn
async def write(message: Any) -> dict[str, Any]:
    """Where a case writes its outcome."""
    return {"outcome": "flagged", "ground": message["message_id"]}


@workflow.defn(name=BARE_CASE)
class BareCase:
    """One activity, a wait with a timer for a signal, one activity."""

    def __init__(self) -> None:
        self._message: Any = None

    @workflow.run
    async def run(self, booking: Any) -> Any:
        await workflow.execute_activity(look_up, booking, start_to_close_timeout=_TEN_SECONDS)
        await workflow.wait_condition(lambda: self._message is not None, timeout=timedelta(days=90))
        return await workflow.execute_activity(write, self._message, start_to_close_timeout=_TEN_SECONDS)

    @workflow.signal
    def conviction(self, message: Any) -> None:
        self._message = message
