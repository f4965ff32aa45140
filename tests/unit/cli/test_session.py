"""How a command ends that found no server: it names the data folder that `up` runs with."""

from pathlib import Path

import pytest
import typer

from conviction_gate.cli import session
from conviction_gate.config.settings import PREFIX, SettingsError
from conviction_gate.encryption.keys import KeysError
from conviction_gate.temporal.connect import ConnectError

HINT = "; `conviction-gate up` runs with another data folder: add --data '/srv/my gate'\n"
REASON = "no Temporal server answers\n"


async def unreachable() -> None:
    raise ConnectError(REASON.strip())


@pytest.mark.parametrize(
    ("named", "in_use", "printed"),
    [
        ({}, ["/srv/my gate"], f"there is no data folder {{folder}}/.conviction-gate{HINT}"),
        ({}, [], REASON),
        ({"TEMPORAL_ADDRESS": "127.0.0.1:7300"}, ["/srv/my gate"], REASON),
        ({f"{PREFIX}DATA": "/srv/other"}, ["/srv/my gate"], REASON),
    ],
)
def test_an_error_names_the_folder_that_is_in_use(
    named: dict[str, str],
    in_use: list[str],
    printed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in session.NAMED:
        monkeypatch.delenv(name, raising=False)
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(session, "folders_in_use", lambda: list(map(Path, in_use)))
    with pytest.raises(typer.Exit):
        session.run(unreachable())
    assert capsys.readouterr().err == f"error: {printed.format(folder=tmp_path)}"


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (SettingsError(f"{PREFIX}DOOR: not a number; write one"), f"{PREFIX}DOOR: not a number; write one\n"),
        (KeysError("no key"), f"there is no data folder {{folder}}/.conviction-gate{HINT}"),
        (
            ConnectError("no server runs; add --data '/srv/my gate'"),
            "no server runs; add --data '/srv/my gate'\n",
        ),
    ],
)
def test_only_an_error_that_another_folder_may_cure_names_it(
    error: Exception,
    printed: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def failing() -> None:
        raise error

    monkeypatch.chdir(tmp_path)
    for name in session.NAMED:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(session, "folders_in_use", lambda: [Path("/srv/my gate")])
    with pytest.raises(typer.Exit):
        session.run(failing())
    assert capsys.readouterr().err == f"error: {printed.format(folder=tmp_path)}"
