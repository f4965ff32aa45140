"""The command `doctor`: whether all is there that a case needs, and whether a case needs somebody."""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal, NamedTuple, get_args

import typer
from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeNamespaceResponse,
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    GetSystemInfoRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.session import REFUSED, run
from conviction_gate.client.errors import describe_error
from conviction_gate.client.listing import BROKEN_OFF, IS_BROKEN_OFF, OPEN, Wanted
from conviction_gate.config.service_access import ServiceAccess
from conviction_gate.config.settings import PREFIX, Settings, SettingsError
from conviction_gate.contracts.encrypted_payloads import CannotDecrypt
from conviction_gate.contracts.fields import Status
from conviction_gate.contracts.names import BOOKING_CASE, FLAG_CORRECTION, SEARCH_ATTRIBUTES, TASK_QUEUE
from conviction_gate.encryption.keys import list_keys
from conviction_gate.restore.comparing import Comparison, Differences
from conviction_gate.service.metrics import HISTORY_WITHIN, STUCK
from conviction_gate.temporal import search_attributes
from conviction_gate.temporal.connect import ConnectError, connect
from conviction_gate.temporal.search_attributes import SetupError

if TYPE_CHECKING:
    from conviction_gate.registry import Registry

ANSWER_WITHIN: Final = 12.0
"""Seconds for a check: a little more than connections and services have, whose own errors say more."""
POLLED_WITHIN: Final = timedelta(seconds=90)
"""A poll lasts a minute. The server lists who polled in the last five; one of before that is gone."""
BACKLOG_WITHIN: Final = timedelta(minutes=1)
"""How long a task may wait for a worker before somebody should know."""
SHORTEST_RETENTION: Final = timedelta(days=7)
"""A start that is repeated later than that is told by the registry alone that its case has ended."""

LOOKED_AT: Final = 200
"""Runs that were ended from outside, the latest; one is known by its id whether another goes on with it."""

_OURS: Final = f"WorkflowType IN ('{BOOKING_CASE}', '{FLAG_CORRECTION}')"

TELLS_OF_PROBLEMS: Final = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute"
"""In a server's dynamic configuration, a number of failures running: it keeps a record of who is `STUCK`."""

Level = Literal["ok", "look", "bad"]
_STYLES: Final[Mapping[Level, str]] = {"ok": "green", "look": "yellow", "bad": "bold red"}


class Finding(NamedTuple):
    """What one check found. `look`: nothing is broken, but somebody may want to act. `next`: how."""

    level: Level
    found: str
    next: str | None = None


Check = Callable[[], Awaitable[Finding]]


class NotAsked(Exception):
    """A check needs what another one did not find."""


def doctor(
    as_json: Json = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Compare each case with the registry, as after a restore.")
    ] = False,
    data: Data = None,
) -> None:
    """Look whether all is there and well, a line for each thing. Exit code 1 where one is bad."""
    found = run(_findings(compare))
    if as_json:
        objects = (json.dumps({"check": check, **f._asdict()}) for check, f in found.items())
        print("[" + ",\n ".join(objects) + "]")
    else:
        _print(found)
    if any(finding.level == "bad" for finding in found.values()):
        raise typer.Exit(REFUSED)


async def _findings(compare: bool) -> dict[str, Finding]:
    async with Examination(Settings()) as examination:
        found = await examination.findings()
        return found | (await examination.compared() if compare else {})


