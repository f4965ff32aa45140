"""The list of cases, page by page."""

import json
import re
import shlex
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.doc_pages import views
from tests.support.instance import Instance
from tests.support.sent_messages import a_booking

AGENCY = "CAZZ00311"
CASES = {f"booking-case:{AGENCY}:L-{n}" for n in range(25)}


async def test_the_links_of_the_runbook_ask_what_the_server_answers(shared_instance: Instance) -> None:
    links = views()
    assert list(links) == ["needs review", "needs attention", "waits longest", "flagged this week", "stuck"]
    for link in links.values():
        (query,) = parse_qs(urlsplit(link).query)["query"]
        assert "Total:" in await shared_instance.run("temporal", "workflow", "count", "--query", query)
    refused = await shared_instance.run("temporal", "workflow", "count", "--query", 'CaseState = "x"', code=1)
    assert "CaseState" in refused


async def test_every_case_is_on_one_page(shared_instance: Instance) -> None:
    given = [a_booking(f"L-{n}", agency=AGENCY) for n in range(25)]
    unplaced = [{"charge_id": "1", "scheme": "CA-VC", "code": "no such code"}]
    for booking in given[:5]:
        booking["charges"] = unplaced
    await shared_instance.gate("start", "-", stdin="\n".join(map(json.dumps, given)))
    ours = ("list", "--agency", AGENCY)
    while True:  # the list follows the cases after a moment
        waiting = await listed(shared_instance, *ours, "--status", "waiting_for_court")
        asking = await listed(shared_instance, *ours, "--attention")
        if (len(waiting), len(asking)) == (20, 5):
            break
    assert waiting | asking == CASES

    seen: list[str] = []
    command = ["conviction-gate", *ours, "--limit", "10"]
    for count in (10, 10, 5):
        seen += [row["case_id"] for row in json.loads(await shared_instance.run(*command, "--json"))]
        said = await shared_instance.run(*command, code=None)
        assert f"{count} of 25" in said
        more = re.search("more: (.*)", said)
        command = shlex.split(more[1]) if more else []
    assert not command
    assert sorted(seen) == sorted(CASES)

    assert await listed(shared_instance, *ours, "--waiting-for", "0.001s", "--limit", "7") == waiting
    assert await listed(shared_instance, *ours, "--waiting-for", "1d") == set()
    assert "no case matches; `conviction-gate list` shows all" in await shared_instance.gate(
        *ours, "--waiting-for", "1d", code=None
    )


async def listed(instance: Instance, *words: str) -> set[str]:
    """The cases of all pages, as a program reads them."""
    found: list[str] = []
    page: tuple[str, ...] = ()
    while True:
        array, _, token = (await instance.gate(*words, *page, "--json", code=None)).partition("next page: ")
        found += [row["case_id"] for row in json.loads(array)]
        if not token:
            assert len(found) == len(set(found))
            return set(found)
        page = ("--page", token.strip())


@pytest.mark.parametrize("token", ["nonsense", "!", "AAAAAAAA", "ü"])
async def test_a_token_of_no_page_is_refused(shared_instance: Instance, token: str) -> None:
    said = await shared_instance.gate("list", "--page", token, code=2)
    assert said.startswith("error: --page: not a token of this list")
    assert len(said.splitlines()) == 1
