"""The keys that encrypt payloads: the current one, and older ones, which only decrypt.

They come from a folder, or else all from `CONVICTION_GATE_KEYRING`:

    keys/2026-11-24.key    32 bytes in base64, a file for each key; its name is the key's id
    keys/current           the id of the current key; not needed where there is only one
"""

import base64
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from conviction_gate.config.settings import PREFIX, Settings, SettingsError

KEY_BYTES = 32
CURRENT = "current"
_SUFFIX = ".key"
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII | re.IGNORECASE)
_OTHERS = 0o027  # mode bits; a group may read, as in Kubernetes' secrets
_VARIABLE = f"{PREFIX}KEYRING"


class KeysError(SettingsError):
    """The keys cannot be used; the text is one line with the next step, and never holds a key."""


@dataclass(frozen=True)
class Keyring:
    """`current`: the id of the key that encrypts. `ciphers`: all keys, by id."""

    current: str
    ciphers: Mapping[str, AESGCM] = field(repr=False, compare=False)


@dataclass(frozen=True)
class KeyFile:
    """A key as `keys list` shows it; `file` is None for one from `CONVICTION_GATE_KEYRING`."""

    id: str
    is_current: bool
    file: Path | None
    made_at: datetime | None


def read_keyring(settings: Settings) -> Keyring:
    """The keys that the settings name.

    Raises:
        KeysError: there is none, one is not valid, or none is named as the current one.
    """
    if settings.keyring is not None:
        return _from_variable(settings.keyring.get_secret_value())
    files = _files(settings.key_folder)
    if not files:
        raise KeysError(
            f"no key to encrypt payloads with in {settings.key_folder}; restore your copy of the keys, or "
            "where nothing was encrypted yet make one with `conviction-gate keys new`, name another folder in "
            f"{PREFIX}KEYS, or in development set {PREFIX}ENCRYPTION=off"
        )
    ciphers = {key_id: _from_file(file) for key_id, file in files.items()}
    return Keyring(_current(settings.key_folder, files), ciphers)


def list_keys(settings: Settings) -> list[KeyFile]:
    """Every key, in the order of their ids; raises `KeysError`."""
    ring = read_keyring(settings)
    files = {} if settings.keyring else _files(settings.key_folder)
    return [
        KeyFile(key_id, key_id == ring.current, file, _made_at(file) if file else None)
        for key_id in sorted(ring.ciphers)
        for file in [files.get(key_id)]
    ]


def ensure_key(settings: Settings) -> None:
    """Make the first key in the data folder, unless there is one or the settings name another place."""
    if settings.keyring is None and settings.keys is None and not _files(settings.key_folder):
        make_key(settings.key_folder)


def new_secret() -> str:
    """A new random key, in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def make_key(folder: Path, key_id: str | None = None) -> Path:
    """Write a new key that only this user can read; its id is today's date by default. Its file.

    The first key is the current one. A later one only decrypts until `use_key`, so that it can be copied to
    all workers before anything is encrypted with it. Raises `KeysError`.
    """
    key_id = checked_id(key_id or today())
    files = _files(folder)
    file = folder / f"{key_id}{_SUFFIX}"
    if files:
        _write(folder / CURRENT, _current(folder, files))
    if file.exists():
        raise KeysError(f"{file} exists; name another id, as in `conviction-gate keys new {key_id}-b`")
    _write(file, new_secret())
    return file


def use_key(folder: Path, key_id: str) -> None:
    """Make a key of the folder the current one; raises `KeysError`."""
    file = _files(folder).get(key_id)
    if file is None:
        raise KeysError(f"no key {key_id!a} in {folder}; see `conviction-gate keys list`")
    _from_file(file)
    _write(folder / CURRENT, key_id)


def _files(folder: Path) -> dict[str, Path]:
    try:
        files = [file for file in folder.iterdir() if file.suffix == _SUFFIX]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KeysError(
            f"the keys in {folder} cannot be listed: {error.strerror}; fix its permissions"
        ) from error
    return {checked_id(file.stem): file for file in files}


def _current(folder: Path, files: Mapping[str, Path]) -> str:
    file = folder / CURRENT
    try:
        current = file.read_text().strip()
    except FileNotFoundError:
        if len(files) == 1:
            return next(iter(files))
        raise KeysError(
            f"{folder} has {len(files)} keys, and none is named as the current one; "
            "name it with `conviction-gate keys use ID`"
        ) from None
    except (OSError, ValueError) as error:
        raise KeysError(f"{file} cannot be read: {error}; write a key's id there") from error
    if current not in files:
        raise KeysError(
            f"{file} names a key that does not exist; restore its file, or run `conviction-gate keys use ID`"
        )
    return current


def _from_file(file: Path) -> AESGCM:
    try:
        mode = file.stat().st_mode & 0o777
        text = file.read_bytes()
    except OSError as error:
        raise KeysError(
            f"the key {file} cannot be read: {error.strerror}; fix its owner or permissions"
        ) from error
    if mode & _OTHERS:
        raise KeysError(f"the key {file} is accessible to other users ({mode:04o}); run `chmod 600 {file}`")
    return _cipher(text, str(file))


def _from_variable(text: str) -> Keyring:
    ciphers: dict[str, AESGCM] = {}
    for number, part in enumerate(text.split(), 1):
        key_id, _, secret = part.strip(",").partition("=")
        if not secret:  # the error must not repeat it: it may be a key
            raise KeysError(f"{_VARIABLE}: not of the form id=base64; write the current key first")
        if checked_id(key_id) in ciphers:
            raise KeysError(f"{_VARIABLE}: holds the id {key_id} twice; remove one of them")
        ciphers[key_id] = _cipher(secret.encode(), f"{_VARIABLE}, key {number}")
    if not ciphers:
        raise KeysError(f"{_VARIABLE}: holds no key; write id=base64, the current key first, or unset it")
    return Keyring(next(iter(ciphers)), ciphers)


def _cipher(text: bytes, source: str) -> AESGCM:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeysError(
            f"{source}: not {KEY_BYTES} bytes in base64; make a key with `conviction-gate keys new`, "
            "or with `openssl rand -base64 32`"
        )
    return AESGCM(key)


def today() -> str:
    """The default id of a key that is made today."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def checked_id(key_id: str) -> str:
    """The id; raises `KeysError` where it is not valid."""
    if not _ID.fullmatch(key_id):
        raise KeysError("a key's id is up to 64 letters, digits, ., _ and -, as in 2026-11-24; rename the key")
    return key_id


def _made_at(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _write(file: Path, text: str) -> None:
    """Write the file whole or not at all, for this user alone."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(text + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        temporary.replace(file)
    except OSError as error:
        raise KeysError(f"{file} cannot be written: {error.strerror}; name another folder") from error
