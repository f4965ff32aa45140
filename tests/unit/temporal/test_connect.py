"""The server's address, and the log of the SDK's core, which must not go to stdout."""

import os
import time
from pathlib import Path

import pytest
from temporalio.runtime import LoggingConfig

from conviction_gate.config.data_folder import ServerAddresses, is_locked, open_lock, published
from conviction_gate.temporal.connect import DEFAULT_ADDRESS, ConnectError, connect_config
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


def test_the_address_is_that_of_the_server_on_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    monkeypatch.setenv("CONVICTION_GATE_DATA", str(tmp_path))
    assert connect_config()["target_host"] == DEFAULT_ADDRESS
    addresses = ServerAddresses("127.0.0.1:7300", "http://127.0.0.1:8300", None, None, None)
    with open_lock(tmp_path) as lock, published(tmp_path, addresses):
        assert not is_locked(lock)
        assert connect_config()["target_host"] == "127.0.0.1:7300"
        assert connect_config(tmp_path / "other")["target_host"] == DEFAULT_ADDRESS
        monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example.gov:7233")
        assert connect_config()["target_host"] == "temporal.example.gov:7233"


@pytest.mark.parametrize(
    ("address", "is_refused"),
    [("127.0.0.1:7233", True), ("127.0.0.1:7300", False), ("127.0.0.1:17233", False)],
)
def test_the_default_address_is_not_that_of_a_server_on_another_folder(
    address: str, is_refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)
    addresses = ServerAddresses(address, "http://127.0.0.1:8300", None, None, None)
    other = tmp_path / "the other"
    monkeypatch.setattr("conviction_gate.temporal.connect.running_servers", lambda: {other: addresses})
    if is_refused:
        with pytest.raises(ConnectError) as caught:
            connect_config(tmp_path)
        assert str(caught.value) == (
            f"no server runs on the data folder {tmp_path}, and the one at localhost:7233 has another; "
            f"add --data '{other}', or set TEMPORAL_ADDRESS"
        )
        monkeypatch.setenv("TEMPORAL_ADDRESS", "localhost:7233")
        assert connect_config(tmp_path)["target_host"] == "localhost:7233"
    else:
        assert connect_config(tmp_path)["target_host"] == DEFAULT_ADDRESS
