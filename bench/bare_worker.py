"""The worker of the bare workflow, in a process of its own: `python -m bench.bare_worker`."""

import asyncio
import os
import signal

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from bench.bare import BARE_QUEUE, BareCase, look_up, write


async def run() -> None:
    """Poll until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with Worker(
        await Client.connect(os.environ["TEMPORAL_ADDRESS"]),
        task_queue=BARE_QUEUE,
        workflows=[BareCase],
        activities=[look_up, write],
        workflow_runner=SandboxedWorkflowRunner(
            restrictions=SandboxRestrictions.default.with_passthrough_modules("bench")
        ),
    ):
        print("worker ready", flush=True)
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(run())
    os._exit(0)  # the interpreter's own end crashes now and then once the SDK has run (sdk-python#300)
