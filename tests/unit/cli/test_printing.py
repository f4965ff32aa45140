"""Text and tables on terminals of every width, and in a pipe."""

import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from rich.style import Style

from conviction_gate.cli import flags, list_cases, show
from conviction_gate.cli.printing import (
    STYLES,
    Column,
    clean,
    local_time,
    print_command,
    print_table,
    print_text,
)
from conviction_gate.client.case_lookup import ShownCase
from conviction_gate.client.listing import CaseRow, Page
from conviction_gate.contracts.case import Flag
from tests.support.messages import CASE, NOON, view
from tests.support.screen import Screen

ID = "CA0190000:A2012-0042117"
WHY = "Charge 1 ended in a conviction for a crime, and no appeal is open against it."
COLUMNS = (Column("case"), Column("status"), Column("rule", rank=1), Column("since", rank=2))
ROW = (ID, "waiting_for_court", "defer.traffic_only", "2012-05-04 02:15 PDT")


def table(width: int | None, *rows: tuple[str, ...], columns: tuple[Column, ...] = COLUMNS) -> list[str]:
    screen = Screen(width)
    print_table(screen, columns, rows)
    return [line.rstrip() if width else line for line in screen.lines]


# Tables --------------------------------------------------------------------------------------------


def test_a_wide_terminal_shows_every_column() -> None:
    head, line = table(120, ROW)
    assert head.split() == ["case", "status", "rule", "since"]
    assert line.split() == " ".join(ROW).split()


def test_columns_are_left_out_by_their_rank_and_named() -> None:
    head, line, note = table(80, ROW)
    assert head.split() == ["case", "status", "rule"]
    assert line.split() == list(ROW[:3])
    assert note == "not shown at this width: since"
    assert table(60, ROW)[-1] == "not shown at this width: rule, since"


def test_a_column_that_fits_is_shown_where_one_of_a_lower_rank_does_not() -> None:
    columns = (Column("case"), Column("since", rank=1), Column("attention", rank=2))
    rows = [(ID, "2012-05-04 02:15 PDT", "yes")]
    assert table(40, *rows, columns=columns)[-1] == "not shown at this width: since"


def test_where_no_column_can_go_a_row_becomes_a_block() -> None:
    assert table(40, ROW, ROW) == [
        ID,
        "  status  waiting_for_court",
        "  rule    defer.traffic_only",
        "  since   2012-05-04 02:15 PDT",
        "",
        ID,
        "  status  waiting_for_court",
        "  rule    defer.traffic_only",
        "  since   2012-05-04 02:15 PDT",
    ]


def test_a_column_that_is_empty_everywhere_is_left_out_on_a_terminal() -> None:
    assert table(120, (ID, "cleared", "", ""))[0].split() == ["case", "status"]


def test_a_pipe_gets_all_cells_with_tabs_and_no_head() -> None:
    assert table(None, ROW, (ID, "cleared", "", "")) == ["\t".join(ROW), f"{ID}\tcleared\t\t"]


@pytest.mark.parametrize("width", range(25, 200, 7))
def test_no_width_breaks_a_word(width: int) -> None:
    columns = (Column("case"), Column("rule", rank=1), Column("why", prose=True))
    lines = table(width, (ID, "flag.convicted", WHY), columns=columns)
    assert all(len(line) <= max(width, len(ID)) for line in lines)
    words = {word for line in lines for word in line.split()}
    assert {ID, *WHY.split()} <= words
    shown = " ".join(" ".join(lines).replace(ID, "").replace("flag.convicted", "").split())
    assert WHY in shown


# Text ----------------------------------------------------------------------------------------------


def test_text_wraps_at_words_under_its_prefix_on_a_terminal_only() -> None:
    screen, pipe = Screen(40), Screen(None)
    for out in (screen, pipe):
        print_text(out, WHY, prefix="  ok  ")
    assert pipe.lines == [f"  ok  {WHY}"]
    assert len(screen.lines) == 3
    assert all(len(line) <= 40 for line in screen.lines)
    assert all(line.startswith("      ") for line in screen.lines[1:])
    assert " ".join(" ".join(screen.lines).split()) == f"ok {WHY}"


