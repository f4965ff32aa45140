"""Options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from intake.session import use_data

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
