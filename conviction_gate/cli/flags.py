"""The command `flags`: every flag in the registry."""

from collections.abc import Sequence

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import console, print_array, table, when
from conviction_gate.cli.session import run
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import Flag


def flags(as_json: Json = False, data: Data = None) -> None:
    """Print every flag, withdrawn ones included."""

    async def work() -> tuple[Flag, ...]:
        from conviction_gate.registry import Registry

        async with await Registry.open(Settings().registry) as opened:
            return await opened.flags()

    found = run(work())
    if as_json:
        print_array(found)
    else:
        _print(found)


def _print(flags: Sequence[Flag]) -> None:
    out = console()
    if not flags:
        out.print("no flag on record")
        return
    out.print(
        table(
            None,
            ("case", "flag", "rule", "flagged", "why", "withdrawn"),
            (
                (
                    flag.case_id,
                    flag.status,
                    flag.rule,
                    when(flag.flagged_at),
                    flag.explanation,
                    f"{when(flag.withdrawn_at)}: {flag.withdrawn_reason}" if flag.withdrawn_at else "",
                )
                for flag in flags
            ),
        )
    )
