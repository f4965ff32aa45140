"""Every open case is asked, some at a time; one that ended meanwhile is left out."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

from conviction_gate.client.case_client import ASKED_AT_ONCE, CaseClient
from tests.support.fake_server import FakeServer


class Listing(FakeServer):
    """A server that lists what was open when it was asked."""

    query = ""

    async def list_workflows(self, query: str) -> AsyncIterator[SimpleNamespace]:
        self.query = query
        for id_ in sorted(self.open | self.closed):
            yield SimpleNamespace(id=id_)


async def test_each_open_case_is_asked_and_none_that_ended_meanwhile() -> None:
    ids = {f"booking-case:CAZZ00100:A-{n}" for n in range(ASKED_AT_ONCE + 5)}
    server = Listing(open=ids, closed={"booking-case:CAZZ00100:B-1"})
    views = [view async for view in CaseClient(server, None).open_cases()]  # type: ignore[arg-type]
    assert len(views) == len(ids)
    assert server.query == "WorkflowType = 'BookingCase' AND ExecutionStatus = 'Running'"
