"""Settings: defaults, the environment, and errors that tell what to write."""

from datetime import timedelta
from pathlib import Path

import pytest

from conviction_gate.config.settings import Settings, SettingsError


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("data", "registry_url", "encryption", *SPANS):
        monkeypatch.delenv(variable(name), raising=False)


SPANS = {
    "docket_check_every": timedelta(days=90),
    "docket_overdue_after": timedelta(days=730),
    "review_reminder_every": timedelta(days=30),
    "booking_overdue_after": timedelta(days=60),
    "unknown_charge_after": timedelta(days=3),
}


def variable(name: str) -> str:
    return f"CONVICTION_GATE_{name.upper()}"


def test_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings()
    assert settings.data == Path(".conviction-gate")
    assert settings.registry == f"sqlite:///{tmp_path}/.conviction-gate/registry.db"
    assert {name: getattr(settings, name) for name in SPANS} == SPANS
    assert (settings.encryption, settings.plaintext) == ("on", "accept")
    assert settings.key_folder == tmp_path / ".conviction-gate" / "keys"


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
        ("docket_check_every", "soon", "not a duration; write a number"),
        ("docket_check_every", "90", "not a duration; write a number"),
        ("docket_overdue_after", "0d", "out of range; write more than 0s"),
        ("review_reminder_every", "36501d", "out of range; write more than 0s"),
        ("booking_overdue_after", "9" * 400 + "d", "out of range; write more than 0s"),
        ("registry_url", "registry.db", "not a database address"),
        ("registry_url", "sqlite:registry.db", "not a database address"),
        ("history_url", "records.example.gov/history", "not the address of a service"),
        ("history_url", "ftp://records.example.gov", "not the address of a service"),
        ("docket_url", "https://", "not the address of a service"),
        ("docket_url", "https://court:70000/x", "not the address of a service"),
        ("history_url", "https://records.example.gov/?key=1", "holds more than an address"),
        ("docket_url", "https://me@court.example.gov/", "holds more than an address"),
        ("docket_url", "http://[::1", "not the address of a service"),
        ("docket_url", "http://court.example.gov/\x01", "not the address of a service"),
        ("docket_url", "http://court.example.gov/a b", "not the address of a service"),
        ("docket_check_every", "٣d", "not a duration; write a number"),
        ("worker_deployment", "gate.v1", "not a deployment name; write"),
        ("worker_deployment", "__gate", "not a deployment name; write"),
        ("worker_build", "of today", "not a build id; write"),
        ("worker_build", "gate:1", "not a build id; write"),
        ("reopeners", "clerk-7,,clerk-9", "not a list of ids; separate them by commas"),
        ("withdrawers", "d" * 129, "not a list of ids; separate them by commas"),
        ("worker_cache", "many", "not a whole number; write one"),
        ("worker_cache", "-1", "too small; write 0 or more"),
        ("worker_pollers", "1", "too small; write 2 or more"),
        ("worker_workflow_tasks", "1", "too small; write 2 or more"),
        ("worker_activities", "0", "too small; write 1 or more"),
        ("worker_sticky_for", "5", "not a duration; write a number"),
    ],
)
def test_what_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch, name: str, text: str, reason: str) -> None:
    monkeypatch.setenv(variable(name), text)
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert str(caught.value).startswith(f"{variable(name)}: {reason}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("30d", ": not a JSON object; write it as in"),
        ("[" * 100_000, ": not a JSON object; write it as in"),
        ("[]", ": not an object; write it as in"),
        ('{"CA": 30}', " (CA): not an object; write it as in"),
        ('{"Kern": {}}', " (Kern): not an ORI, nor the beginning of one; write it as in CA"),
        ('{"CA": {"docket_check_every": "soon"}}', " (CA.docket_check_every): not a duration"),
        ('{"CA": {"docket_check_every": 30}}', " (CA.docket_check_every): not a duration"),
        ('{"CA": {"docket_check_every": true}}', " (CA.docket_check_every): not a duration"),
        ('{"CA": {"docket_check_every": ["3d"]}}', " (CA.docket_check_every): not a duration"),
        ('{"CA": {"docket_checks": "3d"}}', " (CA.docket_checks): not known; write one of docket_check_every,"),
    ],
)
def test_an_agency_timer_that_does_not_fit_is_named(
    monkeypatch: pytest.MonkeyPatch, text: str, reason: str
) -> None:
    monkeypatch.setenv(variable("agencies"), text)
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert str(caught.value).startswith(f"{variable('agencies')}{reason}")


