"""Settings: defaults, the environment, and errors that tell what to write."""

from datetime import timedelta
from pathlib import Path

import pytest

from runtime.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "registry_url", *SPANS):
        monkeypatch.delenv(variable(name), raising=False)


SPANS = {
    "docket_check_every": timedelta(days=90),
    "docket_overdue_after": timedelta(days=730),
    "review_reminder_every": timedelta(days=30),
    "booking_overdue_after": timedelta(days=60),
}


def variable(name: str) -> str:
    return f"CONVICTION_GATE_{name.upper()}"


def test_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    assert settings.data == Path(".conviction-gate")
    assert settings.registry == f"sqlite+aiosqlite:///{tmp_path}/.conviction-gate/registry.db"
    assert {name: getattr(settings, name) for name in SPANS} == SPANS


def test_the_environment_overrules_defaults_and_arguments_overrule_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable("data"), str(tmp_path))
    monkeypatch.setenv(variable("registry_url"), "postgresql+asyncpg://db/gate")
    monkeypatch.setenv(variable("a_setting_of_another_edition"), "1")
    assert Settings().data == tmp_path
    assert Settings().registry == "postgresql+asyncpg://db/gate"
    assert Settings(data=tmp_path / "x", registry_url=None).registry.endswith("/x/registry.db")


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("data"), "")
    assert Settings().data == Path(".conviction-gate")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("2s", timedelta(seconds=2)),
        ("0.5s", timedelta(seconds=0.5)),
        ("30 m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("45D", timedelta(days=45)),
    ],
)
@pytest.mark.parametrize("name", SPANS)
def test_spans(monkeypatch: pytest.MonkeyPatch, name: str, text: str, span: timedelta) -> None:
    monkeypatch.setenv(variable(name), text)
    assert getattr(Settings(), name) == span


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("docket_check_every", "soon", "not a length of time; write a number"),
        ("docket_check_every", "90", "not a length of time; write a number"),
        ("docket_overdue_after", "0d", "out of range; write more than 0s"),
        ("review_reminder_every", "36501d", "out of range; write more than 0s"),
        ("booking_overdue_after", "9" * 400 + "d", "out of range; write more than 0s"),
        ("registry_url", "registry.db", "not a database address with its async driver"),
        ("registry_url", "sqlite:///registry.db", "not a database address with its async driver"),
    ],
)
def test_what_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch, name: str, text: str, reason: str) -> None:
    monkeypatch.setenv(variable(name), text)
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert str(caught.value).startswith(f"{variable(name)}: {reason}")


def test_all_misfits_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SPANS:
        monkeypatch.setenv(variable(name), "never")
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert all(variable(name) in str(caught.value) for name in SPANS)


def test_a_password_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("registry_url"), "postgresql+asyncpg://gate:secret@db/gate")
    assert "secret" not in repr(Settings())
    monkeypatch.setenv(variable("registry_url"), "postgresql://gate:secret@db/gate")
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert "secret" not in str(caught.value)
    assert caught.value.__suppress_context__
