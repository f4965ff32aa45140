"""Every history that was ever recorded replays on today's code; what breaks an open case is found out."""

import importlib
import re
import sys
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest
from temporalio.worker import UnsandboxedWorkflowRunner

import tests.replay.record
from conviction_gate.contracts import reading, signals
from conviction_gate.contracts.signals import SIGNALS
from tests.replay.record import SHAPES, files, main, read, record, release, sets, shape_of, version
from tests.support.replaying import replay

HISTORIES = [pytest.param(file, id=f"{file.parent.name}/{file.name}") for one in sets() for file in files(one)]
NOT_COVERED = (
    "the set {set} lacks {shapes}. Before its release: remove the folder and run `make histories`. After it: "
    "raise the version in pyproject.toml, and record the new shapes with the next set."
)


@pytest.mark.parametrize("file", HISTORIES)
async def test_a_recorded_history_replays(file: Path) -> None:
    await replay(file)


# The sets ----------------------------------------------------------------------------------------


def shapes_in(folder: Path) -> set[str]:
    return {shape_of(file) for file in files(folder)}


def test_the_set_of_this_release_holds_every_shape() -> None:
    """In development of a release that has no set yet, the one before it is the last."""
    newest = sets()[-1]
    if newest.name == release():
        missing = set(SHAPES) - shapes_in(newest)
        assert not missing, NOT_COVERED.format(set=newest.name, shapes=sorted(missing))
    else:
        assert ".dev" in version(), "a release has its own set: run `make histories`"


def test_no_shape_is_given_up() -> None:
    for folder in sets():
        lost = shapes_in(folder) - set(SHAPES)
        assert not lost, (
            f"tests/replay/shapes/ no longer reaches {sorted(lost)} of {folder.name}; bring it back"
        )


def test_a_set_names_no_machine() -> None:
    for folder in sets():
        for file in files(folder):
            text = str(list(read(file).events))
            assert not re.search(r"@|/tmp|/home|/root|site-packages", text), f"{file} names a machine"


async def test_recording_reaches_a_shape_of_today(tmp_path: Path) -> None:
    wanted = ["flagged-at-the-second-try", "continued-while-waiting"]
    await record(tmp_path, [SHAPES[name] for name in wanted])
    assert shapes_in(tmp_path) == set(wanted)
    assert len(files(tmp_path)) == 3
    for file in files(tmp_path):
        await replay(file)


def test_a_set_is_never_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tests.replay.record, "FOLDER", tmp_path)
    (tmp_path / release()).mkdir()
    assert main() == 1
    assert "raise the version" in capsys.readouterr().err
    assert files(tmp_path / release()) == []


# Changes that would leave open cases stuck ---------------------------------------------------------

FIRST_SET = sets()[0]
BOOKED = "            await self._wait_for_booking()\n"
AN_ACTIVITY = 'await calls.case_intervals("ZZ0000100")'


def changed(module: str, *changes: tuple[str, str]) -> type:
    """The workflow of a module whose source was changed in memory, each text at its one place."""
    made = executed(module, *changes)
    if module not in (CASE, CORRECTION):
        with patch.dict(sys.modules, {module: made}):
            made = executed(CASE)
    (workflow,) = (w for name, w in vars(made).items() if name in ("BookingCase", "FlagCorrection"))
    return workflow


def executed(module: str, *changes: tuple[str, str]) -> ModuleType:
    there = importlib.import_module(module)
    source = Path(str(there.__file__)).read_text()
    for old, new in changes:
        assert source.count(old) == 1, (
            f"{old!r} stands {source.count(old)} times in {module}; name another text"
        )
        source = source.replace(old, new)
    made = ModuleType(module)
    exec(compile(source, f"{module} (changed)", "exec"), made.__dict__)
    return made


async def is_stuck(shape: str, workflow: type) -> None:
    with pytest.raises(AssertionError, match=r"docs/changing-workflows\.md"):
        await replay(FIRST_SET / shape, [workflow], UnsandboxedWorkflowRunner())


CASE, CORRECTION = "workflows.booking_case", "workflows.flag_correction"
ALARMS, DISPLAY = "workflows.alarms", "workflows.display"


@pytest.mark.parametrize(
    ("shape", "module", "old", "new"),
    [
        pytest.param(
            "waiting-for-court.json",
            CASE,
            BOOKED,
            f"{BOOKED}            {AN_ACTIVITY}\n",
            id="an activity before the wait",
        ),
        pytest.param(
            "waiting-for-court.json",
            ALARMS,
            "                if not state.overdue:\n",
            "                if state.overdue:\n",
            id="a timer removed",
        ),
        pytest.param(
            "waiting-for-court.json",
            DISPLAY,
            "workflow.upsert_search_attributes(updates)",
            "pass",
            id="search attributes no longer upserted",
        ),
        pytest.param(
            "continued-at-the-most-messages.1.json.gz",
            CASE,
            "MAX_MESSAGES_PER_RUN = 2_000",
            "MAX_MESSAGES_PER_RUN = 3_000",
            id="a longer run",
        ),
        pytest.param(
            "correction-that-waits-for-a-case.json",
            CORRECTION,
            "pause = timedelta(seconds=1)\n",
            'pause = timedelta(seconds=1)\n        await workflow.sleep(pause, summary="first")\n',
            id="a pause before a correction",
        ),
    ],
)
async def test_a_change_that_leaves_cases_stuck_is_found_out(
    shape: str, module: str, old: str, new: str
) -> None:
    await is_stuck(shape, changed(module, (old, new)))


async def test_a_renamed_signal_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case takes signals by their names in the contract; what came under the old one is then rejected."""
    renamed = dict(SIGNALS)
    renamed["verdict"] = renamed.pop("conviction")
    for module in (reading, signals):
        monkeypatch.setattr(module, "SIGNALS", renamed)
    await is_stuck("flagged-by-a-conviction.json", changed(CASE))


async def test_the_same_change_behind_a_patch_replays() -> None:
    guarded = f'{BOOKED}            if workflow.patched("look-again"):\n                {AN_ACTIVITY}\n'
    workflow = changed(CASE, (BOOKED, guarded))
    await replay(FIRST_SET / "waiting-for-court.json", [workflow], UnsandboxedWorkflowRunner())
