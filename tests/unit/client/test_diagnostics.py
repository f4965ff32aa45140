"""What `doctor` finds, and that one failure hides nothing else."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.api.namespace.v1 import NamespaceInfo
from temporalio.api.workflowservice.v1 import DescribeNamespaceResponse
from temporalio.service import RPCError, RPCStatusCode
from typer.testing import CliRunner

from conviction_gate.cli.command_line import app
from conviction_gate.client import diagnostics
from conviction_gate.client.check_results import CheckResult
from conviction_gate.client.diagnostics import Diagnostics, run_check
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import HistoryAnswer
from conviction_gate.encryption.keys import make_key
from conviction_gate.registry import DocketEntry, Registry, RegistryError
from tests.support.conclusions import AGENCY, CONVICTION, sql
from tests.support.state_repository import answer_with, clean, record, state_repository

# Failures -----------------------------------------------------------------------------------------


def failing(error: Exception) -> Callable[[], Awaitable[CheckResult]]:
    async def check() -> CheckResult:
        raise error

    return check


@pytest.mark.parametrize(
    ("error", "found", "step"),
    [
        (RegistryError("it is not there; make it"), "it is not there", "make it"),
        (RegistryError("no step"), "no step", None),
        (
            RPCError("no search attribute of this name", RPCStatusCode.INVALID_ARGUMENT, b""),
            "the Temporal server refused the call: no search attribute of this name",
            "run `conviction-gate setup`",
        ),
        (ValueError("a token"), "unexpected ValueError", "report it with the traceback on stderr"),
    ],
)
async def test_a_failure_is_a_finding(
    error: Exception, found: str, step: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run_check(failing(error)) == CheckResult("fail", found, step)
    assert "a token" not in "".join(capsys.readouterr())


async def test_a_check_that_gets_no_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check() -> CheckResult:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(diagnostics, "ANSWER_WITHIN", 0.01)
    assert await run_check(check) == CheckResult(
        "fail", "no answer within 0 s", "try again; if it happens again, see its log"
    )


# Without a server -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server, and no settings but those of the test."""
    for name in os.environ:
        if name.startswith(("TEMPORAL_", "CONVICTION_GATE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")


async def found(**settings: Any) -> dict[str, CheckResult]:
    async with Diagnostics(Settings(**settings)) as diagnostics:
        return await diagnostics.results()


async def test_what_needs_no_server_is_asked_without_one(url: str) -> None:
    results = await found(registry_url=url, encryption="off")
    server = results["server"]
    assert server.level == "fail"
    assert server.next == "start one with `conviction-gate up` or set TEMPORAL_ADDRESS"
    for name in (
        "retention",
        "search attributes",
        "workers",
        "cases",
        "interrupted runs",
        "stuck cases",
        "patrol",
    ):
        assert results[name] == CheckResult("warn", "not checked: no server")
    assert results["keys"].next == "unset CONVICTION_GATE_ENCRYPTION, except in development"
    assert results["registry"].level == "ok"
    assert results["histories"].level == "warn"  # nobody has a record then
    assert results["dockets"] == CheckResult("ok", "no docket source: cases do not check dockets")


async def test_keys(tmp_path: Path) -> None:
    here = {"data": tmp_path, "encryption": "on"}
    none = (await found(**here))["keys"]
    assert (none.level, none.found) == ("fail", f"no key to encrypt payloads with in {tmp_path}/keys")
    for key_id in ("k1", "k2"):
        make_key(tmp_path / "keys", key_id)
    encrypted = (await found(**here))["keys"]
    assert encrypted == CheckResult("ok", "encrypts with the key k1, 0 s old; 1 more for decryption only")


async def test_the_tables_that_are_asked(url: str) -> None:
    async with await Registry.open(url) as registry:
        await registry.import_history([HistoryAnswer(subject=Subject(fbi_number="F-1"))])
        entry = {"type": "conviction", **CONVICTION.model_dump(mode="json")}
        await registry.import_docket(
            [DocketEntry(agency=AGENCY, tracking_number="T-1", message=json.dumps(entry))]
        )
    results = await found(registry_url=url)
    assert results["histories"] == CheckResult("ok", "the registry, 1 history")
    assert results["dockets"] == CheckResult("ok", "the registry")


async def test_a_registry_that_cannot_be_used(tmp_path: Path, sqlite_url: str) -> None:
    await sql(sqlite_url, "UPDATE alembic_version SET version_num = '9999'")
    newer = await found(registry_url=sqlite_url)
    assert "has the schema 9999" in newer["registry"].found
    assert newer["registry"].next == "install the release that wrote it, or a later one"
    missing = await found(data=tmp_path / "missing")
    assert missing["registry"].next == "run `conviction-gate registry migrate`"
    for results in (newer, missing):
        assert results["registry"].level == "fail"
        assert results["histories"] == results["dockets"] == CheckResult("warn", "not checked: no registry")


async def test_services_that_are_asked(sqlite_url: str) -> None:
    settings = {
        "registry_url": sqlite_url,
        "history_token": "hidden",
        "docket_token": "hidden",
    }
    with state_repository(clean) as history, state_repository(answer_with({}, 401)) as docket:
        settings |= {"history_url": history.url, "docket_url": docket.url}
        up = await found(**settings)
        history.answer, docket.answer = answer_with({}, 404), answer_with({}, 404)
        lost = await found(**settings)
    down = await found(**settings)
    assert (up["histories"].level, up["dockets"].level) == ("ok", "fail")
    assert up["histories"].found.endswith("answers: no record for ids that nobody has")
    assert up["dockets"].next is not None
    assert "CONVICTION_GATE_DOCKET_TOKEN" in up["dockets"].next
    assert lost["histories"].level == lost["dockets"].level == "warn"
    assert "answered 404 without the ids in the question" in lost["histories"].found
    assert "CONVICTION_GATE_DOCKET_URL" in (lost["dockets"].next or "")
    assert down["histories"].next == "check CONVICTION_GATE_HISTORY_URL and the network"
    for results in (up, down):
        assert results["registry"].level == "ok"
        assert "hidden" not in str(results)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"us_citizen": True}, "has a record for ids that nobody has"),
        ({"subject": {"fbi_number": "F-1"}}, "is about another person"),
        ({"records": [{"decided_on": "gone"}]}, "is not valid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_history_service_is_asked_for_ids_that_nobody_has(
    answer: dict[str, Any], said: str, sqlite_url: str
) -> None:
    with state_repository(lambda question: record(question, **answer)) as history:
        result = (await found(registry_url=sqlite_url, history_url=history.url))["histories"]
    assert (result.level, said in result.found) == ("warn", True)
    assert result.next


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVICTION_GATE_DATA", str(tmp_path))
    lines = CliRunner().invoke(app, ["doctor"])
    array = CliRunner().invoke(app, ["doctor", "--json"])
    assert lines.exit_code == array.exit_code == 1
    results = json.loads(array.stdout)
    for line, result in zip(lines.stdout.splitlines(), results, strict=True):
        assert line.split() == [
            *(result["level"], *result["check"].split()),
            *f"{result['found']}{'; ' if result['next'] else ''}{result['next'] or ''}".split(),
        ]
    monkeypatch.setenv("CONVICTION_GATE_DOCKET_CHECK_EVERY", "often")
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 2


# Stuck cases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("reports", "count", "level"), [(True, 0, "ok"), (False, 2, "warn")])
async def test_a_server_is_asked_for_stuck_cases_that_it_tells_of(
    reports: bool, count: int, level: str
) -> None:
    async def count_workflows(query: str) -> Any:
        ours = "WorkflowType IN ('BookingCase', 'FlagCorrection') AND TaskQueue = 'booking-cases'"
        assert query.startswith(f"{ours} AND TemporalReportedProblems IS NOT NULL")
        return SimpleNamespace(count=count)

    capabilities = NamespaceInfo.Capabilities(reported_problems_search_attribute=reports)
    checks = Diagnostics(Settings())
    checks._server = (
        SimpleNamespace(count_workflows=count_workflows),  # type: ignore[assignment]
        DescribeNamespaceResponse(namespace_info=NamespaceInfo(capabilities=capabilities)),
    )
    assert (await checks.check_stuck_cases()).level == level
