"""What the demo prints of cases that were played, and what it counts as a failure."""

import re
from datetime import date
from pathlib import Path
from typing import Any, get_args

import pytest

from conviction_gate.cli import demo
from conviction_gate.cli.samples.play import Played, Sample, Step, samples
from conviction_gate.contracts.fields import RuleName
from tests.support.messages import view
from tests.support.screen import Screen

RECORDING = Path(__file__).parents[3] / "docs/images/demo.svg"
FIRST, *OTHERS = samples()
ENDS = {"flag": "flagged", "review": "needs_review", "clear": "cleared", "defer": "waiting_for_court"}


def played(sample: Sample, **changed: Any) -> Played:
    status = ENDS[sample.rule.partition(".")[0]]
    return Played(sample, view(**{"rule": sample.rule, "status": status} | changed))


def steps() -> list[Step]:
    """The story's steps, each as its line has it."""
    booked, checked, *_, convicted, corrected = FIRST.story
    return [
        Step(booked, date(2012, 5, 14), None),
        Step(checked, date(2012, 5, 14), view(status="waiting_for_court")),
        Step(convicted, date(2013, 7, 14), view(status="flagged", flag_status="active")),
        Step(corrected, date(2013, 8, 20), view(status="waiting_for_court", flag_status="withdrawn")),
    ]


def test_the_samples_show_every_rule() -> None:
    assert len([FIRST, *OTHERS]) == 16
    assert {sample.rule for sample in (FIRST, *OTHERS)} == set(get_args(RuleName))
    assert len(FIRST.story) == 2 + len(FIRST.messages)


@pytest.mark.parametrize("width", [80, 120, None])
def test_each_step_is_a_line_that_says_whom_the_case_waits_for(width: int | None) -> None:
    out, before = Screen(width), None
    for step in steps():
        demo._print_step(out, step, before)
        before = step
    assert [re.split(r" {2,}", line.strip())[-1] for line in out.lines] == [
        "waits for the record check",
        "waits for the court",
        "waits for the court",
        "flag written; waits for nobody",
        "flag withdrawn; waits for the court",
    ]
    assert "14 months pass" in out.lines[2]
    assert [line[:10] for line in out.lines if line[0] != " "] == ["2012-05-14", "2013-07-14", "2013-08-20"]
    assert max(map(len, out.lines)) <= 80


@pytest.mark.parametrize("width", [80, 120, None])
def test_each_case_is_a_line_under_its_outcome(width: int | None) -> None:
    out = Screen(width)
    demo._print_rules(out, [played(sample) for sample in OTHERS])
    lines = [line.rstrip() for line in out.lines]
    for status, heading in demo.GROUPS.items():
        _, *under = lines[lines.index(heading) :]
        listed = [line.split() for line in under[: next(n for n, line in enumerate(under) if line[:1] != " ")]]
        of_status = [sample for sample in OTHERS if ENDS[sample.rule.partition(".")[0]] == status]
        assert [(words[0], " ".join(words[1:-1]), words[-1]) for words in listed] == [
            (sample.tracking_number, sample.title, sample.rule) for sample in of_status
        ]
    assert max(map(len, lines)) <= 80


def test_only_what_was_not_as_expected_is_a_problem() -> None:
    everything = [played(FIRST), *map(played, OTHERS)]
    assert [*demo._problems(steps(), everything)] == []
    unwithdrawn = steps()[-1]._replace(case=view(status="flagged", flag_status="active"))
    assert [*demo._problems([unwithdrawn], everything)] == [
        "the case was not withdrawn after 'court corrects a clerical error'"
    ]
    [died] = [sample for sample in OTHERS if sample.rule == "clear.deceased"]
    others = [one for one in everything if one.sample is not died]
    for case in (None, view(rule="defer.traffic_only")):
        assert [*demo._problems([], [*others, Played(died, case)])] == [
            "'the person died' did not reach clear.deceased",
            "no case shows clear.deceased",
        ]


def test_the_recording_is_of_this_demo() -> None:
    """`make recording` writes it."""
    svg = RECORDING.read_text(encoding="utf-8").replace("&#160;", " ").replace("&#x27;", "'")
    lines = {line.what for line in FIRST.story} | {text for one in OTHERS for text in (one.title, one.rule)}
    assert [text for text in lines | {*demo.GROUPS.values()} if text not in svg] == []
    assert set(re.findall(r"/(?:home|root|tmp|work|Users|usr)\b[\w/.-]*", svg)) == {"/tmp/conviction-gate-demo"}
    assert "font-face" not in svg
