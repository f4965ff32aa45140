"""A court's docket, over HTTP."""

import json

from conviction_gate.contracts.reading import DoesNotFit, read_object
from conviction_gate.sources.http import HttpService, ServiceError


class DocketService:
    """Looks arrests up in a court's docket. A 404 means that the court has no entry for the arrest."""

    def __init__(self, service: HttpService) -> None:
        self._service = service

    async def has_docket(self) -> bool:
        """Always true: there is a service to ask."""
        return True

    async def docket(self, agency: str, tracking_number: str) -> tuple[str, ...]:
        """The court's messages about an arrest, each a JSON text that the case validates.

        Raises:
            ServiceError: no answer, or one that is not a list of messages.
        """
        found, body = await self._service.get({"agency": agency, "tracking_number": tracking_number})
        if not found:
            return ()
        try:
            messages = read_object(body).get("messages")
            if not isinstance(messages, list):
                raise DoesNotFit('messages: not a list; it should be {"messages": […]}')
        except DoesNotFit as error:
            raise ServiceError(f"the answer of {self._service} is not valid: {error}") from None
        return tuple(json.dumps(message, ensure_ascii=False) for message in messages)