def test_an_agency_has_timers_of_its_own_and_the_longest_prefix_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(
        variable("agencies"),
        '{"CA": {"docket_check_every": "30d", "docket_overdue_after": "365d"},'
        ' "CAZZ00100": {"docket_check_every": "7d"}}',
    )
    settings = Settings()
    one, state, other = map(settings.intervals_of, ("CAZZ00100", "CAZZ00200", "NYZZ00100"))
    assert [i.docket_check.days for i in (one, state, other)] == [7, 30, 90]
    assert [i.docket_overdue.days for i in (one, state, other)] == [365, 365, 730]
    assert [i.booking_overdue.days for i in (one, state, other)] == [60, 60, 60]


def test_the_worker_is_tuned_by_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("worker_cache"), "20")
    monkeypatch.setenv(variable("worker_pollers"), "3")
    monkeypatch.setenv(variable("worker_sticky_for"), "10s")
    settings = Settings()
    assert (settings.worker_cache, settings.worker_pollers) == (20, 3)
    assert (settings.worker_workflow_tasks, settings.worker_activities) == (100, 100)
    assert settings.worker_sticky_for == timedelta(seconds=10)


@pytest.mark.parametrize("name", ["reviewers", "reopeners", "withdrawers"])
def test_who_may_is_a_list_of_ids_and_anybody_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(variable(name), raising=False)
    act = "refusal_to_" + {"reviewers": "review", "reopeners": "reopen", "withdrawers": "withdraw"}[name]
    assert getattr(Settings().permits, act)("anybody") is None
    monkeypatch.setenv(variable(name), "r-7, r-9")
    may = getattr(Settings().permits, act)
    assert (may("r-7"), may("r-9")) == (None, None)
    assert variable(name) in may("r-8")
    assert may("") is not None


@pytest.mark.parametrize("name", ["reviewers", "reopeners", "withdrawers"])
@pytest.mark.parametrize("text", ["", " ", ",", " , ,"])
@pytest.mark.parametrize("in_a_file", [False, True])
def test_a_list_that_names_nobody_lets_nobody_in_by_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, in_a_file: bool
) -> None:
    if in_a_file:
        monkeypatch.setenv(variable("secrets"), str(tmp_path))
        (tmp_path / variable(name).lower()).write_text(text)
    else:
        monkeypatch.setenv(variable(name), text)
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert str(caught.value) == (
        f"{variable(name)}: names nobody; write at least one id, as in r-7,r-9, or unset the variable to "
        "allow everybody"
    )


def test_a_deployment_and_its_build_belong_together(monkeypatch: pytest.MonkeyPatch) -> None:
    names = variable("worker_deployment"), variable("worker_build")
    for mine, its in (names, names[::-1]):
        with monkeypatch.context() as alone:
            alone.setenv(mine, "gate-1")
            with pytest.raises(SettingsError) as caught:
                Settings()
        assert str(caught.value) == f"{mine}: requires {its}; set that too, or unset this one"
    for name in names:
        monkeypatch.setenv(name, "gate-1")
    assert (Settings().worker_deployment, Settings().worker_build) == ("gate-1", "gate-1")


def test_the_worker_controller_names_deployment_and_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_DEPLOYMENT_NAME", "gate/conviction-gate")
    monkeypatch.setenv("TEMPORAL_WORKER_BUILD_ID", "0.1.0-3f2a")
    settings = Settings()
    assert (settings.worker_deployment, settings.worker_build) == ("gate/conviction-gate", "0.1.0-3f2a")
    monkeypatch.setenv("TEMPORAL_DEPLOYMENT_NAME", "gate.conviction-gate")
    with pytest.raises(SettingsError, match=f"{variable('worker_deployment')}: not a deployment name"):
        Settings()


