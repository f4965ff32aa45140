"""The card of the web UI: what a sender wrote shows as text, whatever it looks like."""

import re
from datetime import UTC, datetime

import pytest

from conviction_gate.contracts.case import CaseView, ChargeView, QuestionView, RejectedView
from workflows.display import MAX_SHOWN, card, code, escaped
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


def test_the_card_names_the_last_message_that_was_rejected() -> None:
    rejected = RejectedView(
        name="convic[tion", received_at=datetime(2026, 11, 26, tzinfo=UTC), reason="not a date", payload="{}"
    )
    view = CaseView.model_construct(
        explanation="", rule=None, charges=(), messages=(), rejected=(rejected,), rejected_total=2
    )
    written = card(CaseState(status="waiting_for_court"), view)
    assert r"- **Rejected messages: 2**; the last, convic\[tion: not a date" in written.splitlines()


def question(charge_id: str, asks: str = "What kind of offense is it?") -> QuestionView:
    return QuestionView(
        rule="review.unclassified_charge",
        charge_id=charge_id,
        asks=asks,
        answers=("minor_traffic", "non_traffic"),
    )


def card_with(*questions: QuestionView) -> list[str]:
    view = CaseView.model_construct(
        case_id="booking-case:CA0190000:A-1",
        agency="CA0190000",
        tracking_number="A-1",
        explanation="A person must say what it is.",
        rule="review.unclassified_charge",
        charges=(),
        messages=(),
        rejected=(),
        questions=questions,
    )
    return card(CaseState(status="needs_review"), view).splitlines()


def test_a_card_has_each_question_with_its_answers_and_the_command() -> None:
    lines = card_with(question("1", "What kind of offense is charge 1?"))
    asked = "- **What kind of offense is charge 1?** One of `minor_traffic` or `non_traffic`"
    at = lines.index(asked)
    command = "conviction-gate review decide CA0190000:A-1 RULING --charge 1 --reason WHY --by ID"
    assert lines[at + 1] == f"- A reviewer answers with `{command}`"


def test_a_card_has_three_questions_and_says_how_many_more_there_are() -> None:
    lines = card_with(*(question(str(number)) for number in range(1, 6)))
    assert [line for line in lines if "RULING" in line][-1].count("--charge 3") == 1
    assert "- and 2 more questions: `conviction-gate explain CA0190000:A-1`" in lines
    assert not any("more question" in line for line in card_with(*map(question, "123")))


@pytest.mark.parametrize("hostile", ["`", "``[x](https://evil.example)", "a`b``c`` `d", "`\n# Cleared"])
def test_a_command_with_the_text_of_a_sender_stays_code(hostile: str) -> None:
    (line,) = code(f"--charge {hostile} --reason").splitlines()
    fence = re.match("`+", line)
    assert fence is not None
    assert line.endswith(fence[0])
    within = line.removeprefix(fence[0]).removesuffix(fence[0])
    assert fence[0] not in re.findall("`+", within)
    assert within.strip() == f"--charge {hostile} --reason".replace("\n", " ")
