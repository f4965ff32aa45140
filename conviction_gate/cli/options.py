"""Options and arguments that several commands share."""

import shlex
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from conviction_gate.cli.session import fail, use_data
from conviction_gate.config.setting_types import Duration

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        callback=use_data,
        file_okay=False,
        help="The data folder; else CONVICTION_GATE_DATA, else .conviction-gate.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
File = Annotated[
    typer.FileBinaryRead,
    typer.Argument(
        metavar="FILE|-",
        help="JSON Lines, one JSON object, or an array of objects; - for standard input.",
    ),
]
Port = Annotated[int, typer.Option(min=1, max=65535)]


def read_span(text: str, option: str) -> timedelta:
    """A length of time as the settings have it, such as 180d."""
    try:
        span: timedelta = TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        fail(f"{option}: '{text}' is {reason}")
    return span


def again(context: typer.Context, *words: str, **options: str | int | None) -> str:
    """This command with other words and options, on the same data, as one types it."""
    options["data"] = context.params["data"] or context.find_root().params["data"]
    given = ["conviction-gate", *context.command_path.split()[1:], *words]
    for name, value in options.items():
        if value:
            given += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return shlex.join(given)
