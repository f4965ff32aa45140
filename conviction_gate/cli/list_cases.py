"""The command `list`: the cases, page by page."""

import sys
from datetime import datetime, timedelta
from typing import Annotated, Final, get_args

import typer

from conviction_gate.cli.options import (
    Agency,
    Data,
    Json,
    PageSize,
    PageToken,
    Typed,
    again,
    completions,
    one_of,
    read_duration,
    read_since,
)
from conviction_gate.cli.printing import (
    Column,
    console,
    local_time,
    print_array,
    print_command,
    print_table,
    short_id,
)
from conviction_gate.cli.session import run
from conviction_gate.client import listing
from conviction_gate.contracts.fields import RuleName, Status
from conviction_gate.temporal.connect import connect

STATUSES: Final[tuple[str, ...]] = get_args(Status)
RULES: Final[tuple[str, ...]] = get_args(RuleName)

COLUMNS: Final = (
    Column("case"),  # its id begins with the agency, which has no column of its own
    Column("status"),
    Column("rule", rank=1),
    Column("attention", rank=3),
    Column("waiting since", rank=2),
)


def list_cases(
    context: typer.Context,
    status: Annotated[
        str | None,
        typer.Option(
            parser=one_of(STATUSES, "status"),
            metavar="STATUS",
            autocompletion=completions(STATUSES),
            help=f"Only cases of this status, as in `waiting` or `review`: {', '.join(STATUSES)}.",
        ),
    ] = None,
    rule: Annotated[
        str | None,
        typer.Option(
            parser=one_of(RULES, "rule"),
            metavar="RULE",
            autocompletion=completions(RULES),
            help="Only cases that this rule decides, as in `flag.convicted` or `convicted`.",
        ),
    ] = None,
    since: Annotated[
        Typed[datetime | timedelta] | None,
        typer.Option(
            parser=read_since,
            metavar="TIME",
            help="Only cases that began on or after a day, or within a time, as in 2026-11-01 or 7d.",
        ),
    ] = None,
    agency: Agency = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Only open cases that need a person's attention.")
    ] = False,
    waiting_for: Annotated[
        Typed[timedelta] | None,
        typer.Option(
            parser=read_duration,
            metavar="DURATION",
            help="Only open cases that have waited this long for the court, as in 180d.",
        ),
    ] = None,
    limit: PageSize = 100,
    page: PageToken = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List cases, the latest first, page by page."""
    wanted = listing.Wanted(
        status=status,
        rule=rule,
        since=since.value if since else None,
        agency=agency,
        attention=attention,
        waiting_for=waiting_for.value if waiting_for else None,
    )

    async def work() -> listing.Page:
        return await listing.page(await connect(), wanted, limit, page)

    found = run(work())
    if as_json:
        print_array(found.rows)
        if found.next:
            print(f"next page: {found.next}", file=sys.stderr)
        return
    following = again(
        context,
        status=status,
        rule=rule,
        since=since,
        agency=agency,
        attention=attention,
        waiting_for=waiting_for,
        limit=limit,
        page=found.next,
    )
    if found.rows or found.total:
        _print(found, following)
    elif wanted == listing.Wanted():
        console(stderr=True).print("no cases yet; `conviction-gate start FILE` starts them", soft_wrap=True)
    else:
        console(stderr=True).print("no case matches; `conviction-gate list` shows all", soft_wrap=True)


def _print(page: listing.Page, following: str) -> None:
    """One page of the list; `following`: the command that shows the next one."""
    notes = console(stderr=True)
    print_table(console(), COLUMNS, map(_row, page.rows))
    notes.print(f"{len(page.rows):,} of {page.total:,}", soft_wrap=True)
    if page.next:
        print_command(notes, following, "more: ")


def _row(row: listing.CaseRow) -> tuple[str, ...]:
    has_ended = row.status in ("flagged", "cleared")
    ended = row.run or ("" if has_ended else "closed")
    closed = "" if row.open or not ended else f" ({ended})"
    return (
        short_id(row.case_id),
        f"{row.status or ''}{closed}",
        row.rule or "",
        "yes" if row.needs_attention else "",
        local_time(row.waiting_since) if row.waiting_since else "",
    )
