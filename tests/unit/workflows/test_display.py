"""The card of the web UI: what a sender wrote shows as text, whatever it looks like."""

import re
from datetime import UTC, datetime

import pytest

from conviction_gate.contracts.case import CaseView, ChargeView, RejectedView
from workflows.display import MAX_SHOWN, card, escaped
from workflows.state import CaseState

JOINER = "\N{WORD JOINER}"


def shown(markdown: str) -> str:
    """What a reader sees of escaped text: each backslash hides, and the mark has no width."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace(JOINER, "")


@pytest.mark.parametrize(
    "hostile",
    [
        "[look here](https://evil.example)",
        "![](https://evil.example/pixel.png)",
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "<https://evil.example>",
        "**Ended: cleared**",
        "__cleared__ ~~flagged~~",
        "`code` ``more``",
        "a | b | c",
        "[x][y] {#id}",
        "&lt;b&gt; &#60;",
        "\\[not a link\\](javascript:alert(1))",
        "# Cleared",
    ],
)
def test_text_of_a_sender_shows_as_it_is(hostile: str) -> None:
    written = escaped(hostile)
    assert shown(written) == hostile
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\](){}<>#&!|~]", written), "something is not escaped"


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/a", "HTTP://evil.example", "www.evil.example", "WWW.evil.example", "a@b.example"],
)
def test_no_address_of_a_sender_is_linked(address: str) -> None:
    written = escaped(f"see {address} now")
    assert not re.search(r"(?i)https?://|www\.|[\w.]@", written)
    assert shown(written) == f"see {address} now"


def test_it_stays_on_its_line_and_short() -> None:
    assert escaped("1\n- Charge 2: **cleared**\r\n\n# x\u2028y\tz").splitlines() == [
        r"1 - Charge 2: \*\*cleared\*\*   \# x y z"
    ]
    assert escaped("a\u202eb\u200bc") == "a b c"  # marks that turn or hide text
    assert len(escaped("a" * 1000)) == MAX_SHOWN
    assert escaped("CA-VC 12500(a), 1.") == r"CA-VC 12500\(a\), 1."


def test_every_text_of_a_sender_is_escaped_on_the_card() -> None:
    hostile = "](https://evil.example)<img>`"
    charge = ChargeView(
        charge_id=hostile,
        scheme=hostile,
        code=hostile,
        charge_class=None,
        severity=None,
        disposition=None,
        decided_on=None,
    )
    rejected = RejectedView(
        name="n", received_at=datetime(2026, 11, 26, tzinfo=UTC), reason=hostile, payload="{}"
    )
    view = CaseView.model_construct(
        explanation=f"Waiting for the court on charge {hostile}.",
        rule=None,
        charges=(charge,),
        messages=(),
        rejected=(rejected,),
        rejected_total=1,
    )
    written = card(CaseState(status="waiting_for_court"), view)
    assert hostile not in written
    assert written.count(escaped(hostile)) == 5
