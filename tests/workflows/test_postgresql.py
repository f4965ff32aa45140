"""One case from its booking to the withdrawal of its flag, with the registry on PostgreSQL."""

from temporalio.testing import WorkflowEnvironment

from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import CaseResult, CorrectionResult
from conviction_gate.contracts.names import BOOKING_CASE, FLAG_CORRECTION
from conviction_gate.registry import Registry
from tests.support.workflow_cases import booking, case_id, conviction, finding, settled
from worker import make_worker

QUEUE = "on-postgresql"


async def test_a_case_on_postgresql(postgresql_url: str, server: WorkflowEnvironment) -> None:
    case, client = case_id(), server.client
    async with (
        await Registry.open(postgresql_url) as registry,
        make_worker(client, registry, Settings(), task_queue=QUEUE),
    ):
        handle = await client.start_workflow(
            BOOKING_CASE, booking(case), id=str(case), task_queue=QUEUE, result_type=CaseResult
        )
        await settled(handle, "waiting_for_court")
        await handle.signal("conviction", conviction())
        assert (await handle.result()).outcome == "flagged"
        (flag,) = await registry.flags()
        assert (flag.case_id, flag.status) == (str(case), "active")

        corrected = await client.execute_workflow(
            FLAG_CORRECTION,
            {"agency": case.agency, "tracking_number": case.tracking_number}
            | {"type": "subject_finding"}
            | finding("k-1", "us_citizen"),
            id=case.correction_id("k-1"),
            task_queue=QUEUE,
            result_type=CorrectionResult,
        )
        assert corrected.outcome == "withdrawn"
        (flag,) = await registry.flags()
        assert flag.status == "withdrawn"
        ended = await registry.outcome(str(case))
        assert ended is not None
        assert ended.outcome == "withdrawn"
