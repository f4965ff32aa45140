"""The durable timers of a case, which survive messages: a signal does not start a 90-day timer again."""

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow

from workflows import display
from workflows.state import CaseState

with workflow.unsafe.imports_passed_through():
    from conviction_gate.policy import Decision, unknown_charges


class Alarms:
    """At most one timer of each name. When each one is due is kept in the state, for the next run.

    `rung`: the names of the timers that have fired since they were last taken.
    """

    def __init__(self, state: CaseState) -> None:
        self._state = state
        self._timers: dict[str, asyncio.Task[None]] = {}
        self.rung: list[str] = []

    def set_for_booking(self) -> None:
        """When the booking is overdue of a case that a court message opened, or whose booking was corrected."""
        self._keep_only("booking_overdue")
        if not self._state.overdue:
            summary = f"{display.waits_for_booking()} Overdue from"
            self._set("booking_overdue", self._state.intervals.booking_overdue, summary)

    def set_for(self, decision: Decision, *, is_docket_check_running: bool) -> None:
        """Reminders of a review; or the next docket check, unless one is under way, and the overdue date."""
        state, intervals = self._state, self._state.intervals
        match decision.answer:
            case "review":
                self._keep_only("review_reminder", "unknown_charge")
                summary = display.waits_for_ruling(decision)
                self._set("review_reminder", intervals.review_reminder, f"{summary} Next reminder on")
            case _:
                self._keep_only("docket_overdue", "docket_check", "unknown_charge")
                summary = display.waits_for_court(state)
                if not state.overdue:
                    overdue = f"{summary} Overdue from"
                    self._set("docket_overdue", intervals.docket_overdue, overdue, since=state.waiting_since)
                if state.has_docket and not is_docket_check_running:
                    self._set("docket_check", intervals.docket_check, f"{summary} Next docket check on")
        self._set_for_unknown_charge()

    def _set_for_unknown_charge(self) -> None:
        """When a person looks at a charge that the court names and the case does not have."""
        unknown = unknown_charges(self._state.facts)
        if not unknown:
            self._stop("unknown_charge")
            self._state.charge_unknown = False
        elif not self._state.charge_unknown:
            summary = f"A court named charge {unknown[0]}, which the case does not have. Needs attention from"
            self._set("unknown_charge", self._state.intervals.unknown_charge, summary)

    def clear(self) -> None:
        """Stop all timers."""
        self._keep_only()

    def take_rung(self) -> list[str]:
        """The names of the timers that rang since the last call, in the order in which they rang."""
        rung, self.rung = self.rung, []
        for name in rung:
            self._state.due.pop(name, None)
        return rung

    def _keep_only(self, *names: str) -> None:
        for name in {*self._timers, *self.rung, *self._state.due} - {*names}:
            self._stop(name)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()
        self.rung = [other for other in self.rung if other != name]
        self._state.due.pop(name, None)

    def _set(self, name: str, after: timedelta, summary: str, *, since: datetime | None = None) -> None:
        """`summary`: a sentence that ends with the day on which the timer rings."""
        due = self._state.due.setdefault(name, (since or workflow.now()) + after)
        if name not in self._timers:
            self._timers[name] = asyncio.create_task(self._ring(name, due, f"{summary} {due.date()}"))

    async def _ring(self, name: str, due: datetime, summary: str) -> None:
        left = (due - workflow.now()).total_seconds()
        await workflow.sleep(max(left, 0), summary=summary)
        self._timers.pop(name, None)
        self.rung.append(name)