class Examination:
    """One look at everything, a method for each check; use it as a context, which closes what it opened.

    A check raises what stands in its way: `checked` makes a finding of that.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server: tuple[Client, DescribeNamespaceResponse] | None = None
        self._lacking = "server"
        self._registry: Registry | None = None

    async def __aenter__(self) -> "Examination":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._registry is not None:
            await self._registry.close()

    async def findings(self) -> dict[str, Finding]:
        """What each check found, in the order in which people read it. Raises nothing."""
        checks: dict[str, Check] = {
            "server": self.server,
            "keys": self.keys,
            "retention": self.retention,
            "search attributes": self.search_attributes,
            "workers": self.workers,
            "registry": self.registry,
            "histories": self.histories,
            "dockets": self.dockets,
            "cases": self.cases,
            "slow histories": self.unanswered_histories,
            "broken-off runs": self.broken_off_runs,
            "stuck cases": self.stuck_cases,
        }
        first = ("server", "registry")  # the others need them
        found: dict[str, Finding] = {}
        for names in (first, [name for name in checks if name not in first]):
            findings = await asyncio.gather(*(checked(checks[name]) for name in names))
            found |= zip(names, findings, strict=True)
        return {name: found[name] for name in checks}

    async def compared(self) -> dict[str, Finding]:
        """How the server's cases and the registry differ. Takes as long as it takes; raises nothing."""
        differences: Differences | None = None

        async def compare() -> Finding:
            nonlocal differences
            kept = self._described[1].config.workflow_execution_retention_ttl.ToTimedelta()
            reader = await connect(self._settings)  # unlike the checks, it reads what is sealed
            differences = await Comparison(reader, self._tables, kept).differences()
            return Finding("ok", "")

        failed = await checked(compare, within=None)
        return {"comparison": failed} if differences is None else different(differences)

    # The server ------------------------------------------------------------------------------------

    async def server(self) -> Finding:
        client = await connect(needs_keys=False)  # a key that is missing is not the server's fault
        self._lacking = "namespace"
        about = await client.workflow_service.get_system_info(GetSystemInfoRequest())
        try:
            namespace = await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=client.namespace)
            )
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return Finding(
                "bad",
                f"{_place(client)} has no namespace {client.namespace}",
                f"`temporal operator namespace create --namespace {client.namespace} --retention 30d`, "
                "or set TEMPORAL_NAMESPACE",
            )
        self._server = client, namespace
        return Finding("ok", f"{_place(client)}, namespace {client.namespace}, version {about.server_version}")

    @property
    def _client(self) -> Client:
        return self._described[0]

    @property
    def _described(self) -> tuple[Client, DescribeNamespaceResponse]:
        if self._server is None:
            raise NotAsked(self._lacking)
        return self._server

    async def retention(self) -> Finding:
        client, namespace = self._described
        kept = namespace.config.workflow_execution_retention_ttl.ToTimedelta()
        found = f"the server keeps closed cases for {_span(kept)}"
        if kept >= SHORTEST_RETENTION:
            return Finding("ok", found)
        return Finding(
            "look",
            found,
            f"`temporal operator namespace update --namespace {client.namespace} --retention 30d`",
        )

    async def keys(self) -> Finding:
        if self._settings.encryption == "off":
            return Finding(
                "look",
                "encryption is off: the server's database and its web UI show all that a case holds",
                f"leave out {PREFIX}ENCRYPTION, except in development",
            )
        keys = list_keys(self._settings)
        (current,) = (key for key in keys if key.is_current)
        old = f", and {len(keys) - 1} more to open what they sealed" if len(keys) > 1 else ""
        age = f", {_span(datetime.now(UTC) - current.made_at)} old" if current.made_at else ""
        return Finding("ok", f"sealed with the key {current.id}{age}{old}")

    async def search_attributes(self) -> Finding:
        await search_attributes.check(self._client)
        return Finding("ok", f"all {len(SEARCH_ATTRIBUTES)} are there")

    async def workers(self) -> Finding:
        client = self._client

        async def described(kind: TaskQueueType.ValueType) -> DescribeTaskQueueResponse:
            return await client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=client.namespace,
                    task_queue=TaskQueue(name=TASK_QUEUE),
                    task_queue_type=kind,
                    report_stats=True,
                )
            )

        workflow, activity = await asyncio.gather(
            described(TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW),
            described(TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
        )
        return polled({"workflow": workflow, "activity": activity}, datetime.now(UTC))

    # The registry and the sources ------------------------------------------------------------------

    async def registry(self) -> Finding:
        from conviction_gate.registry import Registry

        self._registry = await Registry.open(self._settings.registry)
        return Finding("ok", f"{self._registry.place}, with this release's schema")

    @property
    def _tables(self) -> "Registry":
        if self._registry is None:
            raise NotAsked("registry")
        return self._registry

    async def histories(self) -> Finding:
        if self._settings.history is not None:
            return await _reached(self._settings.history)
        if count := await self._tables.history_size():
            return Finding("ok", f"the registry's table, {count:,} {'history' if count == 1 else 'histories'}")
        return Finding(
            "look",
            "the registry's table is empty: everybody counts as without a record",
            f"`conviction-gate history import FILE`, or set {PREFIX}HISTORY_URL",
        )

    async def dockets(self) -> Finding:
        if self._settings.docket is not None:
            return await _reached(self._settings.docket)
        if await self._tables.has_docket():
            return Finding("ok", "the registry's table")
        return Finding("ok", "no docket source: no docket checks")

    # The cases -------------------------------------------------------------------------------------

    async def cases(self) -> Finding:
        every, asking = await asyncio.gather(self._count(Wanted()), self._count(Wanted(attention=True)))
        if not asking:
            return Finding("ok", f"{every:,} open, none needs attention")
        # One by one: servers group by nothing of ours.
        statuses: tuple[Status, ...] = get_args(Status)
        counts = await asyncio.gather(*(self._count(Wanted(s, attention=True)) for s in statuses))
        split = ", ".join(f"{n:,} {status}" for status, n in zip(statuses, counts, strict=True) if n)
        return Finding(
            "look",
            f"{asking:,} of {every:,} open need attention: {split}",
            "`conviction-gate list --attention`",
        )

    async def unanswered_histories(self) -> Finding:
        """A source that is down shows above; one that answers what does not fit shows here."""
        since = (datetime.now(UTC) - HISTORY_WITHIN).isoformat()
        waiting = f"{_query(Wanted('checking_history'))} AND StartTime < '{since}'"
        if not (count := (await self._client.count_workflows(waiting)).count):
            return Finding("ok", f"no case has waited for its history for {_span(HISTORY_WITHIN)}")
        return Finding(
            "look",
            f"{count:,} {'case has' if count == 1 else 'cases have'} waited for a history for "
            f"{_span(HISTORY_WITHIN)} or more",
            "the pending activity of one in the web UI says why; "
            "`conviction-gate list --status checking_history` names them",
        )

    async def broken_off_runs(self) -> Finding:
        """Cases and corrections whose run was ended from outside, and that no later run goes on with."""
        runs = self._client.list_workflows(f"{_OURS} AND {IS_BROKEN_OFF}", limit=LOOKED_AT)
        ids = {run.id async for run in runs}
        latest = await asyncio.gather(*(self._client.get_workflow_handle(id).describe() for id in ids))
        lost = sorted(run.id for run in latest if run.status in BROKEN_OFF)
        lost = [id for id in lost if await self._tables.outcome(id) is None]
        if not lost:
            return Finding("ok", "none")
        return Finding(
            "bad",
            f"{len(lost):,} cannot go on, their runs were ended from outside: {_some(lost)}",
            "`temporal workflow reset --workflow-id ID --type LastWorkflowTask --reason WHY` lets each go on",
        )

    async def stuck_cases(self) -> Finding:
        """Cases and corrections whose next step no worker that polls can do."""
        if not self._described[1].namespace_info.capabilities.reported_problems_search_attribute:
            return Finding(
                "look",
                "not asked: this server keeps no record of them",
                f"set {TELLS_OF_PROBLEMS} to 2 in its dynamic configuration",
            )
        if not (count := (await self._client.count_workflows(STUCK)).count):
            return Finding("ok", "none")
        ids = [run.id async for run in self._client.list_workflows(STUCK, limit=3)]
        return Finding(
            "bad",
            f"{count:,} cannot go on, their workflow tasks fail again and again: {', '.join(sorted(ids))}"
            + (" and more" if count > len(ids) else ""),
            "a worker's log says why; deploy one that fits, and what is stuck still, bring on with "
            f'`temporal workflow reset --query "{STUCK}"` as docs/changing-workflows.md tells',
        )

    async def _count(self, wanted: Wanted) -> int:
        return (await self._client.count_workflows(_query(wanted))).count


async def checked(check: Check, within: float | None = ANSWER_WITHIN) -> Finding:
    """What the check found, or why it could not; its failure is its own."""
    try:
        async with asyncio.timeout(within):
            return await check()
    except NotAsked as needed:
        return Finding("look", f"not asked: no {needed}")
    except TimeoutError:
        return Finding(
            "bad", f"no answer within {ANSWER_WITHIN:.0f} s", "try again; if this lasts, see its log"
        )
    except (ConnectError, CannotDecrypt, SettingsError, SetupError) as error:
        return _broken(str(error))
    except RPCError as error:
        return _broken(describe_error(error))
    except Exception as error:
        from conviction_gate.registry import RegistryError
        from conviction_gate.sources.http import ServiceError

        if isinstance(error, (RegistryError, ServiceError)):
            return _broken(str(error))
        traceback.print_tb(error.__traceback__)  # without its text, which may hold anything
        return Finding("bad", f"unexpected {type(error).__name__}", "see where on stderr, and report it")


def different(found: Differences) -> dict[str, Finding]:
    """What a comparison found, and what brings the two sides together."""

    def finding(level: Level, ids: Collection[str], told: str, step: str) -> Finding:
        return Finding(level, f"{len(ids):,} {told}: {_some(ids)}", step) if ids else Finding("ok", "none")

    bring = "`conviction-gate reconcile`"
    first = min(found.unknown.values(), default=None)
    return {
        "lost writes": finding("bad", found.unwritten, "whose writes the registry has lost", bring),
        "cases behind": finding("bad", found.behind, "open that do not know what the registry holds", bring),
        "idle cases": finding("bad", found.idle, "open again on record, and nothing runs for them", bring),
        "forgotten ends": finding(
            "look",
            found.unknown,
            "that ended on record and the server does not know",
            "the registry stands, nothing to do for them; if the server was restored, have all senders send "
            f"again what they sent since its backup, which is older than {first and first.isoformat()}",
        ),
    }


def polled(queues: Mapping[str, DescribeTaskQueueResponse], now: datetime) -> Finding:
    """Whether somebody takes each kind of task, and whether tasks wait; `queues` by kind."""
    waiting = sum(queue.stats.approximate_backlog_count for queue in queues.values())
    backlog = f", {waiting:,} {'task waits' if waiting == 1 else 'tasks wait'}" if waiting else ""
    lately: dict[str, timedelta] = {}  # by worker, since its last poll
    for kind, queue in queues.items():
        for build in _served(queue):
            ages = {p.identity: now - p.last_access_time.ToDatetime(UTC) for p in _pollers(queue, build)}
            if not any(age <= POLLED_WITHIN for age in ages.values()):
                last = f", the last poll was {_span(min(ages.values()))} ago" if ages else ""
                whom = f" as build {build.build_id} of {build.deployment_name}" if build.build_id else ""
                return Finding(
                    "bad",
                    f"nobody polls {TASK_QUEUE} for {kind} tasks{whom}{last}{backlog}",
                    _started(queue, build),
                )
            lately |= {worker: age for worker, age in ages.items() if age <= POLLED_WITHIN}
    seen = f"{len(lately)} {'worker' if len(lately) == 1 else 'workers'}"
    found = f"{seen} on {TASK_QUEUE}, the last poll was {_span(min(lately.values()))} ago{backlog}"
    oldest = max(queue.stats.approximate_backlog_age.ToTimedelta() for queue in queues.values())
    if waiting and oldest > BACKLOG_WITHIN:
        return Finding("look", f"{found}, the oldest for {_span(oldest)}", "start more: `python -m worker`")
    return Finding("ok", found)


def _served(queue: DescribeTaskQueueResponse) -> list[WorkerDeploymentVersion]:
    """The builds that get tasks; an empty one stands for the workers that are none."""
    to = queue.versioning_info
    return [to.current_deployment_version] + (
        [to.ramping_deployment_version] if to.ramping_version_percentage else []
    )


def _pollers(queue: DescribeTaskQueueResponse, build: WorkerDeploymentVersion) -> list[PollerInfo]:
    return [
        poller
        for poller in queue.pollers
        if (poller.deployment_options.deployment_name, poller.deployment_options.build_id)
        == (build.deployment_name, build.build_id)
    ]


def _started(queue: DescribeTaskQueueResponse, build: WorkerDeploymentVersion) -> str:
    """How somebody comes to poll as this build, or those that poll come to get tasks."""
    if build.build_id:
        return (
            f"start one with {PREFIX}WORKER_BUILD={build.build_id}, "
            "or make a build current that polls (docs/deploying-workers.md)"
        )
    if versions := [p.deployment_options for p in queue.pollers if p.deployment_options.build_id]:
        return (
            "make the build that polls the current one: `temporal worker deployment set-current-version "
            f"--deployment-name {versions[-1].deployment_name} --build-id {versions[-1].build_id}`"
        )
    return "start one with `conviction-gate up` or `python -m worker`"


async def _reached(access: ServiceAccess) -> Finding:
    from conviction_gate.sources.http import HttpService  # an HTTP library takes its time

    service = HttpService(access)
    try:
        if await service.probe():
            return Finding("ok", f"{access.description} answers")
    finally:
        await service.close()
    return Finding(
        "look",
        f"{access.description} answers 404 to a question that names nobody, as a wrong path would",
        f"check the path in {access.setting}_URL: a 404 counts as no record",
    )


def _broken(text: str) -> Finding:
    """Our errors say what is, and after their last semicolon what to do."""
    found, _, step = text.rpartition("; ")
    return Finding("bad", found, step) if found else Finding("bad", step)


def _some(ids: Collection[str]) -> str:
    return ", ".join(sorted(ids)[:3]) + (" and more" if len(ids) > 3 else "")


def _query(wanted: Wanted) -> str:
    return f"{wanted.query(datetime.now(UTC))} AND {OPEN}"


def _place(client: Client) -> str:
    return client.service_client.config.target_host


def _span(span: timedelta) -> str:
    """A length of time in the largest unit of which it has two."""
    seconds = max(round(span.total_seconds()), 0)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if (count := seconds // length) >= 2:
            return f"{count} {unit}s"
    return f"{seconds} s"


def _print(found: Mapping[str, Finding]) -> None:
    from rich.text import Text

    from conviction_gate.cli.printing import clean, console

    out = console()
    wide = max(map(len, found))
    for check, (level, text, step) in found.items():
        line = Text(f"{level:4}  ", _STYLES[level])
        line.append(f"{check:{wide}}  ", "bold")
        line.append(clean(text) + (f"; {clean(step)}" if step else ""), "default")
        out.print(line, soft_wrap=True)
