"""The command `flags`: every flag in the registry."""

from collections.abc import Sequence
from typing import Final

from conviction_gate.cli.options import Data, Json
from conviction_gate.cli.printing import Column, console, local_time, print_array, print_table, short_id
from conviction_gate.cli.session import run
from conviction_gate.config.settings import Settings
from conviction_gate.contracts.case import Flag

COLUMNS: Final = (
    Column("case"),
    Column("flag"),
    Column("rule", rank=1),
    Column("flagged", rank=2),
    Column("why", prose=True),
    Column("withdrawn", rank=3),
    Column("why withdrawn", prose=True),
)


def flags(as_json: Json = False, data: Data = None) -> None:
    """List every flag, withdrawn ones included."""

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
    if not flags:
        console(stderr=True).print("no flags")
        return
    print_table(
        console(),
        COLUMNS,
        (
            (
                short_id(flag.case_id),
                flag.status,
                flag.rule,
                local_time(flag.flagged_at),
                flag.explanation,
                local_time(flag.withdrawn_at) if flag.withdrawn_at else "",
                flag.withdrawn_reason or "",
            )
            for flag in flags
        ),
    )
