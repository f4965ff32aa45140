"""Help that names no Python type, and errors of one line: `App` is typer's own with these two changed."""

import re
import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

NOT_POSSIBLE: Final = 2
"""The exit code where a command cannot be carried out."""
PROGRAM: Final = "conviction-gate"
CONTINUED: Final = " \\"
"""At the end of a line that a shell reads on after."""
UNBROKEN: Final = "\N{NO-BREAK SPACE}"


class Command(TyperCommand):
    """A command."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What follows the command's name in its usage line."""
        return [*_usage(self, ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The sections of arguments and options."""
        _write_params(self, ctx, formatter)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The examples, as a person types them."""
        _write_examples((self.epilog or "").splitlines(), formatter)


class Group(TyperGroup):
    """A group of commands. The outermost one reports the errors of every command."""

    panels: tuple[str, ...] = ()
    """The headings of its commands, in this order."""
    examples: tuple[str, ...] = ()
    """Commands to begin with, as a person types them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Takes the group's own options; without a command, prints the help."""
        if not args and not ctx.resilient_parsing:
            print(ctx.get_help(), file=sys.stderr)
            raise typer.Exit(NOT_POSSIBLE)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The group's own options, then its commands by panel."""
        _write_params(self, ctx, formatter)
        panels: dict[str, list[tuple[str, str]]] = {panel: [] for panel in self.panels}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            panel = command.rich_help_panel
            panels.setdefault(panel if isinstance(panel, str) else "Commands", []).append(
                (name, command.get_short_help_str(limit=200))
            )
        for panel, rows in panels.items():
            with formatter.section(panel):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Its own examples, or the first one of each command."""
        commands: list[Any] = [self.get_command(ctx, name) for name in self.list_commands(ctx)]
        _write_examples(self.examples or [it.epilog.splitlines()[0] for it in commands], formatter)

    def main(self, args: Any = None, standalone_mode: bool = True, **extra: Any) -> Any:  # type: ignore[override]
        """Run a command; an error of usage becomes one line and exit code 2."""
        try:
            code = super().main(args, standalone_mode=False, **extra)
        except TyperException as error:
            print(f"error: {_text(error)}", file=sys.stderr)
            code = error.exit_code
        if standalone_mode:
            sys.exit(code)
        return code


class App(typer.Typer):
    """A typer whose groups and commands are those above."""

    def __init__(self, help: str, cls: type[Group] = Group) -> None:
        super().__init__(
            help=help,
            cls=cls,
            context_settings={"help_option_names": ["-h", "--help"]},
            pretty_exceptions_enable=False,
            rich_markup_mode=None,
        )

    def add(self, command: Any, *examples: str, panel: str | None = None, name: str | None = None) -> None:
        """Add a function as a command, with examples of its words; its docstring is the help."""
        epilog = "\n".join(f"{PROGRAM} {example}" for example in examples)
        self.command(name, cls=Command, rich_help_panel=panel, epilog=epilog)(command)


def lines_of(command: str, width: int) -> list[str]:
    """A command in lines of this many columns, as a shell reads on, broken before its options."""
    whole = re.sub(r"(?<= )(--[\w-]+) (?!-)", rf"\1{UNBROKEN}", command)
    whole = re.sub(r"'[^']*'", lambda quoted: quoted[0].replace(" ", UNBROKEN), whole)
    lines = wrap(whole, max(width - len(CONTINUED), 1), break_long_words=False, break_on_hyphens=False) or [""]
    return [line.replace(UNBROKEN, " ") for line in (*(f"{line}{CONTINUED}" for line in lines[:-1]), lines[-1])]


def _write_examples(commands: Sequence[str], formatter: Any) -> None:
    with formatter.section("Example" if len(commands) == 1 else "Examples"):
        for command in commands:
            formatter.write("".join(f"  {line}\n" for line in lines_of(command, formatter.width - 2)))


def _usage(command: Any, ctx: Any) -> list[str]:
    arguments = [param for param in command.get_params(ctx) if param.param_type_name == "argument"]
    return ["[OPTIONS]", *(param.metavar if param.required else f"[{param.metavar}]" for param in arguments)]


def _write_params(command: Any, ctx: Any, formatter: Any) -> None:
    rows: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
    for param in command.get_params(ctx):
        if not param.hidden:
            rows[param.param_type_name].append((_left(param), _right(param)))
    for kind, of_kind in rows.items():
        if of_kind:
            with formatter.section(f"{kind.capitalize()}s"):
                formatter.write_dl(of_kind)


def _left(param: Any) -> str:
    if param.param_type_name == "argument":
        return str(param.metavar)
    words = ", ".join(sorted(param.opts, key=len))
    if param.secondary_opts:
        words += f" / {', '.join(param.secondary_opts)}"
    return words if param.is_flag else f"{words} {param.metavar}"


def _right(param: Any) -> str:
    default = param.default
    shows = param.param_type_name == "option" and not param.is_flag and default is not None
    notes = [f"default: {default}"] if shows else ["required"] if param.required else []
    return f"{param.help or ''}{f' [{notes[0]}]' if notes else ''}"


def _text(error: TyperException) -> str:
    """What is wrong with which word, and where to read on."""
    param: Any = getattr(error, "param", None)
    if param is not None:
        name = param.opts[0] if param.param_type_name == "option" else param.metavar
        text = f"{name}: {error.message or 'missing'}"
    elif possible := getattr(error, "possibilities", None):
        text = f"no such option: {getattr(error, 'option_name', '')}; did you mean {possible[0]}?"
    else:
        text = error.format_message().rstrip(".").replace(". Did", "; did")
        text = text[:1].lower() + text[1:]
    if ";" in text:
        return text
    ctx: Any = getattr(error, "ctx", None)
    path = ctx.command_path.split()[1:] if ctx else []
    return f"{text}; see `{' '.join([PROGRAM, *path])} --help`"
