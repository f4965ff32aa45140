"""A task queue whose clients and workers have keys of their own."""

import base64
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from conviction_gate.config.settings import Settings
from conviction_gate.encryption.codec import EncryptionCodec, encrypting_converter
from conviction_gate.encryption.converter import data_converter
from conviction_gate.encryption.keys import read_keyring
from conviction_gate.registry import Registry
from worker import make_worker, sandboxed
from workflows import WORKFLOWS

KEYS = {name: f"{name}={base64.b64encode(name.encode() * 16).decode()}" for name in ("k1", "k2")}


def encrypting(*keys: str, strict: bool = False) -> DataConverter:
    """With these keys, the first of them the current one. `strict`: refuses plaintext."""
    ring = read_keyring(Settings(keyring=" ".join(KEYS[key] for key in keys)))
    return encrypting_converter(EncryptionCodec(ring, "default", accepts_plaintext=not strict))


class KeyedQueue:
    """A task queue of the test's own, for clients and workers that each have keys of their own."""

    def __init__(self, server: WorkflowEnvironment, registry: Registry) -> None:
        self._client, self._registry = server.client, registry
        self.name = f"keys-{uuid4().hex}"

    def client(self, converter: DataConverter) -> Client:
        return Client(**{**self._client.config(), "data_converter": converter})

    @asynccontextmanager
    async def worker(self, converter: DataConverter) -> AsyncIterator[None]:
        async with make_worker(self.client(converter), self._registry, Settings(), task_queue=self.name):
            yield

    async def replays(self, handle: WorkflowHandle[Any, Any], converter: DataConverter) -> Exception | None:
        """The error of replaying the case with these keys; None where it replays."""
        plain_failures = replace(converter, failure_converter_class=data_converter.failure_converter_class)
        replayer = Replayer(workflows=WORKFLOWS, workflow_runner=sandboxed, data_converter=plain_failures)
        result = await replayer.replay_workflow(await handle.fetch_history(), raise_on_replay_failure=False)
        gc.collect()  # here, where its warning is expected
        return result.replay_failure