@pytest.mark.parametrize("width", [30, 80, None])
def test_a_command_can_be_copied_at_any_width(width: int | None) -> None:
    command = f"conviction-gate review decide {ID} RULING --charge 1 --reason WHY --by ID"
    screen = Screen(width)
    print_command(screen, command, "    ")
    assert all(line.endswith(" \\") for line, _ in pairwise(screen.lines))
    assert not [line for line in screen.lines if re.search(r" --[a-z]+( \\)?$", line)]
    assert shlex.split(" ".join(screen.lines).replace(" \\ ", " ")) == shlex.split(command)


def test_what_a_stranger_sent_cannot_control_a_terminal() -> None:
    assert clean("a\x1b[31m\x07\nb") == "a\ufffd[31m\ufffd\ufffdb"
    assert table(None, ("a\tb", "c\nd", "", "")) == ["a\ufffdb\tc\ufffdd\t\t"]


def test_a_time_is_local_and_names_its_zone(pacific: None) -> None:
    assert local_time(datetime(2012, 5, 4, 9, 15, tzinfo=UTC)) == "2012-05-04 02:15 PDT"
    assert local_time(datetime(2012, 12, 4, 9, 15, tzinfo=UTC)) == "2012-12-04 01:15 PST"


# The commands --------------------------------------------------------------------------------------


@pytest.fixture(params=[80, 120, None])
def screen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Screen:
    out = Screen(request.param)
    for command in (list_cases, flags, show):
        monkeypatch.setattr(command, "console", lambda stderr=False: Screen(None) if stderr else out)
    return out


def checked(screen: Screen) -> Iterator[str]:
    """The lines, none longer than the terminal, without boxes."""
    for line in screen.lines:
        assert not screen.is_terminal or len(line.rstrip()) <= screen.width
        assert not set(line) & set("│┃─━┏┗+|")
        yield line


def test_list(screen: Screen) -> None:
    row = CaseRow(
        case_id=str(CASE),
        open=True,
        status="waiting_for_court",
        rule="review.unclassified_charge",
        agency=CASE.agency,
        needs_attention=True,
        waiting_since=NOON,
    )
    stopped = row.model_copy(update={"open": False, "run": "terminated"})
    list_cases._print(Page(rows=(row, stopped), total=2, next=None), "")
    lines = [line for line in checked(screen) if ID in line]
    assert len(lines) == 2
    assert "booking-case" not in screen.text.getvalue()
    assert "waiting_for_court (terminated)" in lines[1]


def test_flags(screen: Screen) -> None:
    flag = Flag(
        case_id=str(CASE),
        agency=CASE.agency,
        tracking_number=CASE.tracking_number,
        status="withdrawn",
        rule="flag.prior_conviction",
        explanation=WHY,
        policy_edition="2012-04-27",
        grounds=(),
        flagged_at=NOON,
        withdrawn_at=NOON,
        withdrawn_reason=WHY,
    )
    flags._print([flag, flag])
    text = " ".join(checked(screen))
    assert text.count(ID) == 2
    assert {*WHY.split()} <= {*text.split()}


def test_show(screen: Screen) -> None:
    message = {"message_id": "jms-2012-0042117", "sender": "county-jms", "type": "booking", "effect": WHY}
    rejected = {"name": "conviction", "reason": WHY, "payload": '{"message_id": "x", "charge_id": 1}'}
    card = view(
        messages=[message | {"received_at": NOON}],
        messages_total=3,
        rejected=[rejected | {"received_at": NOON}],
        rejected_total=1,
        explanation=WHY,
    )
    show._print(ShownCase(**dict(card), source="case", lacks=None))
    lines = list(checked(screen))
    assert lines[0] == f"{ID}  waiting_for_court"
    assert "Messages (the last 1 of 3)" in lines
    assert {"jms-2012-0042117", "conviction", *WHY.split()} <= {word for line in lines for word in line.split()}


# Colors -------------------------------------------------------------------------------------------


def luminance(color: tuple[int, int, int]) -> float:
    """That of the Web Content Accessibility Guidelines, between 0 and 1."""
    parts = (part / 255 for part in color)
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("style", sorted(set(STYLES.values())))
@pytest.mark.parametrize("background", [(255, 255, 255), (253, 246, 227), (30, 30, 30), (0, 0, 0)])
def test_each_color_can_be_read_on_light_and_on_dark(style: str, background: tuple[int, int, int]) -> None:
    color = Style.parse(style).color
    assert color is not None
    assert color.number is not None
    assert color.number >= 16  # the first 16 are whatever the terminal makes of them
    darker, lighter = sorted(map(luminance, (color.get_truecolor(), background)))
    assert (lighter + 0.05) / (darker + 0.05) >= 3.5
