"""Makes the server and the registry agree after a restore of either."""

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, ResetWorkflowExecutionRequest
from temporalio.client import Client

from conviction_gate.client.case_client import CaseClient
from conviction_gate.client.runs import describe
from conviction_gate.contracts.case import CaseResult
from conviction_gate.contracts.internal.activities import Corrected, Judgement, Withdrawal
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.internal.limits import shortened
from conviction_gate.contracts.internal.refusal import RefusalReason
from conviction_gate.contracts.message import Message
from conviction_gate.restore.comparison import Comparison, Differences, Run, is_missing, run_chain
from conviction_gate.restore.run_history import Cleared, Flagged, Judged, Written

if TYPE_CHECKING:
    from conviction_gate.registry import Registry

_RESET_REASON: Final = "the registry knows more of this case than its workflow"


class Done(NamedTuple):
    """What was done for a case or a correction. Not `ok`: nothing was, and `text` says why and what to do."""

    id: str
    ok: bool
    text: str


class Reconciliation:
    """One pass over the differences; every step is safe to repeat."""

    def __init__(self, client: Client, registry: "Registry") -> None:
        self._client, self._registry = client, registry

    async def run(self) -> list[Done]:
        """Everything that was done, or could not be."""
        found = await self._compare()
        done = []
        if found.unwritten:
            # In the order in which they began: a correction comes between the runs of a case reopened since.
            runs = sorted((run, id) for id, runs in found.unwritten.items() for run in runs)
            refused = {id: why for run, id in runs if (why := await self._write_again(id, run))}
            left = await self._compare()
            for id in found.unwritten:
                if id in left.unwritten:
                    why = refused.get(id, "the registry does not accept what it wrote; report this")
                    done.append(Done(id, False, f"not written again: {why}"))
                else:
                    done.append(Done(id, True, "written again"))
            found = left
        done += [await self._reset(id) for id in found.behind]
        done += [await self._restart(id) for id in found.idle]
        return done

    async def _compare(self) -> Differences:
        namespace = await self._client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=self._client.namespace)
        )
        kept_for = namespace.config.workflow_execution_retention_ttl.ToTimedelta()
        return await Comparison(self._client, self._registry, kept_for).differences()

    # What the registry lost ------------------------------------------------------------------------

    async def _write_again(self, id: str, run: Run) -> str | None:
        """None, or why the registry refused a write."""
        missing = False
        for _, history in await run_chain(self._client, id, run.run_id):
            for written in history.written:
                # What followed a missing write is missing too, or changes nothing.
                missing = missing or is_missing((await self._registry.case_summaries([id])).get(id), written)
                if not missing and not isinstance(written, Judged):
                    continue
                if why := await write_again(self._registry, id, written):
                    return why
        return None

    # What the server lost --------------------------------------------------------------------------

    async def _reset(self, id: str) -> Done:
        """Have an open case ask the registry once more; it receives its later messages again."""
        latest = await describe(self._client, id)
        runs = await run_chain(self._client, id, latest.run_id) if latest and latest.run_id else []
        run_id, first = runs[0] if runs else ("", None)
        if first is None or first.continues:
            return await self._restart(id, instead=True)
        if not any(history.asks for _, history in runs):
            kept = await self._registry.recorded_case(id)
            assert kept is not None
            for booking in kept.facts.bookings[:1]:
                await self._client.get_workflow_handle(id).signal("booking", booking.model_dump(mode="json"))
            return Done(id, True, "received its booking, and reads the registry")
        await self._client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self._client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=id, run_id=run_id),
                reason=_RESET_REASON,
                workflow_task_finish_event_id=first.first_task,
                request_id=str(uuid4()),
            )
        )
        return Done(id, True, "reset to its beginning, and reads the registry")

    async def _restart(self, id: str, *, instead: bool = False) -> Done:
        kept = await self._registry.recorded_case(id)
        assert kept is not None
        booked = min(kept.facts.bookings, key=lambda booking: booking.booked_at)
        await CaseClient(self._client, self._registry).start_again(booked, instead=instead)
        return Done(id, True, "started again with what the registry holds")


async def write_again(registry: "Registry", case_id: str, written: Written) -> str | None:
    """Write what a run had written, as it was then. None, or why the registry refuses it."""
    from conviction_gate import policy

    match written:
        case Flagged(conclusion):
            await registry.flag(conclusion, check_citizenship=False)
        case Cleared(conclusion):
            await registry.clear(conclusion)
        case Withdrawal():
            await registry.withdraw(written)
        case Judged(request, corrected):
            try:
                await registry.correct(request, partial(policy.judge, found=policy.LookedUp()))
            except policy.NotLookedUp:
                await registry.correct(request, partial(_judged_then, corrected))
        case Reopening() if is_missing((await registry.case_summaries([case_id])).get(case_id), written):
            answer = await registry.reopen(case_id, written, policy.reopen)
            return answer if isinstance(answer, RefusalReason) else None
    return None


def _judged_then(corrected: Corrected, facts: Facts, _: CaseResult, message: Message) -> Judgement:
    """What was judged with the catalog and the history of that day, which are not in the run's history.

    Where the case runs again, it looks both up itself.
    """
    from conviction_gate import policy

    assert corrected.result is not None  # or nothing was judged
    facts = facts.including(shortened(message))
    return Judgement(
        withdraw=corrected.result.outcome == "withdrawn",
        reopens=corrected.reopened is not None,
        reason=corrected.result.explanation,
        lift_code="L",
        facts=facts,
        citizen=policy.citizen_ids(facts),
    )
