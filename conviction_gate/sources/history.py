"""A state repository of criminal histories, over HTTP."""

import asyncio
from collections.abc import Sequence

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import History, HistoryAnswer
from conviction_gate.contracts.reading import DoesNotFit, read_history, read_object
from conviction_gate.sources.http import HttpService, ServiceError


class HistoryService:
    """Looks a subject up by each known id.

    A 404 that repeats the ids in the question means that the repository has no record. Any other 404 is no
    answer: a wrong address gives one too, and would make everybody's record clean.
    """

    def __init__(self, service: HttpService) -> None:
        self._service = service

    async def history(self, subjects: Sequence[Subject]) -> History:
        """The records of all these ids of one person; `conflicting` where answers differ, or contradict an id.

        Raises:
            ServiceError: no answer, or one that is not valid or is about another person.
        """
        answers = await asyncio.gather(*map(self._look_up, subjects))
        pairs = zip(subjects, answers, strict=True)
        contradicted = any(answer and _contradicts(subject, answer.subject) for subject, answer in pairs)
        distinct: dict[str, HistoryAnswer] = {}
        for answer in filter(None, answers):
            distinct.setdefault(answer.model_dump_json(exclude={"subject"}), answer)
        return History(
            records=tuple(record for answer in distinct.values() for record in answer.records),
            priorities=tuple(priority for answer in distinct.values() for priority in answer.priorities),
            us_citizen=any(answer.us_citizen for answer in distinct.values()),
            conflicting=contradicted or len(distinct) > 1,
        )

    async def _look_up(self, subject: Subject) -> HistoryAnswer | None:
        found, body = await self._service.get(subject.ids)
        if not found:
            if _repeats(subject, body):
                return None
            raise ServiceError(
                f"{self._service} answered 404 without the ids in the question, as a wrong address does; check "
                'the address, and have its operator answer 404 with {"subject": {…}} where there is no record'
            )
        try:
            answer = read_history(body)
        except DoesNotFit as error:
            raise ServiceError(f"the answer of {self._service} is not valid: {error}") from None
        if not answer.subject.ids.items() & subject.ids.items():
            raise ServiceError(
                f"the answer of {self._service} is about another person: its subject has none of the ids in "
                "the question; have its operator check it, caches first"
            )
        return answer


def _repeats(asked: Subject, body: bytes) -> bool:
    """Whether a 404 is about this very question."""
    try:
        subject = read_object(body).get("subject")
    except DoesNotFit:
        return False
    return isinstance(subject, dict) and all(subject.get(kind) == value for kind, value in asked.ids.items())


def _contradicts(asked: Subject, answered: Subject) -> bool:
    """Whether an id of the same kind differs: then nobody can tell whose record it is."""
    return any(asked.ids.get(kind, value) != value for kind, value in answered.ids.items())
