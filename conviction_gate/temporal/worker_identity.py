"""The name under which a worker polls: its process, and in a few letters the keys and lists that it works with.

    4711@host#1f0c9a77    process and machine; four letters for the keys, four for the lists

The server shows it to `conviction-gate doctor`, which so finds workers that differ.
"""

import os
import re
import socket
from collections.abc import Collection
from hashlib import sha256
from typing import Final, Literal

from conviction_gate.config.settings import Settings
from conviction_gate.encryption.keys import read_keyring

Part = Literal["keys", "lists"]

_LETTERS: Final = 4
_MARK: Final = re.compile(rf"#([0-9a-f]{{{_LETTERS}}})([0-9a-f]{{{_LETTERS}}})$")


def worker_identity(settings: Settings) -> str:
    """The identity of a worker of this process. No key can be derived from it, nor who is on a list.

    Raises:
        SettingsError: the keys cannot be used.
    """
    return f"{os.getpid()}@{socket.gethostname()}#{_digest(_keys(settings))}{_digest(_lists(settings))}"


def differing_parts(identities: Collection[str]) -> dict[Part, list[list[str]]]:
    """What workers differ in, and the workers that agree on it, the most first. Those of other programs, and
    tests, name nothing and agree with everybody."""
    differing: dict[Part, list[list[str]]] = {}
    parts: tuple[Part, Part] = ("keys", "lists")
    for number, part in enumerate(parts, 1):
        groups: dict[str, list[str]] = {}
        for identity in sorted(identities):
            if mark := _MARK.search(identity):
                groups.setdefault(mark[number], []).append(identity[: mark.start()])
        if len(groups) > 1:
            differing[part] = sorted(groups.values(), key=len, reverse=True)
    return differing


def _keys(settings: Settings) -> object:
    """Ids, which is current, and for each key the tag of nothing: two keys of the same day have the same id."""
    if settings.encryption == "off":
        return "off"
    ring = read_keyring(settings)
    tags = {key_id: cipher.encrypt(bytes(12), b"", b"").hex() for key_id, cipher in ring.ciphers.items()}
    return ring.current, sorted(tags.items())


def _lists(settings: Settings) -> object:
    """Who may do what, whether plaintext is accepted, and the agencies with the content of their files."""
    allowed = (settings.reviewers, settings.reopeners, settings.withdrawers)
    agencies = [
        (prefix, own.model_dump_json(exclude={"catalog"}), own.catalog and own.catalog.read_bytes())
        for prefix, own in sorted(settings.agencies.items())
    ]
    return [ids if ids is None else sorted(ids) for ids in allowed], settings.plaintext, agencies


def _digest(content: object) -> str:
    return sha256(repr(content).encode()).hexdigest()[:_LETTERS]
