"""What workflows command, and in which order, is what was committed; a change of it is a decision."""

from difflib import unified_diff

import pytest

from tests.replay.fingerprint import FILE, fingerprint, sources_of_today

DECIDE = """
What the workflows command has changed:

{difference}
Cases that are open would be stuck if they came upon another command than the one on record. Read
docs/changing-workflows.md: is the change safe, or must workflow.patched guard it? Does tests/replay still pass?
Once you have decided, `.venv/bin/python -m tests.replay.fingerprint` writes the fingerprint anew; commit it
with the change."""
CASE, ALARMS, CALLS, EARLIER_RUNS, NAMES, SIGNALS = (
    "workflows/booking_case.py",
    "workflows/alarms.py",
    "workflows/calls.py",
    "workflows/earlier_runs.py",
    "conviction_gate/contracts/names.py",
    "conviction_gate/contracts/signals.py",
)


def compare(now: str) -> None:
    """Raises an `AssertionError` with the difference and what to do about it."""
    before = FILE.read_text()
    if now != before:
        lines = unified_diff(before.splitlines(), now.splitlines(), "committed", "now", lineterm="")
        raise AssertionError(DECIDE.format(difference="\n".join(lines)))


def changed(path: str, old: str, new: str) -> str:
    """The fingerprint of the workflows with one text of one module changed."""
    sources = sources_of_today()
    assert sources[path].count(old) == 1, f"{old!r} stands {sources[path].count(old)} times; name another text"
    return fingerprint(sources | {path: sources[path].replace(old, new)})


def test_the_workflows_command_what_they_did() -> None:
    compare(fingerprint())


BOOKED = "            await self._wait_for_booking()\n"
A_STATUS = "self._set_status(decision.status, decision.rule, decision.explanation)"
AN_ACTIVITY = "await calls.case_intervals(agency)"


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        pytest.param(
            CASE,
            BOOKED,
            f"{BOOKED}            {AN_ACTIVITY}\n",
            "+      await calls.case_intervals()",
            id="an activity before the wait",
        ),
        pytest.param(
            ALARMS,
            'self._set("docket_check",',
            'print("docket_check",',
            "-        self._set('docket_check')",
            id="a timer removed",
        ),
        pytest.param(
            SIGNALS,
            '"conviction": Signal(',
            '"verdict": Signal(',
            "+  SIGNALS = ['verdict', 'dismissal'",
            id="a signal renamed",
        ),
        pytest.param(
            CASE,
            f"        {A_STATUS}\n        await self._wait()\n",
            f"        await self._wait()\n        {A_STATUS}\n",
            "+    await self._wait()",
            id="two commands in another order",
        ),
        pytest.param(
            EARLIER_RUNS,
            """    recalled = await calls.recall_case(workflow.info().workflow_id)
    state.flags_written = flags_written
    for message, reason in state.recall(recalled):
        inbox.reject_accepted(message, reason)
""",
            """    for message, reason in state.recall(recalled):
        inbox.reject_accepted(message, reason)
    recalled = await calls.recall_case(workflow.info().workflow_id)
""",
            "+    await calls.recall_case()",
            id="an activity after other commands",
        ),
        pytest.param(
            CASE,
            "await calls.withdraw_flag(",
            "calls.withdraw_flag(",
            "+      calls.withdraw_flag()",
            id="an activity that is not waited for",
        ),
        pytest.param(
            CALLS,
            "_write(FLAG_CASE",
            "_write(CLEAR_CASE",
            "+      _write(CLEAR_CASE)",
            id="another activity",
        ),
        pytest.param(
            ALARMS,
            "                if not state.overdue:\n",
            "                if state.overdue:\n",
            "-      if not state.overdue",
            id="a condition",
        ),
        pytest.param(
            CASE,
            BOOKED,
            f'{BOOKED}            if workflow.patched("p"): {AN_ACTIVITY}\n',
            "+      if workflow.patched('p')",
            id="a patch",
        ),
        pytest.param(CASE, "RUN = 2_000", "RUN = 1_000", "+  MAX_MESSAGES_PER_RUN = 1000", id="a limit"),
        pytest.param(
            CASE, "workflow.continue_as_new(", "print(", "-    workflow.continue_as_new()", id="no new run"
        ),
        pytest.param(
            CASE,
            "long and self._is_idle",
            "long",
            "+    return long",
            id="when a run is long",
        ),
        pytest.param(
            CALLS,
            "maximum_interval=timedelta(minutes=1))",
            "maximum_attempts=3)",
            "+  UNTIL_WRITTEN = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3)",
            id="a retry policy",
        ),
        pytest.param(NAMES, '"submit"', '"send"', "+  UPDATE = 'send'", id="an update renamed"),
    ],
)
def test_a_change_of_commands_is_shown_with_what_to_do(path: str, old: str, new: str, reason: str) -> None:
    with pytest.raises(AssertionError) as failed:
        compare(changed(path, old, new))
    assert reason in str(failed.value)
    for step in ("docs/changing-workflows.md", "workflow.patched", "python -m tests.replay.fingerprint"):
        assert step in str(failed.value)


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (CALLS, '"Criminal history and class of each charge"', '"Criminal history"'),
        (CASE, "reason=after.explanation,", 'reason="",'),
        (CASE, '"""Flag or clear, then decide', '"""Clear or flag, then decide'),
    ],
    ids=["a summary", "what is shown", "a comment"],
)
def test_what_commands_nothing_may_change(path: str, old: str, new: str) -> None:
    compare(changed(path, old, new))
