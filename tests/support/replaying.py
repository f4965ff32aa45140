"""Replay of a recorded history by the workflows of today."""

from collections.abc import Sequence
from pathlib import Path

from temporalio.worker import Interceptor, Replayer, WorkflowRunner

from conviction_gate.encryption.converter import data_converter
from tests.replay.record import read
from worker import sandboxed  # as in production, before the tests' own strict one takes its place
from workflows import WORKFLOWS

STUCK = (
    "\n{file} of release {release} does not replay, so a case like it would be stuck under this code. "
    "Guard what you changed with workflow.patched, or take it back: docs/changing-workflows.md tells where."
    "\n\n{error}"
)


async def replay(
    file: Path,
    workflows: list[type] = WORKFLOWS,
    runner: WorkflowRunner = sandboxed,
    interceptors: Sequence[Interceptor] = (),
) -> None:
    """Raises an `AssertionError` that says what to do where a recorded history does not replay."""
    # Debugging, it lets a busy machine take more than two seconds for a task of 2,000 messages.
    replayer = Replayer(
        workflows=workflows,
        workflow_runner=runner,
        interceptors=interceptors,
        data_converter=data_converter,
        debug_mode=True,
    )
    replayed = await replayer.replay_workflow(read(file), raise_on_replay_failure=False)
    if replayed.replay_failure is not None:
        message = STUCK.format(file=file.name, release=file.parent.name, error=replayed.replay_failure)
        raise AssertionError(message) from replayed.replay_failure
