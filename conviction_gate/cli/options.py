"""Options and arguments that several commands share, and how their values are read."""

import re
import shlex
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Generic, TypeVar

import typer
from pydantic import TypeAdapter, ValidationError

from conviction_gate.cli.help import PROGRAM
from conviction_gate.cli.session import use_data
from conviction_gate.client.case_names import CASE_FORM, read_case_id
from conviction_gate.config.setting_types import Duration
from conviction_gate.contracts.names import ORI_PATTERN, CaseId

T = TypeVar("T")


def read_case(text: str) -> CaseId:
    """A case as a person names it."""
    if (case_id := read_case_id(text)) is None:
        raise typer.BadParameter(f"'{text}' is not a case; write {CASE_FORM}")
    return case_id


def read_agency(text: str) -> str:
    """The ORI of an agency."""
    if not re.fullmatch(ORI_PATTERN, text):
        raise typer.BadParameter(f"'{text}' is not an ORI; write nine characters, as in CA0190000")
    return text


@dataclass(frozen=True)
class Typed(Generic[T]):
    """A value, and how a person typed it."""

    text: str
    value: T

    def __str__(self) -> str:
        return self.text


def read_duration(text: str) -> Typed[timedelta]:
    """A length of time as the settings have it, such as 180d."""
    try:
        duration: timedelta = TypeAdapter(Duration).validate_python(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise typer.BadParameter(f"'{text}' is {reason}") from None
    return Typed(text, duration)


def read_since(text: str) -> Typed[datetime | timedelta]:
    """The beginning of a day on this machine's clock, or a length of time."""
    with suppress(ValueError):
        return Typed(text, datetime.combine(date.fromisoformat(text), time()).astimezone())
    try:
        return Typed(text, read_duration(text).value)
    except typer.BadParameter:
        raise typer.BadParameter(f"'{text}' is not a time; write a day, as in 2026-11-01, or 7d") from None


def whole_number(least: int, most: int) -> Callable[[str | int], int]:
    """Reads a number between these two."""

    def read(text: str | int) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise typer.BadParameter(f"'{text}' is out of range; write a number from {least} to {most}")
        return number

    return read


def one_of(words: Sequence[str], kind: str) -> Callable[[str], str]:
    """Reads one of these words, or a part between `_` or `.` that only one of them has."""

    # The short ones, such as `for`, are near to anything.
    parts = {part: word for word in words for part in re.split(r"[_.]", word) if len(part) > 3}

    def read(text: str) -> str:
        asked = re.sub(r"[\s-]+", "_", text.strip().lower())
        found = [word for word in words if word == asked] or [
            word for word in words if f"_{asked}_" in f"_{word.replace('.', '_')}_"
        ]
        match found:
            case [word]:
                return word
            case []:
                near = [parts[it] for it in get_close_matches(asked, parts, 1)] or [asked]
                raise typer.BadParameter(f"'{text}' is not a {kind}; {suggest(near[0], words)}")
            case several:
                raise typer.BadParameter(f"'{text}' is not one {kind}; write one of {', '.join(several)}")

    return read


def suggest(word: str, words: Sequence[str]) -> str:
    """What to write instead of a word that is none of these."""
    near = get_close_matches(word, words, 1)
    return f"did you mean {near[0]}?" if near else f"write one of {', '.join(words)}"


def completions(words: Sequence[str]) -> Callable[[str], list[str]]:
    """What completes a word that is begun, for the shell."""
    return lambda incomplete: [word for word in words if word.startswith(incomplete)]


Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        callback=use_data,
        file_okay=False,
        help="The data folder. Without it, CONVICTION_GATE_DATA; without that, .conviction-gate.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
File = Annotated[
    typer.FileBinaryRead,
    typer.Argument(
        metavar="FILE",
        help="JSON Lines, one JSON object, or an array of objects; - for standard input.",
    ),
]
Case = Annotated[CaseId, typer.Argument(parser=read_case, metavar="CASE", help=f"The case: {CASE_FORM}.")]
Agency = Annotated[
    str | None,
    typer.Option("--agency", parser=read_agency, metavar="ORI", help="Only cases of this agency."),
]
PageSize = Annotated[
    int,
    typer.Option("--limit", parser=whole_number(1, 1000), metavar="COUNT", help="Cases on a page."),
]
PageToken = Annotated[
    str | None,
    typer.Option("--page", metavar="TOKEN", help="The next page: the token that the page before printed."),
]
Reason = Annotated[
    str, typer.Option(metavar="WHY", help="The reason, for the record. Nothing about the person.")
]


def again(context: typer.Context, *words: str, **options: object) -> str:
    """This command with other words and options, on the same data, as a person types it."""
    options["data"] = context.params["data"] or context.find_root().params["data"]
    given = [PROGRAM, *context.command_path.split()[1:], *words]
    for name, value in options.items():
        if value:
            given += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return shlex.join(given)
