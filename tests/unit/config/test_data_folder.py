"""How commands find the embedded server that runs on their data folder, and that they find no other."""

import json
from pathlib import Path

import pytest

from conviction_gate.config.data_folder import (
    LOCK_FILE,
    SERVER_FILE,
    ServerAddresses,
    folders_in_use,
    is_locked,
    open_lock,
    published,
    running_server,
)

ADDRESSES = ServerAddresses("127.0.0.1:7300", "http://127.0.0.1:8300", None, "http://127.0.0.1:8090", None)


def test_no_server_without_a_data_folder(tmp_path: Path) -> None:
    assert running_server(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_a_server_is_found_for_as_long_as_it_runs(tmp_path: Path) -> None:
    with open_lock(tmp_path) as lock:
        assert not is_locked(lock)
        assert running_server(tmp_path) is None
        with published(tmp_path, ADDRESSES):
            assert running_server(tmp_path) == ADDRESSES
        assert running_server(tmp_path) is None
    assert [file.name for file in tmp_path.iterdir()] == [LOCK_FILE]


def test_the_folders_in_use_are_those_of_servers_that_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conviction_gate.config.data_folder.gettempdir", lambda: str(tmp_path))
    assert folders_in_use() == []
    data = tmp_path / "data"
    with open_lock(data) as lock, published(data, ADDRESSES):
        assert folders_in_use() == []  # not locked, so its server was killed
        assert not is_locked(lock)
        assert folders_in_use() == [data]
    assert folders_in_use() == []


def test_a_file_that_a_killed_server_left_is_ignored(tmp_path: Path) -> None:
    with open_lock(tmp_path), published(tmp_path, ADDRESSES):  # not locked
        assert running_server(tmp_path) is None


def test_looking_for_a_server_does_not_keep_one_from_starting(tmp_path: Path) -> None:
    with open_lock(tmp_path) as lock:
        assert running_server(tmp_path) is None
        assert not is_locked(lock)


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", json.dumps({"address": "127.0.0.1:7300"}), "\xff"])
def test_a_file_of_another_kind_names_no_server(tmp_path: Path, text: str) -> None:
    with open_lock(tmp_path) as lock:
        assert not is_locked(lock)
        (tmp_path / SERVER_FILE).write_text(text, "latin-1")
        assert running_server(tmp_path) is None
