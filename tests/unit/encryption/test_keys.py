"""The keyring: where keys come from, what does not fit, and that nothing shows a key."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

from conviction_gate.config.settings import Settings
from conviction_gate.encryption.keys import KeysError, list_keys, make_key, read_keyring, use_key

SECRET = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(range(1, 33))).decode()


def settings(tmp_path: Path, **values: Any) -> Settings:
    return Settings(data=tmp_path, **values)


def key_file(folder: Path, name: str, text: str = SECRET, mode: int = 0o600) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_first_key_is_the_current_one_and_a_further_one_waits(tmp_path: Path) -> None:
    here, folder = settings(tmp_path), tmp_path / "keys"
    first = make_key(folder, "k1")
    assert first.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert read_keyring(here).current == "k1"
    make_key(folder, "k2")
    assert read_keyring(here).current == "k1"
    use_key(folder, "k2")
    assert read_keyring(here).current == "k2"
    assert [(key.id, key.is_current) for key in list_keys(here)] == [("k1", False), ("k2", True)]


def test_a_key_is_named_by_its_day(tmp_path: Path) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d\.key", make_key(tmp_path).name)
    with pytest.raises(KeysError, match="exists; name another id"):
        make_key(tmp_path)


def test_keys_of_a_mounted_secret(tmp_path: Path) -> None:
    """Kubernetes links each file to a hidden folder, and lets the group read."""
    hidden = tmp_path / "..data"
    key_file(hidden, "a.key", SECRET + "\n", 0o440)
    key_file(hidden, "b.key", OTHER, 0o400)
    key_file(hidden, "current", "b\n")
    for file in hidden.iterdir():
        (tmp_path / file.name).symlink_to(file)
    ring = read_keyring(Settings(keys=tmp_path))
    assert (ring.current, set(ring.ciphers)) == ("b", {"a", "b"})


def test_keys_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVICTION_GATE_KEYRING", f"new={OTHER} old={SECRET}")
    here = settings(tmp_path)
    ring = read_keyring(here)
    assert (ring.current, list(ring.ciphers)) == ("new", ["new", "old"])
    assert all(key.file is None for key in list_keys(here))
    for shown in (repr(here), repr(ring), str(here), repr(list_keys(here)), here.model_dump_json()):
        assert SECRET not in shown
        assert OTHER not in shown


@pytest.mark.parametrize(
    ("keyring", "reason"),
    [
        (f"a={SECRET},a={OTHER}".replace(",", " "), "holds the id a twice; remove one"),
        (SECRET[:-1], "not of the form id=base64"),
        (f"a b={SECRET}", "not of the form id=base64"),
        (f"a={SECRET[4:]}", "not 32 bytes in base64; make a key"),
        (f"a=!{SECRET}", "not 32 bytes in base64; make a key"),
        (f"a={OTHER} {SECRET[:-1]}x==", "key 2: not 32 bytes in base64; make a key"),
        (f"a/b={SECRET}", "a key's id is up to 64 letters"),
        (" ", "holds no key"),
    ],
)
def test_a_variable_that_does_not_fit(tmp_path: Path, keyring: str, reason: str) -> None:
    with pytest.raises(KeysError, match=reason) as error:
        read_keyring(settings(tmp_path, keyring=keyring))
    assert SECRET[4:-1] not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("mode", [0o644, 0o620, 0o604])
def test_a_key_that_others_can_read_or_change(tmp_path: Path, mode: int) -> None:
    file = key_file(tmp_path / "keys", "a.key", mode=mode)
    with pytest.raises(KeysError, match=f"accessible to other users .*; run `chmod 600 {file}`"):
        read_keyring(settings(tmp_path))


@pytest.mark.parametrize("text", ["", "short", SECRET[:-4], SECRET + SECRET])
def test_a_file_that_holds_no_key(tmp_path: Path, text: str) -> None:
    key_file(tmp_path / "keys", "a.key", text)
    with pytest.raises(KeysError, match=r"a\.key: not 32 bytes in base64; make a key with"):
        read_keyring(settings(tmp_path))


def test_no_key(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match=r"no key .*/keys; restore your copy .* make one with `conv.*=off"):
        read_keyring(settings(tmp_path))


def test_several_keys_and_none_is_current(tmp_path: Path) -> None:
    for name in ("a.key", "b.key"):
        key_file(tmp_path / "keys", name)
    with pytest.raises(KeysError, match=r"has 2 keys, and none .* `conviction-gate keys use ID`"):
        read_keyring(settings(tmp_path))
    key_file(tmp_path / "keys", "current", "c")
    with pytest.raises(KeysError, match="names a key that does not exist; restore its file"):
        read_keyring(settings(tmp_path))
    with pytest.raises(KeysError, match=r"no key 'c' in .*; see `conviction-gate keys list`"):
        use_key(tmp_path / "keys", "c")
    use_key(tmp_path / "keys", "b")
    assert read_keyring(settings(tmp_path)).current == "b"


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("")
    with pytest.raises(KeysError, match="cannot be listed: Not a directory; fix"):
        read_keyring(settings(tmp_path))
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(KeysError, match=r"cannot be written: .*; name another folder"):
        make_key(tmp_path / "nowhere")
