"""Whether workers poll, and whether those that do agree."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.taskqueue.v1 import PollerInfo
from temporalio.api.workflowservice.v1 import DescribeTaskQueueResponse

from conviction_gate.client.check_results import CheckResult, span
from conviction_gate.config.settings import PREFIX
from conviction_gate.contracts.names import TASK_QUEUE
from conviction_gate.temporal.worker_identity import Part, differing_parts

POLLED_WITHIN: Final = timedelta(seconds=90)
"""A poll lasts a minute; a worker whose last poll is older than this has stopped."""
BACKLOG_WITHIN: Final = timedelta(minutes=1)
"""How long a task may wait for a worker without a warning."""

_HOW_TO_AGREE: Final[Mapping[Part, str]] = {
    "keys": "give every worker the same keys and the same current one, and restart them: docs/runbook.md, Keys",
    "lists": f"give every worker the same {PREFIX}REVIEWERS, REOPENERS, WITHDRAWERS, PLAINTEXT and AGENCIES, "
    "with the same files of codes, and restart them",
}


def result_of_workers(queues: Mapping[str, DescribeTaskQueueResponse], now: datetime) -> CheckResult:
    """Whether a worker polls for each kind of task, and whether tasks wait. `queues`: by kind of task."""
    waiting = sum(queue.stats.approximate_backlog_count for queue in queues.values())
    backlog = f", {waiting:,} {'task waits' if waiting == 1 else 'tasks wait'}" if waiting else ""
    recent: dict[str, timedelta] = {}  # by worker, the time since its last poll
    for kind, queue in queues.items():
        for build in _builds_with_tasks(queue):
            ages = {p.identity: now - p.last_access_time.ToDatetime(UTC) for p in _pollers(queue, build)}
            if not any(age <= POLLED_WITHIN for age in ages.values()):
                last = f", the last poll was {span(min(ages.values()))} ago" if ages else ""
                as_build = f" as build {build.build_id} of {build.deployment_name}" if build.build_id else ""
                return CheckResult(
                    "fail",
                    f"no worker polls {TASK_QUEUE} for {kind} tasks{as_build}{last}{backlog}",
                    _how_to_serve(queue, build),
                )
            recent |= {worker: age for worker, age in ages.items() if age <= POLLED_WITHIN}
    seen = f"{len(recent)} {'worker' if len(recent) == 1 else 'workers'}"
    found = f"{seen} on {TASK_QUEUE}, the last poll was {span(min(recent.values()))} ago{backlog}"
    for part, groups in differing_parts(recent).items():
        others = ", ".join(worker for group in groups[1:] for worker in group[:3])
        return CheckResult(
            "fail" if part == "keys" else "warn",
            f"{found}; {others} has other {part} than {groups[0][0]}",
            _HOW_TO_AGREE[part],
        )
    oldest = max(queue.stats.approximate_backlog_age.ToTimedelta() for queue in queues.values())
    if waiting and oldest > BACKLOG_WITHIN:
        return CheckResult(
            "warn", f"{found}, the oldest for {span(oldest)}", "start more workers: `python -m worker`"
        )
    return CheckResult("ok", found)


def _builds_with_tasks(queue: DescribeTaskQueueResponse) -> list[WorkerDeploymentVersion]:
    """The builds that get tasks; an empty one stands for the unversioned workers."""
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


def _how_to_serve(queue: DescribeTaskQueueResponse, build: WorkerDeploymentVersion) -> str:
    """How to get a worker to poll as this build, or tasks to the workers that poll."""
    if build.build_id:
        return (
            f"start one with {PREFIX}WORKER_BUILD={build.build_id}, "
            "or make a build that polls the current one (docs/deploying-workers.md)"
        )
    if versions := [p.deployment_options for p in queue.pollers if p.deployment_options.build_id]:
        return (
            "make the build that polls the current one: `temporal worker deployment set-current-version "
            f"--deployment-name {versions[-1].deployment_name} --build-id {versions[-1].build_id}`"
        )
    return "start one with `conviction-gate up` or `python -m worker`"
