"""A worker is who polled lately; those that poll must agree."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueueStats, TaskQueueVersioningInfo
from temporalio.api.workflowservice.v1 import DescribeTaskQueueResponse

from conviction_gate.client.check_results import CheckResult
from conviction_gate.client.worker_checks import result_of_workers

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

ONE_5_S_AGO = "1 worker on booking-cases, the last poll was 5 s ago"
START_ONE = "start one with `conviction-gate up` or `python -m worker`"


def queue(*polls: int, waiting: int = 0, oldest: int = 0) -> DescribeTaskQueueResponse:
    """Workers that polled so many seconds ago, and tasks of which the oldest waits so many."""
    pollers = []
    for ago in polls:
        at = Timestamp()
        at.FromDatetime(NOW - timedelta(seconds=ago))
        pollers.append(PollerInfo(last_access_time=at, identity=f"{ago}@host"))
    stats = TaskQueueStats(approximate_backlog_count=waiting, approximate_backlog_age=Duration(seconds=oldest))
    return DescribeTaskQueueResponse(pollers=pollers, stats=stats)


@pytest.mark.parametrize(
    ("workflow", "activity", "result"),
    [
        (queue(5), queue(5), CheckResult("ok", ONE_5_S_AGO)),
        (
            queue(61, 30, 240),
            queue(61, 30),
            CheckResult("ok", "2 workers on booking-cases, the last poll was 30 s ago"),
        ),
        (queue(5, waiting=2, oldest=1), queue(5), CheckResult("ok", f"{ONE_5_S_AGO}, 2 tasks wait")),
        (
            queue(5),
            queue(5, waiting=1, oldest=600),
            CheckResult(
                "warn",
                f"{ONE_5_S_AGO}, 1 task waits, the oldest for 10 minutes",
                "start more workers: `python -m worker`",
            ),
        ),
        (queue(), queue(), CheckResult("fail", "no worker polls booking-cases for workflow tasks", START_ONE)),
        (
            queue(5),
            queue(250, 118, waiting=3),
            CheckResult(
                "fail",
                "no worker polls booking-cases for activity tasks, the last poll was 118 s ago, 3 tasks wait",
                START_ONE,
            ),
        ),
    ],
)
def test_a_worker_is_who_polled_lately(
    workflow: DescribeTaskQueueResponse, activity: DescribeTaskQueueResponse, result: CheckResult
) -> None:
    assert result_of_workers({"workflow": workflow, "activity": activity}, NOW) == result


GATE_1 = WorkerDeploymentVersion(deployment_name="gate", build_id="1")


def versioned(*builds: str, **serving: Any) -> DescribeTaskQueueResponse:
    """Workers of these builds that polled just now; `serving`: the builds that get tasks."""
    found = queue(*[1] * len(builds))
    for poller, build in zip(found.pollers, builds, strict=True):
        poller.identity = build
        if build:
            poller.deployment_options.deployment_name = "gate"
            poller.deployment_options.build_id = build
    found.versioning_info.CopyFrom(TaskQueueVersioningInfo(**serving))
    return found


CURRENT: dict[str, Any] = {"current_deployment_version": GATE_1}
RAMPING = {"ramping_deployment_version": WorkerDeploymentVersion(deployment_name="gate", build_id="2")}


@pytest.mark.parametrize(
    ("found", "words", "step"),
    [
        (versioned("1", **CURRENT), None, None),
        (versioned("1", "2", **CURRENT, **RAMPING, ramping_version_percentage=5), None, None),
        (versioned("1", **CURRENT, ramping_version_percentage=5), "workflow tasks", "--build-id 1`"),
        (versioned("1", **CURRENT, **RAMPING, ramping_version_percentage=5), "as build 2", "WORKER_BUILD=2"),
        (versioned("2", "", **CURRENT), "as build 1 of gate", "WORKER_BUILD=1, or make a build that polls"),
        (versioned("2"), "polls booking-cases for workflow tasks", "--deployment-name gate --build-id 2`"),
    ],
)
def test_only_workers_of_a_build_that_gets_tasks_count(
    found: DescribeTaskQueueResponse, words: str | None, step: str | None
) -> None:
    result = result_of_workers({"workflow": found, "activity": found}, NOW)
    if words is None or step is None:
        assert (result.level, result.next) == ("ok", None)
    else:
        assert result.level == "fail"
        assert words in result.found
        assert step in (result.next or "")


def called(*identities: str) -> DescribeTaskQueueResponse:
    found = queue(*[1] * len(identities))
    for poller, identity in zip(found.pollers, identities, strict=True):
        poller.identity = identity
    return found


@pytest.mark.parametrize(
    ("identities", "level", "words"),
    [
        (("1@a#11112222", "2@b#11112222"), "ok", "2 workers"),
        (("1@a#11112222", "2@b"), "ok", "2 workers"),
        (("1@a#11112222", "2@b#11112222", "3@c#99992222"), "fail", "; 3@c has other keys than 1@a"),
        (("1@a#11112222", "2@b#11113333"), "warn", "; 2@b has other lists than 1@a"),
    ],
)
def test_workers_that_differ_in_keys_or_lists(identities: tuple[str, ...], level: str, words: str) -> None:
    found = called(*identities)
    result = result_of_workers({"workflow": found, "activity": found}, NOW)
    assert result.level == level
    assert words in result.found
    assert (result.next is None) == (level == "ok")
