"""Calls to activities, one function for each: what it is given, what it answers, and its summary in the web UI.

Each function starts the activity and returns its handle; await the handle for the answer. One attempt takes ten
seconds at most, so that one lost in a crash is retried soon. Retries never end: the case cannot go on without
the answer.
"""

import json
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ActivityHandle, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from pydantic import BaseModel

    from conviction_gate.contracts.internal.activities import (
        CASE_INTERVALS,
        CHECK_DOCKET,
        CHECK_HISTORY,
        CLASSIFY_CHARGE,
        CLEAR_CASE,
        CORRECT_FLAG,
        FLAG_CASE,
        PERMIT_RULINGS,
        RECALL_CASE,
        WITHDRAW_FLAG,
        Concluded,
        Conclusion,
        Corrected,
        CorrectionRequest,
        DocketFound,
        DocketRequest,
        HistoryFound,
        HistoryRequest,
        Intervals,
        OffensesClassified,
        OffensesToClassify,
        RecalledCase,
        RulingsPermitted,
        RulingsToPermit,
        Withdrawal,
    )
    from conviction_gate.contracts.names import BOOKING_CASE, CaseId

A = TypeVar("A", bound=BaseModel)

ATTEMPT_TIMEOUT = timedelta(seconds=10)
UNTIL_ANSWERED = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=10))
UNTIL_WRITTEN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


def case_intervals(agency: str) -> ActivityHandle[Intervals]:
    return _ask(CASE_INTERVALS, agency, Intervals, "How long to wait for the booking")


def check_history(request: HistoryRequest) -> ActivityHandle[HistoryFound]:
    return _ask(CHECK_HISTORY, request, HistoryFound, "Criminal history and class of each charge")


def recall_case(case_id: str) -> ActivityHandle[RecalledCase]:
    return _ask(RECALL_CASE, case_id, RecalledCase, "Facts of the case before it was reopened")


def classify_charges(request: OffensesToClassify) -> ActivityHandle[OffensesClassified]:
    return _ask(CLASSIFY_CHARGE, request, OffensesClassified, "Class of a charge filed later")


def permit_rulings(request: RulingsToPermit) -> ActivityHandle[RulingsPermitted]:
    return _ask(PERMIT_RULINGS, request, RulingsPermitted, "Whether the reviewers may rule")


def check_docket(request: DocketRequest) -> ActivityHandle[DocketFound]:
    return _ask(CHECK_DOCKET, request, DocketFound, "What the court's docket holds")


def write_outcome(conclusion: Conclusion) -> ActivityHandle[Concluded]:
    """Write the flag, or close the case without one, as the result of the conclusion says."""
    if conclusion.result.outcome == "flagged":
        return _write(FLAG_CASE, conclusion, Concluded, "Write the flag")
    return _write(CLEAR_CASE, conclusion, Concluded, "Close the case without a flag")


def withdraw_flag(withdrawal: Withdrawal) -> ActivityHandle[Concluded]:
    return _write(WITHDRAW_FLAG, withdrawal, Concluded, "Withdraw the flag: its ground no longer holds")


def correct_flag(request: CorrectionRequest) -> ActivityHandle[Corrected]:
    return _write(CORRECT_FLAG, request, Corrected, "Decide again about the flag on record")


async def start_case_again(case_id: CaseId, booking: str) -> None:
    """A new run of a case that is open again on record; one that somebody else started serves as well."""
    with suppress(WorkflowAlreadyStartedError):
        await workflow.start_child_workflow(
            BOOKING_CASE,
            json.loads(booking),
            id=str(case_id),
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            parent_close_policy=ParentClosePolicy.ABANDON,
            static_summary="A case whose flag was withdrawn, and which waits again",
        )


def _ask(activity: str, argument: Any, answer: type[A], summary: str) -> ActivityHandle[A]:
    return _start(activity, argument, answer, summary, retry_policy=UNTIL_ANSWERED)


def _write(activity: str, argument: Any, answer: type[A], summary: str) -> ActivityHandle[A]:
    return _start(activity, argument, answer, summary, retry_policy=UNTIL_WRITTEN)


def _start(
    activity: str, argument: Any, answer: type[A], summary: str, *, retry_policy: RetryPolicy
) -> ActivityHandle[A]:
    return workflow.start_activity(
        activity,
        argument,
        result_type=answer,
        summary=summary,
        start_to_close_timeout=ATTEMPT_TIMEOUT,
        retry_policy=retry_policy,
    )
