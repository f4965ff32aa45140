"""Cases that cannot answer: their history is gone, or no worker replays it. `show` shows them all the same."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from conviction_gate.client.case_from_history import NOT_HANDLED_YET, NOT_KNOWN
from conviction_gate.client.case_lookup import LACKS, Source
from conviction_gate.client.errors import NotReplayable, NoWorker
from tests.support.instance import Instance
from tests.support.stuck_cases import Cases, HastyCase


async def shown_from(instance: Instance, case: str, source: Source) -> dict[str, Any]:
    """What `show` tells of a case; `explain` names the same source, and what it lacks."""
    shown = await instance.show(case)
    explained = await instance.gate("explain", case)
    assert (shown["source"], shown["lacks"]) == (source, LACKS[source])
    assert (LACKS[source] or "The case waits for the court") in explained
    return shown


async def unknown(instance: Instance, case: str) -> None:
    for command in ("show", "explain"):
        assert (
            f"no case {case.removeprefix('booking-case:')}; see `conviction-gate list`"
            in await instance.gate(command, case, code=1)
        )


@pytest.mark.timeout(240)
async def test_cases_that_no_worker_replays_and_that_the_server_forgot(
    cases: Cases, instance: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted, closed, waiting = map(cases.id_of, ("G-1", "G-2", "G-3"))
    async with cases.worker():
        await cases.opened("G-1", "G-2", "G-3")
        await cases.convicted("G-1", "G-2")
        assert (await shown_from(instance, waiting, "case"))["status"] == "waiting_for_court"
    await instance.run("temporal", "workflow", "delete", "--workflow-id", deleted, "--yes")
    while await cases.is_known(deleted):  # the server deletes it in its own time
        await asyncio.sleep(0.1)
    await cases.update("u-1", "G-3")

    # Nobody polls.
    for case in (deleted, closed):
        shown = await shown_from(instance, case, "registry")
        assert (shown["status"], shown["flag_status"], shown["messages_total"]) == ("flagged", "active", 2)
    shown = await shown_from(instance, waiting, "history")
    assert (shown["status"], shown["stopped"], shown["explanation"]) == (
        "waiting_for_court",
        NoWorker.reason,
        NOT_KNOWN,
    )
    assert [message["effect"] for message in shown["messages"]] == ["an arrest, on 1 charge", NOT_HANDLED_YET]

    # Those that poll cannot replay it.
    async with cases.wrong_worker(HastyCase):
        await cases.stuck("G-3")
        shown = await shown_from(instance, waiting, "history")
        assert (shown["stopped"], shown["messages"][-1]["effect"]) == (NotReplayable.reason, NOT_HANDLED_YET)
        assert "When a case is stuck" in await instance.gate("explain", waiting)
        assert (await shown_from(instance, closed, "registry"))["status"] == "flagged"

        # The registry is lost too, and a new one stands in its place.
        monkeypatch.setenv("CONVICTION_GATE_REGISTRY_URL", f"sqlite:///{tmp_path}/new.db")
        await instance.gate("registry", "migrate")
        await unknown(instance, deleted)
        shown = await shown_from(instance, closed, "history")
        assert (shown["status"], shown["rule"], shown["stopped"]) == ("flagged", "flag.convicted", None)
        assert shown["explanation"] == "Charge 1 ended in a conviction for a crime."
        assert "It was decided on" in await instance.gate("explain", closed)
    await unknown(instance, cases.id_of("G-4"))
