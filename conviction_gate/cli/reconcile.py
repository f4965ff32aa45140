"""The command `reconcile`: the server and the registry brought together, after a restore of either."""

import json
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import typer
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, ResetWorkflowExecutionRequest
from temporalio.client import Client

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.session import REFUSED, run
from conviction_gate.client.case_client import CaseClient
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.internal.activities import CorrectionRequest, Withdrawal
from conviction_gate.contracts.internal.facts import Facts, Reopening
from conviction_gate.contracts.message import Message
from conviction_gate.restore.comparing import Comparison, Differences, Run, chain, described, lacks
from conviction_gate.restore.histories import Cleared, Flagged, Written
from conviction_gate.temporal.connect import connect

if TYPE_CHECKING:
    from conviction_gate.policy import Judgement
    from conviction_gate.registry import RecordedCase, Registry

_WHY = "its registry knows more of it than it does"


class Done(NamedTuple):
    """What was done for a case or a correction; `ok` false: it was not, and `text` says what to do."""

    id: str
    ok: bool
    text: str


def reconcile(as_json: Json = False, data: Data = None) -> None:
    """Write again what the registry lost, and have cases learn what the server lost. Safe to repeat.

    Exit code 1 where something is left to do.
    """
    done = run(_reconciled())
    if as_json:
        print("[" + ",\n ".join(json.dumps(one._asdict()) for one in done) + "]")
    else:
        for one in done:
            print(f"{one.id}: {one.text}")
        print(f"{sum(one.ok for one in done):,} brought together, {sum(not one.ok for one in done):,} not")
    if not all(one.ok for one in done):
        raise typer.Exit(REFUSED)


async def _reconciled() -> list[Done]:
    # Here and not above: most commands need no database toolkit.
    from conviction_gate.registry import Registry

    client = await connect()
    async with await Registry.open(Settings().registry) as registry:
        return await Reconciliation(client, registry).done()


class Reconciliation:
    """One pass over what differs; every step may be done again."""

    def __init__(self, client: Client, registry: "Registry") -> None:
        self._client, self._registry = client, registry

    async def done(self) -> list[Done]:
        """Everything that was done, or could not be."""
        found = await self._compared()
        done = []
        if found.unwritten:
            # In the order of their days: a correction stands between the runs of a case reopened since.
            runs = sorted((run, id) for id, runs in found.unwritten.items() for run in runs)
            refused = {id: why for run, id in runs if (why := await self._written_again(id, run))}
            left = await self._compared()
            for id in found.unwritten:
                if id in left.unwritten:
                    why = refused.get(id, "the registry does not take what it wrote; report it")
                    done.append(Done(id, False, f"not written again: {why}"))
                else:
                    done.append(Done(id, True, "written again"))
            found = left
        done += [await self._taken_back(id) for id in found.behind]
        done += [await self._started_again(id) for id in found.idle]
        return done

    async def _compared(self) -> Differences:
        namespace = await self._client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=self._client.namespace)
        )
        kept_for = namespace.config.workflow_execution_retention_ttl.ToTimedelta()
        return await Comparison(self._client, self._registry, kept_for).differences()

    # What the registry lost ------------------------------------------------------------------------

    async def _written_again(self, id: str, run: Run) -> str | None:
        """None, or why a write was refused."""
        lacking = False
        for _, history in await chain(self._client, id, run.run_id):
            for written in history.written:
                # What followed a write that is lacking is lacking too, or changes nothing.
                lacking = lacking or lacks((await self._registry.case_summaries([id])).get(id), written)
                if not lacking and not isinstance(written, CorrectionRequest):
                    continue
                if why := await write_again(self._registry, id, written):
                    return why
        return None

    # What the server lost --------------------------------------------------------------------------

    async def _taken_back(self, id: str) -> Done:
        """Have an open case ask the registry once more; what it was told since is told to it again."""
        latest = await described(self._client, id)
        runs = await chain(self._client, id, latest.run_id) if latest and latest.run_id else []
        run_id, first = runs[0] if runs else ("", None)
        if first is None or first.continues:
            return await self._started_again(id, instead=True)
        if not any(history.asks for _, history in runs):
            kept = await self._registry.recorded_case(id)
            assert kept is not None
            for booking in kept.facts.bookings[:1]:
                await self._client.get_workflow_handle(id).signal("booking", booking.model_dump(mode="json"))
            return Done(id, True, "was told its booking, and learns what is on record")
        await self._client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self._client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=id, run_id=run_id),
                reason=_WHY,
                workflow_task_finish_event_id=first.first_task,
                request_id=str(uuid4()),
            )
        )
        return Done(id, True, "taken back to its beginning, and learns what is on record")

    async def _started_again(self, id: str, *, instead: bool = False) -> Done:
        kept = await self._registry.recorded_case(id)
        assert kept is not None
        booked = min(kept.facts.bookings, key=lambda booking: booking.booked_at)
        await CaseClient(self._client, self._registry).start_again(booked, instead=instead)
        return Done(id, True, "started again, with all that is on record")


async def write_again(registry: "Registry", case_id: str, written: Written) -> str | None:
    """Write what a run had written once, as it was then. None, or why it is not taken."""
    from conviction_gate.policy import judge
    from conviction_gate.policy import reopen as open_again

    def judged(kept: "RecordedCase", message: Message) -> "Judgement":
        return judge(kept.facts, kept.result, message)

    match written:
        case Flagged(conclusion):
            await registry.flag(conclusion, last_look=False)
        case Cleared(conclusion):
            await registry.clear(conclusion)
        case Withdrawal():
            await registry.withdraw(written)
        case CorrectionRequest():
            await registry.correct(written, judged)
        case Reopening(by=by, reason=reason, reopened_at=at):

            def opened(kept: "RecordedCase") -> Facts | str:
                return open_again(kept.facts, kept.result, by=by, reason=reason, at=at, ended=kept.closed)

            if lacks((await registry.case_summaries([case_id])).get(case_id), written):
                answer = await registry.reopen(case_id, by=by, reason=reason, at=at, open_again=opened)
                return answer if isinstance(answer, str) else None
    return None
