"""The caller of an embedded server: everybody who can read its data folder, with every right."""

from pathlib import Path
from typing import Final

from conviction_gate.config.settings import Settings
from conviction_gate.door.callers import EVERYTHING, add_entry, entry_of, new_key

NAME: Final = "local"
KEY_FILE: Final = "door.key"


def key_file(data: Path) -> Path:
    """Where the key of `local` is."""
    return data / KEY_FILE


def ensure_local_caller(settings: Settings) -> None:
    """Make the caller `local` where the data folder has no file of callers, and keep its key beside it."""
    file = settings.callers_file
    if settings.callers is not None or file.exists():
        return
    key, place = new_key(), key_file(settings.data)
    place.touch(mode=0o600)
    place.chmod(0o600)
    place.write_text(f"{key}\n", encoding="utf-8")
    entry = entry_of(NAME, key, [EVERYTHING], [EVERYTHING], person=NAME)
    add_entry(file, entry + f'corrects = "{EVERYTHING}"\nper_minute = 100000\nbytes_per_minute = 1000000000\n')
