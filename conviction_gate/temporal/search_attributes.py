"""The search attributes that cases carry: set up once a namespace, checked at worker start.

One that is missing refuses the start of a case or wedges an open one. Adding one under a name that
already has another type answers OK and changes nothing, so what counts is what the server lists.
"""

import asyncio
from contextlib import suppress

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError

from conviction_gate.contracts.names import SEARCH_ATTRIBUTES

USABLE_WITHIN = 120.0  # seconds; a server with several hosts refreshes its caches every minute

_WANTED = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
# Only what it may name matters, not what it finds; the id keeps it cheap on a full server.
_PROBE = " AND ".join(["WorkflowId = ''", *(f"{name} IS NULL" for name in _WANTED)])


class SetupError(Exception):
    """Search attributes are missing or of another type; the text names each and the next step."""


async def check(client: Client) -> None:
    """Make sure that the namespace has every search attribute, each with its type.

    Raises:
        SetupError: it has not; nothing was changed.
    """
    listed = await _listed(client)
    if misfits := [_misfit(name, listed.get(name)) for name in _WANTED if not _fits(name, listed)]:
        raise SetupError(
            f"search attributes of namespace {client.namespace}: {', '.join(misfits)}; "
            "run `conviction-gate setup`"
        )


async def ensure(client: Client) -> None:
    """Add the search attributes that are missing and wait until they can be used. Idempotent.

    Raises:
        SetupError: one of them exists with another type, or the server does not let us add them.
    """
    listed = await _listed(client)
    if wrong := [name for name in _WANTED if name in listed and not _fits(name, listed)]:
        raise SetupError(
            f"search attributes of namespace {client.namespace}: "
            f"{', '.join(_misfit(name, listed[name]) for name in wrong)}; remove with "
            f"`temporal operator search-attribute remove {' '.join(f'--name {n}' for n in wrong)}` "
            "what nothing else uses, then run `conviction-gate setup`"
        )
    if missing := {name: _WANTED[name] for name in _WANTED if name not in listed}:
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
        except RPCError as error:
            raise SetupError(
                f"the server does not add search attributes to namespace {client.namespace}: "
                f"{error.message}; have its operator add "
                + ", ".join(f"{name} ({_type_name(kind)})" for name, kind in missing.items())
            ) from error
    await _usable(client)
    await check(client)


async def _usable(client: Client) -> None:
    try:
        async with asyncio.timeout(USABLE_WITHIN):
            while True:
                with suppress(RPCError):
                    await client.count_workflows(_PROBE)
                    return
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise SetupError(
            f"the search attributes of namespace {client.namespace} were added but cannot be used "
            f"after {USABLE_WITHIN:.0f} s; run `conviction-gate setup` again"
        ) from error


async def _listed(client: Client) -> dict[str, IndexedValueType.ValueType]:
    try:
        answer = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    except RPCError as error:
        raise SetupError(
            f"the server does not list the search attributes of namespace {client.namespace}: "
            f"{error.message}; check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE"
        ) from error
    return dict(answer.custom_attributes)


def _fits(name: str, listed: dict[str, IndexedValueType.ValueType]) -> bool:
    return listed.get(name) == _WANTED[name]


def _misfit(name: str, kind: IndexedValueType.ValueType | None) -> str:
    wanted = _type_name(_WANTED[name])
    if kind is None:
        return f"{name} ({wanted}) is missing"
    return f"{name} is {_type_name(kind)}, not {wanted}"


def _type_name(kind: IndexedValueType.ValueType) -> str:
    return IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").capitalize()
