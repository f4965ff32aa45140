"""The checks of `conviction-gate doctor`: is all there that a case needs, and does a case need a person?"""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, get_args
from uuid import uuid4

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    GetSystemInfoRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.client.check_results import CheckResult, failed, some, span
from conviction_gate.client.errors import ClientError, from_sdk
from conviction_gate.client.listing import Wanted
from conviction_gate.client.patrol_checks import check_late_reviews, check_patrol, check_unserved
from conviction_gate.client.runs import INTERRUPTED, IS_INTERRUPTED, OPEN
from conviction_gate.client.worker_checks import result_of_workers
from conviction_gate.config.service_access import ServiceAccess
from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.encrypted_payloads import CannotDecrypt
from conviction_gate.contracts.fields import Status
from conviction_gate.contracts.history import History
from conviction_gate.contracts.names import BOOKING_CASE, FLAG_CORRECTION, SEARCH_ATTRIBUTES, TASK_QUEUE
from conviction_gate.encryption.keys import list_keys
from conviction_gate.temporal import search_attributes
from conviction_gate.temporal.connect import ConnectError, connect
from conviction_gate.temporal.queries import HISTORY_WITHIN, STUCK
from conviction_gate.temporal.search_attributes import SetupError

if TYPE_CHECKING:
    from conviction_gate.registry import Registry

ANSWER_WITHIN: Final = 12.0
"""Seconds for a check: longer than the time-outs of connections and services, whose errors say more."""
SHORTEST_RETENTION: Final = timedelta(days=7)
"""Once the server has forgotten a closed case, only the registry knows that it has ended."""

MAX_INTERRUPTED_RUNS: Final = 200
"""Interrupted runs that are examined, the latest first: each takes a call of its own."""

_OURS: Final = f"WorkflowType IN ('{BOOKING_CASE}', '{FLAG_CORRECTION}')"

REPORT_PROBLEMS_AFTER: Final = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute"
"""Of the server's dynamic configuration: after how many failures in a row a workflow is listed as `STUCK`."""

Check = Callable[[], Awaitable[CheckResult]]


class MissingPrerequisite(Exception):
    """The check needs what another check did not find, which is the text."""


