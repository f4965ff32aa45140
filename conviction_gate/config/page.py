"""The reference of all settings, docs/settings.md: `make settings-page` writes it.

What each setting is comes from its docstring in `Settings`; here are only the sections and what holds for a
whole section.
"""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic_core import PydanticUndefined

from conviction_gate.config.settings import PREFIX, REQUIRES, Settings

_UNITS: Final = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}


class Section(NamedTuple):
    """Settings that belong together. `settings`: names of fields, or how several begin, with `*` at the end."""

    title: str
    settings: tuple[str, ...]
    intro: str


SECTIONS: Final = (
    Section(
        "Data and registry",
        ("data", "registry_url"),
        "The registry holds outcomes and flags for good. SQLite is for one machine; several workers need "
        "PostgreSQL, through the driver `asyncpg`. A password with `@`, `/` or `:` in it must be "
        "percent-encoded. A process opens at most ten connections.",
    ),
    Section(
        "Encryption",
        ("encryption", "keys", "keyring", "plaintext"),
        "Every worker, and every machine that runs `conviction-gate`, needs the same keys. A key file that "
        "other users can read is refused. [runbook.md](runbook.md#keys) has key rotation, and what to do "
        "where a key is missing.",
    ),
    Section(
        "Codec server",
        ("codec_*",),
        "The codec server decrypts payloads for the web UI and the `temporal` program "
        "([web-ui.md](web-ui.md)). It reads the keys at its start, and serves one namespace, that of "
        "`TEMPORAL_NAMESPACE`.",
    ),
    Section(
        "Door",
        ("callers",),
        "The door is the HTTP API, `conviction-gate serve`. Its file of callers is read again when it changes; "
        "a file that does not fit changes nothing, and the log and `/readyz` say so.",
    ),
    Section(
        "Desk",
        ("desk_*",),
        "The desk has the pages for people, beside the door ([desk.md](desk.md)). A person signs in, and the "
        "access token that they get decides which caller of the file they are.",
    ),
    Section(
        "Timers",
        (
            "docket_check_every",
            "docket_overdue_after",
            "review_reminder_every",
            "booking_overdue_after",
            "unknown_charge_after",
            "agencies",
        ),
        "Every timer is durable, and none of them decides anything: it looks something up, or asks for "
        "attention. A case records its timers when its criminal history is checked and after each look at "
        "the docket. A changed setting reaches open cases at that point, and never disturbs a wait that has"
        " begun. `catalog` names a file of an agency's own offense codes "
        "([catalog.md](catalog.md#an-agencys-own-codes)).",
    ),
    Section(
        "Who may rule, reopen and withdraw",
        ("reviewers", "reopeners", "withdrawers"),
        "Set all three in production, for the workers and for every command line. A list that is set but "
        "names nobody is refused. A ruling by somebody else is kept under `rejected` on its case; a "
        "correction by somebody else ends `unchanged`. [security.md](security.md#the-three-lists) says what"
        " an id proves.",
    ),
    Section(
        "Sources",
        ("history_*", "docket_url", "docket_token", "docket_certificate", "docket_key", "docket_ca"),
        "A case asks two services over HTTP: the state repository for the criminal history, by `GET "
        "{url}?fingerprint_id=…&fbi_number=…&state_id=…`, and the court for docket entries, by `GET "
        "{url}?agency=…&tracking_number=…`. [runbook.md](runbook.md#the-history-source-is-down) has what "
        "happens when one does not answer. Workers follow no proxy variables and keep no cookies: a proxy "
        "would learn whom we ask about.",
    ),
    Section(
        "Worker",
        ("patrol", "worker_*"),
        "[performance.md](performance.md) has how the defaults were chosen, "
        "[deploying-workers.md](deploying-workers.md) what deployments and builds are for.",
    ),
    Section(
        "Monitoring",
        ("log", "metrics", "health", "traces"),
        "Nothing listens unless it is set, and nothing there asks for a password: use an address that only "
        "your monitoring reaches. Nothing there names a person, a case or an agency, except that logs and "
        "spans have the ids of cases. [monitoring.md](monitoring.md) has the endpoints, metrics, logs and "
        "spans.",
    ),
)

_INTRO: Final = f"""\
<!-- Made by `make settings-page` from conviction_gate/config/: change it there. -->

# Settings

Settings are environment variables. Values are checked before anything starts; an error names the variable, the
reason and what to write.

- A length of time is a number and `s`, `m`, `h` or `d`: `90d`, `20s`.
- An empty variable counts as unset.
- Any setting may be a file instead: `conviction_gate_registry_url` in the folder that `{PREFIX}SECRETS` names.
  So no secret has to be in the environment. A variable overrides the file.
- A command's option `--data FOLDER` overrides `{PREFIX}DATA`.

## The Temporal server

The SDK's own variables, or a `temporal.toml` with profiles, say how to reach the server.

| variable | default | what |
| --- | --- | --- |
| `TEMPORAL_ADDRESS` | that of the `up` that runs on the data folder, else `localhost:7233` | Host and port. |
| `TEMPORAL_NAMESPACE` | `default` | The namespace. |
| `TEMPORAL_API_KEY` | unset | An API key or token. |
| `TEMPORAL_TLS_CLIENT_CERT_PATH`, `TEMPORAL_TLS_CLIENT_KEY_PATH` | unset | A client's certificate and key. |
| `TEMPORAL_TLS_SERVER_CA_CERT_PATH` | unset | The server's certificate authority. All three are PEM files. |
"""


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join([_INTRO, *map(_section, SECTIONS)])


def names_in(section: Section) -> list[str]:
    """The fields of `Settings` that a section is about, in their order there."""
    return [
        name
        for name in Settings.model_fields
        if any(name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in section.settings)
    ]


def _section(section: Section) -> str:
    rows = [_row(name) for name in names_in(section)]
    return "\n".join(
        [
            f"## {section.title}",
            "",
            section.intro,
            "",
            "| variable | default | what |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _row(name: str) -> str:
    field = Settings.model_fields[name]
    what = " ".join((field.description or "").split())
    if required := [f"`{PREFIX}{other.upper()}`" for one, other in REQUIRES if one == name]:
        what += f" Requires {' and '.join(required)}."
    return f"| `{PREFIX}{name.upper()}` | {_default(field.default)} | {what} |"


def _default(value: Any) -> str:
    match value:
        case timedelta():
            unit = next(unit for unit, length in _UNITS.items() if value % length == timedelta(0))
            return f"`{value // _UNITS[unit]}{unit}`"
        case str() | int() | Path():
            return f"`{value}`"
        case _:
            assert not value or value is PydanticUndefined
            return "unset"


if __name__ == "__main__":
    sys.stdout.write(page())
