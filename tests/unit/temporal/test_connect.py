"""What the SDK's core logs goes where Python's log goes: stdout belongs to what a command prints."""

import time

import pytest
from temporalio.runtime import LoggingConfig

from conviction_gate.temporal.connect import ConnectError, connect_config
from conviction_gate.temporal.runtime import sdk_runtime


def test_the_core_logs_as_python_does(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(LoggingConfig, "default", LoggingConfig(filter="INFO"))
    with caplog.at_level("INFO"):
        runtime = sdk_runtime.__wrapped__()
        runtime._core_runtime.write_test_info_log("a line of the core", "")
        while "a line of the core" not in caplog.text:  # it comes after some milliseconds
            time.sleep(0.01)
    assert capfd.readouterr().out == ""


def test_a_process_has_one_core() -> None:
    assert sdk_runtime() is sdk_runtime()


@pytest.mark.parametrize("address", ["http://", "https://gate.example.gov:7233"])
def test_an_address_is_no_url(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would warn on a line of its own, and is to refuse it."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    with pytest.raises(ConnectError, match=r"a URL; write host and port alone, as in localhost:7233$"):
        connect_config()