class Diagnostics:
    """A method for each check. Use it as a context manager, which closes what the checks opened.

    A check raises whatever stops it; `run_check` turns that into a result.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._server: tuple[Client, DescribeNamespaceResponse] | None = None
        self._missing = "server"
        self._registry: Registry | None = None
        self._is_served = False

    async def __aenter__(self) -> "Diagnostics":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._registry is not None:
            await self._registry.close()

    async def results(self) -> dict[str, CheckResult]:
        """What each check found, in the order of printing. Raises nothing."""
        checks: dict[str, Check] = {
            "server": self.check_server,
            "keys": self.check_keys,
            "retention": self.check_retention,
            "search attributes": self.check_search_attributes,
            "workers": self.check_workers,
            "registry": self.check_registry,
            "histories": self.check_histories,
            "dockets": self.check_dockets,
            "cases": self.check_cases,
            "slow histories": self.check_slow_histories,
            "interrupted runs": self.check_interrupted_runs,
            "stuck cases": self.check_stuck_cases,
            "unserved": self.check_unserved,
            "late reviews": self.check_late_reviews,
            "patrol": self.check_patrol,
        }
        first, last = ("server", "registry"), ("late reviews",)  # which need the results of those before
        found: dict[str, CheckResult] = {}
        for names in (first, [name for name in checks if name not in first + last], last):
            results = await asyncio.gather(*(run_check(checks[name]) for name in names))
            found |= zip(names, results, strict=True)
        return {name: found[name] for name in checks}

    # The server ------------------------------------------------------------------------------------

    async def check_server(self) -> CheckResult:
        client = await connect(needs_keys=False)  # a missing encryption key is another check's result
        self._missing = "namespace"
        about = await client.workflow_service.get_system_info(GetSystemInfoRequest())
        try:
            namespace = await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=client.namespace)
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return CheckResult(
                "fail",
                f"{_place(client)} has no namespace {client.namespace}",
                f"`temporal operator namespace create --namespace {client.namespace} --retention 30d`, "
                "or set TEMPORAL_NAMESPACE",
            )
        self._server = client, namespace
        return CheckResult(
            "ok", f"{_place(client)}, namespace {client.namespace}, version {about.server_version}"
        )

    @property
    def _client(self) -> Client:
        return self._connection[0]

    @property
    def namespace(self) -> DescribeNamespaceResponse:
        """The server's namespace; raises `MissingPrerequisite`."""
        return self._connection[1]

    @property
    def _connection(self) -> tuple[Client, DescribeNamespaceResponse]:
        if self._server is None:
            raise MissingPrerequisite(self._missing)
        return self._server

    async def check_retention(self) -> CheckResult:
        kept = self.namespace.config.workflow_execution_retention_ttl.ToTimedelta()
        found = f"the server keeps closed cases for {span(kept)}"
        if kept >= SHORTEST_RETENTION:
            return CheckResult("ok", found)
        return CheckResult(
            "warn",
            found,
            f"`temporal operator namespace update --namespace {self._client.namespace} --retention 30d`",
        )

    async def check_keys(self) -> CheckResult:
        if self.settings.encryption == "off":
            return CheckResult(
                "warn",
                "encryption is off: the server's database and its web UI show all that a case holds",
                f"unset {PREFIX}ENCRYPTION, except in development",
            )
        keys = list_keys(self.settings)
        (current,) = (key for key in keys if key.is_current)
        old = f"; {len(keys) - 1} more for decryption only" if len(keys) > 1 else ""
        age = f", {span(datetime.now(UTC) - current.made_at)} old" if current.made_at else ""
        return CheckResult("ok", f"encrypts with the key {current.id}{age}{old}")

    async def check_search_attributes(self) -> CheckResult:
        await search_attributes.check(self._client)
        return CheckResult("ok", f"all {len(SEARCH_ATTRIBUTES)} are registered")

    async def check_workers(self) -> CheckResult:
        client = self._client

        async def describe(kind: TaskQueueType.ValueType) -> DescribeTaskQueueResponse:
            return await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=TaskQueue(name=TASK_QUEUE),
                    task_queue_type=kind,
                    report_stats=True,
                )
            )

        workflow, activity = await asyncio.gather(
            describe(TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
            describe(TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
        )
        result = result_of_workers({"workflow": workflow, "activity": activity}, datetime.now(UTC))
        self._is_served = result.level != "fail"
        return result

    # The registry and the sources ------------------------------------------------------------------

    async def check_registry(self) -> CheckResult:
        from conviction_gate.registry import Registry

        self._registry = await Registry.open(self.settings.registry)
        return CheckResult("ok", f"{self._registry.place}, with this release's schema")

    @property
    def registry(self) -> "Registry":
        """The registry once it is open; raises `MissingPrerequisite`."""
        if self._registry is None:
            raise MissingPrerequisite("registry")
        return self._registry

    async def check_histories(self) -> CheckResult:
        if self.settings.history is not None:
            return await _asked_for_nobody(self.settings.history)
        if count := await self.registry.history_size():
            return CheckResult("ok", f"the registry, {count:,} {'history' if count == 1 else 'histories'}")
        return CheckResult(
            "warn",
            "the registry holds no histories: everybody counts as without a record",
            f"`conviction-gate history import FILE`, or set {PREFIX}HISTORY_URL",
        )

    async def check_dockets(self) -> CheckResult:
        if self.settings.docket is not None:
            return await _reached(self.settings.docket)
        if await self.registry.has_docket():
            return CheckResult("ok", "the registry")
        return CheckResult("ok", "no docket source: cases do not check dockets")

    # The cases -------------------------------------------------------------------------------------

    async def check_cases(self) -> CheckResult:
        total, needing = await asyncio.gather(self._count(Wanted()), self._count(Wanted(attention=True)))
        if not needing:
            return CheckResult("ok", f"{total:,} open, none needs attention")
        # One call for each status: the server cannot group by a custom search attribute.
        statuses: tuple[Status, ...] = get_args(Status)
        counts = await asyncio.gather(*(self._count(Wanted(s, attention=True)) for s in statuses))
        split = ", ".join(f"{n:,} {status}" for status, n in zip(statuses, counts, strict=True) if n)
        return CheckResult(
            "warn",
            f"{needing:,} of {total:,} open need attention: {split}",
            "`conviction-gate list --attention`",
        )

    async def check_slow_histories(self) -> CheckResult:
        """A source that is down is found above; one whose answers do not fit is found here."""
        since = (datetime.now(UTC) - HISTORY_WITHIN).isoformat()
        waiting = f"{_query(Wanted('checking_history'))} AND StartTime < '{since}'"
        if not (count := (await self._client.count_workflows(waiting)).count):
            return CheckResult("ok", f"no case has waited for its history for {span(HISTORY_WITHIN)}")
        return CheckResult(
            "warn",
            f"{count:,} {'case has' if count == 1 else 'cases have'} waited for a history for "
            f"{span(HISTORY_WITHIN)} or more",
            "`conviction-gate list --status checking_history` lists them; "
            "in the web UI the pending activity of one says why",
        )

    async def check_interrupted_runs(self) -> CheckResult:
        """Cases and corrections whose run was ended from outside, and that no later run continues."""
        runs = self._client.list_workflows(f"{_OURS} AND {IS_INTERRUPTED}", limit=MAX_INTERRUPTED_RUNS)
        ids = {run.id async for run in runs}
        latest = await asyncio.gather(*(self._client.get_workflow_handle(id).describe() for id in ids))
        lost = sorted(run.id for run in latest if run.status in INTERRUPTED)
        lost = [id for id in lost if await self.registry.outcome(id) is None]
        if not lost:
            return CheckResult("ok", "none")
        return CheckResult(
            "fail",
            f"{len(lost):,} cannot continue, their runs were ended from outside: {some(lost)}",
            "for each, `temporal workflow reset --workflow-id ID --type LastWorkflowTask --reason WHY`",
        )

    async def check_stuck_cases(self) -> CheckResult:
        """Cases and corrections whose workflow task fails on every worker that polls."""
        if not self.namespace.namespace_info.capabilities.reported_problems_search_attribute:
            return CheckResult(
                "warn",
                "not checked: this server does not list them",
                f"set {REPORT_PROBLEMS_AFTER} to 2 in its dynamic configuration",
            )
        if not (count := (await self._client.count_workflows(STUCK)).count):
            return CheckResult("ok", "none")
        ids = [run.id async for run in self._client.list_workflows(STUCK, limit=3)]
        return CheckResult(
            "fail",
            f"{count:,} cannot continue, their workflow tasks keep failing: {', '.join(sorted(ids))}"
            + (" and more" if count > len(ids) else ""),
            "a worker's log says why; deploy a worker that fits, then reset those that are still stuck with "
            f'`temporal workflow reset --query "{STUCK}"`, as docs/changing-workflows.md describes',
        )

    async def check_unserved(self) -> CheckResult:
        return await check_unserved(self._client)

    async def check_patrol(self) -> CheckResult:
        return await check_patrol(self._client, wanted=self.settings.patrol == "on")

    async def check_late_reviews(self) -> CheckResult:
        """Asks the cases themselves, which takes a worker and the keys."""
        _ = self._client
        if not self._is_served:
            raise MissingPrerequisite("worker")
        every = [self.settings.review_reminder_every]
        every += filter(None, (own.review_reminder_every for own in self.settings.agencies.values()))
        return await check_late_reviews(await connect(self.settings), min(every))

    async def _count(self, wanted: Wanted) -> int:
        return (await self._client.count_workflows(_query(wanted))).count


async def run_check(check: Check, within: float | None = ANSWER_WITHIN) -> CheckResult:
    """What the check found, or what stopped it."""
    try:
        async with asyncio.timeout(within):
            return await check()
    except MissingPrerequisite as needed:
        return CheckResult("warn", f"not checked: no {needed}")
    except TimeoutError:
        return CheckResult(
            "fail", f"no answer within {ANSWER_WITHIN:.0f} s", "try again; if it happens again, see its log"
        )
    except (ClientError, ConnectError, CannotDecrypt, SettingsError, SetupError) as error:
        return failed(str(error))
    except RPCError as error:
        return failed(str(from_sdk(error)))
    except Exception as error:
        from conviction_gate.registry import RegistryError
        from conviction_gate.sources.http import ServiceError

        if isinstance(error, (RegistryError, ServiceError)):
            return failed(str(error))
        traceback.print_tb(error.__traceback__)  # not its text, which may hold personal data
        return CheckResult(
            "fail", f"unexpected {type(error).__name__}", "report it with the traceback on stderr"
        )


async def _reached(access: ServiceAccess) -> CheckResult:
    from conviction_gate.sources.http import HttpService  # imports an HTTP library, which takes a while

    service = HttpService(access)
    try:
        if await service.probe():
            return CheckResult("ok", f"{access.description} answers")
    finally:
        await service.close()
    return CheckResult(
        "warn",
        f"{access.description} answers 404 to a probe, as a wrong path would",
        f"check the path in {access.setting}_URL: a 404 counts as an empty docket",
    )


async def _asked_for_nobody(access: ServiceAccess) -> CheckResult:
    """Whether a history service answers as a case needs it, asked for ids that nobody has."""
    from conviction_gate.sources.history import HistoryService
    from conviction_gate.sources.http import HttpService, ServiceError

    nobody = Subject.model_validate({kind: f"nobody-{uuid4().hex}" for kind in Subject.model_fields})
    service = HttpService(access)
    try:
        await service.probe()
        try:
            found = await HistoryService(service).history((nobody,))
        except ServiceError as error:
            return failed(str(error))._replace(level="warn")
    finally:
        await service.close()
    if found == History():
        return CheckResult("ok", f"{access.description} answers: no record for ids that nobody has")
    return CheckResult(
        "warn",
        f"{access.description} has a record for ids that nobody has",
        "have its operator check it: a case would take that record for a person's",
    )


def _query(wanted: Wanted) -> str:
    return f"{wanted.query(datetime.now(UTC))} AND {OPEN}"


def _place(client: Client) -> str:
    return client.service_client.config.target_host
