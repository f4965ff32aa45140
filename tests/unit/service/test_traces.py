"""Traces are an option: without the setting nothing of them is needed."""

import sys

import pytest

from conviction_gate.config.settings import SettingsError
from conviction_gate.service import traces


def test_without_the_setting_nothing_is_imported() -> None:
    before = set(sys.modules)
    with traces.tracing(None) as interceptors:
        assert not interceptors
    assert set(sys.modules) == before


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        name for name in sys.modules if name == "conviction_gate.service.spans" or "opentelemetry" in name
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with (
        pytest.raises(
            SettingsError, match=r"^CONVICTION_GATE_TRACES: .*pip install 'conviction-gate\[traces\]'"
        ),
        traces.tracing("http://127.0.0.1:4318/v1/traces"),
    ):
        pass