def test_a_setting_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = "postgresql+asyncpg://gate:kept@db/gate"
    (tmp_path / "conviction_gate_registry_url").write_text(f"{url}\n")
    monkeypatch.setenv(variable("secrets"), str(tmp_path))
    assert Settings().registry == url
    monkeypatch.setenv(variable("registry_url"), "postgresql+asyncpg://other/gate")
    assert Settings().registry == "postgresql+asyncpg://other/gate"


def test_a_folder_of_settings_that_is_not_there_is_told_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable("secrets"), str(tmp_path / "none"))
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert str(caught.value) == (
        f"{variable('secrets')}: {tmp_path / 'none'} is not a folder; create it, or unset the variable"
    )


def test_a_file_that_does_not_fit_is_told_of_by_its_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "conviction_gate_registry_url").write_text("postgresql://gate:kept@db/gate")
    monkeypatch.setenv(variable("secrets"), str(tmp_path))
    with pytest.raises(SettingsError, match=variable("registry_url")) as caught:
        Settings()
    assert "kept" not in str(caught.value)


def test_services_are_named_with_what_lets_us_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (Settings().history, Settings().docket) == (None, None)
    monkeypatch.setenv(variable("history_url"), "https://records.example.gov/history")
    monkeypatch.setenv(variable("history_token"), "secret")
    monkeypatch.setenv(variable("docket_url"), "http://127.0.0.1:8000")
    monkeypatch.setenv(variable("docket_certificate"), "/run/court.pem")
    history, docket = Settings().history, Settings().docket
    assert history is not None
    assert docket is not None
    assert (history.url, history.token) == ("https://records.example.gov/history", "secret")
    assert history.description == "the history service at records.example.gov"
    assert (docket.url, docket.token, docket.certificate) == (
        "http://127.0.0.1:8000",
        None,
        Path("/run/court.pem"),
    )
    assert "secret" not in repr(Settings())


@pytest.mark.parametrize("token", ["two words", "a\nHost: b", "ключ", " "])
def test_a_token_that_cannot_be_sent_is_named_and_not_told(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv(variable("history_url"), "https://records.example.gov/history")
    monkeypatch.setenv(variable("history_token"), token)
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert str(caught.value).startswith(f"{variable('history_token')}: holds white space or characters other")
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize(
    ("part", "of"), [("token", "url"), ("certificate", "url"), ("key", "certificate"), ("ca", "url")]
)
@pytest.mark.parametrize("service", ["history", "docket"])
def test_what_lets_us_in_belongs_to_something(
    monkeypatch: pytest.MonkeyPatch, service: str, part: str, of: str
) -> None:
    if of != "url":
        monkeypatch.setenv(variable(f"{service}_url"), "https://records.example.gov/history")
    monkeypatch.setenv(variable(f"{service}_{part}"), "x")
    with pytest.raises(SettingsError) as caught:
        Settings()
    mine, its = variable(f"{service}_{part}"), variable(f"{service}_{of}")
    assert str(caught.value) == f"{mine}: requires {its}; set that too, or unset this one"


def test_a_scheme_is_read_in_either_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable("history_url"), "HTTPS://records.example.gov/history")
    assert Settings().history is not None


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


@pytest.mark.parametrize("name", ["metrics", "health"])
@pytest.mark.parametrize("address", ["127.0.0.1:9464", "0.0.0.0:1", "[::1]:65535"])
def test_an_address_to_listen_at(monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> None:
    monkeypatch.setenv(variable(name), address)
    assert getattr(Settings(), name) == address


@pytest.mark.parametrize("name", ["metrics", "health"])
@pytest.mark.parametrize("address", ["9464", ":9464", "localhost:9464", "127.0.0.1:0", "127.0.0.1:x", "::1"])
def test_no_address_to_listen_at(monkeypatch: pytest.MonkeyPatch, name: str, address: str) -> None:
    monkeypatch.setenv(variable(name), address)
    with pytest.raises(SettingsError, match=r"not an IP address and a port; write one such as 127.0.0.1:9464"):
        Settings()
