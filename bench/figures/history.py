"""What the server keeps of a case in scope: one charge, one conviction. Counted, not timed."""

from temporalio.api.enums.v1 import EventType

from bench.cases import Cases
from bench.rows import Row
from bench.scale import Scale
from bench.servers import embedded_server


async def measure(scale: Scale) -> list[Row]:
    """Events, workflow tasks, transitions and bytes of ours, encrypted, and of the bare workflow."""
    async with embedded_server() as here, here.encrypted_cases() as (ours, _), here.bare_cases() as (bare, _):
        mine, yardstick = await _counted(ours), await _counted(bare)
    bars = {"events": 21, "workflow tasks": 3, "bytes of history": 5500}
    return [
        *(Row("history", what, [n], unit="", at_most=bars.get(what)) for what, n in mine.items()),
        *(Row("history", f"{what}, bare", [n], unit="") for what, n in yardstick.items()),
    ]


async def _counted(cases: Cases) -> dict[str, int]:
    [number] = await cases.open(1)
    await cases.close([number])
    handle = cases.client.get_workflow_handle(cases.case_id(number))
    info = (await handle.describe()).raw_description.workflow_execution_info
    events = (await handle.fetch_history()).events
    return {
        "events": len(events),
        "workflow tasks": sum(
            event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED for event in events
        ),
        "state transitions": info.state_transition_count,
        "bytes of history": info.history_size_bytes,
    }
