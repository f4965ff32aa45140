"""A state's own services: where histories and docket entries come from, if not from the registry's tables."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from conviction_gate.config.settings import Access
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import History, HistoryAnswer
from conviction_gate.contracts.reading import DoesNotFit, read_history, read_object
from conviction_gate.sources.http import Service, ServiceError


class Histories(Protocol):
    """Who is asked for criminal histories."""

    async def history(self, subjects: Sequence[Subject]) -> History: ...


class Dockets(Protocol):
    """Who is asked what the court holds; the registry is one."""

    async def has_docket(self) -> bool: ...
    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Sources:
    """Whom a worker asks. None: the registry's own tables are all there is."""

    histories: Histories | None = None
    dockets: Dockets | None = None


@asynccontextmanager
async def sources(history: Access | None, docket: Access | None) -> AsyncIterator[Sources]:
    """The services that are set up.

    Raises:
        ServiceError: a service's certificates cannot be read.
    """
    async with AsyncExitStack() as opened:

        def service(access: Access) -> Service:
            service = Service(access)
            opened.push_async_callback(service.close)
            return service

        yield Sources(
            histories=HistoryService(service(history)) if history else None,
            dockets=DocketService(service(docket)) if docket else None,
        )


class HistoryService:
    """A state repository over HTTP. Every id of a subject is named at once; a 404 is a clean record."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def history(self, subjects: Sequence[Subject]) -> History:
        """The records under all ids; `conflicting` where answers differ, or contradict an id.

        Raises:
            ServiceError: no answer, or one that does not fit or is about somebody else.
        """
        answers = await asyncio.gather(*map(self._answer, subjects))
        asked = zip(subjects, answers, strict=True)
        contradicted = any(answer and _contradicts(subject, answer.subject) for subject, answer in asked)
        different: dict[str, HistoryAnswer] = {}
        for answer in filter(None, answers):
            different.setdefault(answer.model_dump_json(exclude={"subject"}), answer)
        return History(
            records=tuple(record for answer in different.values() for record in answer.records),
            priorities=tuple(priority for answer in different.values() for priority in answer.priorities),
            us_citizen=any(answer.us_citizen for answer in different.values()),
            conflicting=contradicted or len(different) > 1,
        )

    async def _answer(self, subject: Subject) -> HistoryAnswer | None:
        body = await self._service.ask(subject.ids)
        if body is None:
            return None
        try:
            answer = read_history(body)
        except DoesNotFit as reason:
            raise ServiceError(f"the answer of {self._service.place} does not fit: {reason}") from None
        if not answer.subject.ids.items() & subject.ids.items():
            raise ServiceError(
                f"the answer of {self._service.place} is about somebody else: no id of the subject is the "
                "one that was asked for; have its operator look, caches first"
            )
        return answer


def _contradicts(asked: Subject, answered: Subject) -> bool:
    """Whether an id of the same kind is another one: nobody can say then whose record it is."""
    return any(asked.ids.get(kind, value) != value for kind, value in answered.ids.items())


class DocketService:
    """A court's docket over HTTP. A 404 is an arrest that the court holds nothing of."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def has_docket(self) -> bool:
        """There is somebody to ask."""
        return True

    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]:
        """The messages that the court holds, each a JSON text; whether they fit, the case says.

        Raises:
            ServiceError: no answer, or one that is no list of messages.
        """
        body = await self._service.ask({"agency": agency, "tracking_number": tracking_number})
        if body is None:
            return ()
        try:
            messages = read_object(body).get("messages")
        except DoesNotFit as reason:
            raise ServiceError(f"the answer of {self._service.place} does not fit: {reason}") from None
        if not isinstance(messages, list):
            raise ServiceError(
                f"the answer of {self._service.place} does not fit: messages: not a list; "
                'it should be {"messages": […]}'
            )
        return tuple(json.dumps(message, ensure_ascii=False) for message in messages)
