"""The search attributes of cases: set up once for each namespace, checked whenever a worker starts.

Where one is missing, no case can start and no open case can proceed. A server answers OK when asked to add
one under a name that already has another type, and changes nothing: so only what it lists counts.
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

USABLE_WITHIN = 120.0  # seconds; the hosts of a server refresh their caches every minute

_WANTED = {key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in SEARCH_ATTRIBUTES}
# The server must accept its names; what it finds does not matter. The id keeps it cheap on a full server.
_PROBE = " AND ".join(["WorkflowId = ''", *(f"{name} IS NULL" for name in _WANTED)])


class SetupError(Exception):
    """Search attributes are missing or of another type; the text names each and the next step."""


async def check(client: Client) -> None:
    """Verify that the namespace has every search attribute, each with its type; changes nothing.

    Raises:
        SetupError: it has not.
    """
    listed = await _listed(client)
    if wrong := [_describe(name, listed.get(name)) for name in _WANTED if not _is_right(name, listed)]:
        raise SetupError(
            f"search attributes of namespace {client.namespace}: {', '.join(wrong)}; "
            "run `conviction-gate setup`"
        )


async def ensure(client: Client) -> None:
    """Add the missing search attributes and wait until they can be used. Idempotent.

    Raises:
        SetupError: one of them exists with another type, or the server does not add them.
    """
    listed = await _listed(client)
    if wrong := [name for name in _WANTED if name in listed and not _is_right(name, listed)]:
        raise SetupError(
            f"search attributes of namespace {client.namespace}: "
            f"{', '.join(_describe(name, listed[name]) for name in wrong)}; where nothing else "
            "uses them, remove them with `temporal operator search-attribute remove "
            f"{' '.join(f'--name {name}' for name in wrong)}`, then run `conviction-gate setup`"
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
    await _until_usable(client)
    await check(client)


async def _until_usable(client: Client) -> None:
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


def _is_right(name: str, listed: dict[str, IndexedValueType.ValueType]) -> bool:
    return listed.get(name) == _WANTED[name]


def _describe(name: str, kind: IndexedValueType.ValueType | None) -> str:
    wanted = _type_name(_WANTED[name])
    if kind is None:
        return f"{name} ({wanted}) is missing"
    return f"{name} is {_type_name(kind)}, not {wanted}"


def _type_name(kind: IndexedValueType.ValueType) -> str:
    return IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").capitalize()
