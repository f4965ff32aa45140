"""Visibility queries that several parts ask: which cases and corrections wait without an end in sight."""

from datetime import datetime, timedelta
from typing import Final

from conviction_gate.contracts.internal.patrol import PATROL
from conviction_gate.contracts.names import (
    AGENCY,
    BOOKING_CASE,
    CASE_STATUS,
    FLAG_CORRECTION,
    NEEDS_ATTENTION,
    TASK_QUEUE,
)

HISTORY_WITHIN: Final = timedelta(hours=1)
"""An operator should look into a history that takes longer."""
ATTENTION_WITHIN: Final = timedelta(days=1)
"""A case that has no history after that needs attention; it cannot say so itself."""
SERVED_WITHIN: Final = timedelta(minutes=2)
"""What no worker serves is repaired by the patrol in less, if it is a case."""

_OURS: Final = f"WorkflowType IN ('{BOOKING_CASE}', '{FLAG_CORRECTION}')"

PROBLEMS: Final = "TemporalReportedProblems"
"""The server's search attribute for workflow tasks that keep failing."""
STUCK: Final = (
    f"{_OURS} AND TaskQueue = '{TASK_QUEUE}' AND {PROBLEMS} IS NOT NULL AND ExecutionStatus = 'Running'"
)
"""The query for cases and corrections whose workflow tasks keep failing. The server records those after as many
consecutive failures as its dynamic configuration says."""

NO_CASE: Final = (
    f"WorkflowType = '{BOOKING_CASE}' AND ExecutionStatus = 'Running' "
    f"AND {CASE_STATUS.name} IS NOT NULL AND {AGENCY.name} IS NULL"
)
"""Open workflows of cases whose ids are no case's: no booking can ever match one."""


def unserved(now: datetime) -> str:
    """Open workflows that are ours by their type, task queue or id, and that no worker serves: they are on
    another queue, of a type that nobody knows, or start years from now."""
    known = f"'{BOOKING_CASE}', '{FLAG_CORRECTION}', '{PATROL}'"
    return (
        f"ExecutionStatus = 'Running' AND StartTime < {_time(now - SERVED_WITHIN)} "
        f"AND (TaskQueue = '{TASK_QUEUE}' OR {_OURS} OR WorkflowId STARTS_WITH 'booking-case:') "
        f"AND (TaskQueue != '{TASK_QUEUE}' OR WorkflowType NOT IN ({known}) OR ExecutionTime > {_time(now)})"
    )


def needs_attention(now: datetime) -> str:
    """The condition for open cases that a person should look at, and for those that are stuck."""
    return (
        f"({NEEDS_ATTENTION.name} = true OR {PROBLEMS} IS NOT NULL OR ({CASE_STATUS.name} = 'checking_history' "
        f"AND StartTime < {_time(now - ATTENTION_WITHIN)}))"
    )


def _time(at: datetime) -> str:
    return f"'{at.isoformat()}'"
