"""Each page of the desk: what it shows, whom, and what becomes of a form."""

import json
from datetime import timedelta

import httpx
import pytest

from conviction_gate.client.case_lookup import Found
from conviction_gate.contracts.case import CaseResult, Flag
from conviction_gate.contracts.court import ReviewDecision
from conviction_gate.contracts.names import CaseId
from conviction_gate.registry.flag_list import FlagPage
from tests.support.desk import (
    AGENCY,
    CASE,
    CASE_PATH,
    NOW,
    FakeDesk,
    a_page,
    a_question,
    a_row,
    a_view,
    rejected,
)
from tests.support.door import ELSEWHERE

HOSTILE = "<script>alert(1)</script>[x](javascript:alert(1))\"'&"
RULING = f"{CASE_PATH}/ruling"
REOPENING = f"{CASE_PATH}/reopening"


def a_flag(**more: object) -> Flag:
    fields = {
        "case_id": str(CASE),
        "agency": AGENCY,
        "tracking_number": "A-1",
        "status": "active",
        "rule": "flag.convicted",
        "explanation": "Charge 1 ended in a conviction for a crime.",
        "policy_edition": "2012-04-27",
        "grounds": ("court-1",),
        "flagged_at": NOW,
    }
    return Flag.model_validate(fields | more)


def ended(desk: FakeDesk, decided_at: object = NOW) -> None:
    view = a_view(status="cleared", questions=(), needs_attention=False)
    result = CaseResult.model_validate(
        {
            "outcome": "cleared",
            "rule": "clear.all_ended",
            "explanation": "All charges ended without a conviction.",
            "policy_edition": "2012-04-27",
            "decided_at": decided_at,
        }
    )

    async def look_up(case_id: object) -> Found:
        return Found(view, "registry", result)

    desk.cases.views[CASE] = view
    desk.cases.look_up = look_up  # type: ignore[method-assign]


async def test_the_questions_are_listed_the_oldest_first() -> None:
    desk = FakeDesk()
    for number in ("A-2", "A-3"):
        desk.cases.views[CaseId(AGENCY, number)] = a_view(number)
    desk.cases.pages = [a_page(a_row("A-3"), next="t", total=3), a_page(a_row("A-2"), a_row("A-1"), total=3)]
    page = (await (await desk.signed_in()).get("/desk/")).text
    assert page.index(">A-1<") < page.index(">A-2<") < page.index(">A-3<")
    assert "3 cases wait for a ruling" in page
    assert "What kind of offense is charge 1 (XX-1 99)?" in page
    assert "minor traffic; not traffic." in page
    assert f'href="{RULING}?charge=1"' in page
    (wanted, size, token), (_, _, second) = desk.cases.wanted
    assert (wanted.status, wanted.attention, size, token, second) == ("needs_review", True, 1000, None, "t")


async def test_a_long_list_has_pages() -> None:
    desk = FakeDesk()
    rows = [a_row(f"B-{number}") for number in range(45)]
    desk.cases.pages = [a_page(*reversed(rows)), a_page(*reversed(rows))]
    browser = await desk.signed_in()
    first = (await browser.get("/desk/attention")).text
    assert "Page 1 of 3" in first
    assert ">B-19<" in first
    assert ">B-20<" not in first
    last = (await browser.get("/desk/attention?page=3")).text
    assert ">B-44<" in last
    assert 'href="?page=2"' in last
    assert (await browser.get("/desk/attention?page=0")).status_code == 422


async def test_a_case_is_a_story() -> None:
    desk = FakeDesk()
    [booked] = a_view().messages
    proven = booked.model_copy(update={"sender": "court", "message_id": "c-1", "by_door": True})
    desk.cases.views[CASE] = a_view(
        messages=(booked, proven),
        messages_total=2,
        rejected=(rejected("charge_id: missing; it is required", '{"x": 1}'),),
        rejected_total=1,
        reminders=2,
    )
    page = (await (await desk.signed_in()).get(CASE_PATH)).text
    for text in (
        "Waits for a ruling",
        "Our catalog does not know charge 1.",
        "XX-1 99",
        "Still open in court",
        "26 November 2026, 12:00 UTC",
        "From jail (as the message says; nobody has proved it), message jms-1",
        "From court, message c-1",
        "The jail sent a booking",
        "charge_id: missing; it is required",
        "To put it right, ask the sender to correct what the reason names",
        "{&#34;x&#34;: 1}",
        "asked again 2 times",
        "The rule that fits is",
    ):
        assert text in page, text


async def test_a_ruling_is_stamped_and_counted_once() -> None:
    desk = FakeDesk()
    browser = await desk.signed_in()
    desk.cases.known[CASE] = []
    form = await browser.form(f"{RULING}?charge=1")
    assert form["charge_id"] == "1"
    filled = form | {"ruling": "minor_traffic", "reason": " read the statute "}
    answer = await browser.post(RULING, filled)
    assert (answer.status_code, answer.headers["location"]) == (303, CASE_PATH)
    assert "Your ruling was counted. What it did: recorded." in (await browser.get(CASE_PATH)).text
    assert "Your ruling was counted" not in (await browser.get(CASE_PATH)).text
    again = await browser.post(RULING, filled)
    assert again.status_code == 303
    assert "It was counted once, and nothing has changed." in (await browser.get(CASE_PATH)).text
    [(case_id, sent)] = desk.cases.sent
    assert isinstance(sent, ReviewDecision)
    assert (case_id, sent.sender, sent.reviewer) == (CASE, "local", "r-7")
    assert (sent.ruling, sent.reason, sent.message_id) == ("minor_traffic", "read the statute", form["form_id"])


async def test_a_sent_form_cannot_be_sent_again_with_another_answer() -> None:
    desk = FakeDesk()
    browser = await desk.signed_in()
    desk.cases.known[CASE] = []
    form = await browser.form(RULING) | {"ruling": "minor_traffic", "reason": "why"}
    assert (await browser.post(RULING, form)).status_code == 303
    other = await browser.post(RULING, form | {"ruling": "non_traffic"})
    assert other.status_code == 409
    assert [message.ruling for _, message in desk.cases.sent if isinstance(message, ReviewDecision)] == [
        "minor_traffic"
    ]


@pytest.mark.parametrize(
    ("fields", "wrong", "text"),
    [
        ({"reason": " "}, "reason", "Say why you rule so"),
        ({"ruling": ""}, "ruling", "Choose one of the answers"),
        ({"ruling": "conviction"}, "ruling", "does not answer"),
        ({"reason": "x" * 2001}, "reason", "2000"),
    ],
)
async def test_what_is_missing_is_said_at_its_field(fields: dict[str, str], wrong: str, text: str) -> None:
    desk = FakeDesk()
    browser = await desk.signed_in()
    answer = await browser.rule(**fields)
    assert answer.status_code == 422
    assert f'<a href="#{wrong}">' in answer.text
    assert f'id="{wrong}"' in answer.text
    assert f'id="{wrong}-error"' in answer.text
    assert text in answer.text
    assert "<title>Error: Rule on case A-1" in answer.text
    if fields.get("reason", "x").strip() and "x" * 2001 not in fields.values():
        assert ">read the statute</textarea>" in answer.text  # what was filled in stays
    assert desk.cases.sent == []


async def test_a_question_that_was_answered_meanwhile_takes_no_ruling() -> None:
    desk = FakeDesk()
    browser = await desk.signed_in()
    form = await browser.form(RULING)
    desk.cases.views[CASE] = a_view(status="waiting_for_court", questions=())
    answer = await browser.post(RULING, form | {"ruling": "minor_traffic", "reason": "why"})
    assert answer.status_code == 409
    assert "is not open any more" in (await browser.get(RULING)).text
    assert desk.cases.sent == []


async def test_which_of_several_questions_has_to_be_said() -> None:
    desk = FakeDesk()
    desk.cases.views[CASE] = a_view(questions=(a_question("1"), a_question("2/b&c")))
    browser = await desk.signed_in()
    assert "?charge=2%2Fb%26c" in (await browser.get(CASE_PATH)).text
    assert "choose one of them" in (await browser.get(RULING)).text
    assert (await browser.form(f"{RULING}?charge=2%2Fb%26c"))["charge_id"] == "2/b&c"


async def test_a_tracking_number_may_contain_a_slash_and_a_per_cent() -> None:
    desk = FakeDesk()
    case_id = CaseId(AGENCY, "2012/7%é")
    desk.cases.views[case_id] = a_view("2012/7%é")
    desk.cases.known[case_id] = []
    browser = await desk.signed_in()
    found = await browser.get(f"/desk/case?agency={AGENCY.lower()}&number=2012%2F7%25%C3%A9")
    path = found.headers["location"]
    assert path == f"/desk/cases/{AGENCY}/2012%2F7%25%C3%A9"
    assert "Case 2012/7%é" in (await browser.get(path)).text
    assert (await browser.rule(f"{path}/ruling")).headers["location"] == path


async def test_a_cleared_case_is_reopened_once() -> None:
    desk = FakeDesk()
    ended(desk)
    browser = await desk.signed_in()
    assert f'href="{REOPENING}"' in (await browser.get(CASE_PATH)).text
    form = await browser.form(REOPENING)
    nothing = await browser.post(REOPENING, form | {"reason": ""})
    assert (nothing.status_code, "Say why the case is reopened" in nothing.text) == (422, True)
    done = await browser.post(REOPENING, form | {"reason": "refiled as 14CR-7"})
    assert (done.status_code, done.headers["location"]) == (303, CASE_PATH)
    [(case_id, reopening)] = desk.cases.reopenings
    assert (case_id, reopening.by, reopening.reason) == (CASE, "r-7", "refiled as 14CR-7")
    # It has ended again since: what was filled in for the first end is for no other.
    ended(desk, NOW + timedelta(days=1))
    assert (await browser.post(REOPENING, form | {"reason": "refiled as 14CR-7"})).status_code == 409
    assert len(desk.cases.reopenings) == 1


async def test_an_open_or_flagged_case_is_not_reopened() -> None:
    desk = FakeDesk()
    browser = await desk.signed_in()
    assert REOPENING not in (await browser.get(CASE_PATH)).text
    assert (await browser.get(REOPENING)).status_code == 409
    desk.cases.views[CASE] = a_view(status="flagged", flag_status="active", questions=())
    assert (await browser.get(REOPENING)).status_code == 409


async def test_flags_are_shown_with_their_grounds() -> None:
    desk = FakeDesk()
    withdrawn = a_flag(status="withdrawn", withdrawn_at=NOW, withdrawn_reason="the conviction was vacated")
    desk.cases.pages = [FlagPage((a_flag(), withdrawn), (NOW, 7)), FlagPage((), None)]
    browser = await desk.signed_in()
    page = (await browser.get("/desk/flags")).text
    for text in ("court-1", "Active", "the conviction was vacated", "Later flags", "26 November 2026"):
        assert text in page
    following = page.partition('href="?page=')[2].partition('"')[0]
    await browser.get(f"/desk/flags?page={following}&status=withdrawn")
    wanted, _, after = desk.cases.wanted[-1]
    assert (wanted.status, after) == ("withdrawn", (NOW, 7))
    assert (await browser.get("/desk/flags?status=x")).status_code == 422


PAGES = {
    "/desk/": "review",
    "/desk/attention": "read",
    "/desk/flags": "read_flags",
    CASE_PATH: "read",
    f"/desk/case?agency={AGENCY}&number=A-1": "read",
    RULING: "review",
    REOPENING: "reopen",
}


@pytest.mark.parametrize(("path", "right"), PAGES.items())
async def test_a_page_is_for_who_has_its_right(path: str, right: str) -> None:
    others = {"review", "read", "read_flags", "reopen"} - {right}
    desk = FakeDesk(may=", ".join(f'"{other}"' for other in sorted(others)))
    browser = await desk.signed_in()
    answer = await browser.get(path)
    if path == "/desk/":
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/attention")
    else:
        assert answer.status_code == 403
        assert f"does not have the right `{right}`" in answer.text
    # Nor is it offered anywhere.
    for page in {*PAGES} - {path, "/desk/"}:
        if path != CASE_PATH and "case?" not in path:
            assert f'href="{path}"' not in (await browser.get(page)).text.partition("<main")[2]


@pytest.mark.parametrize(("path", "right"), [(RULING, "review"), (REOPENING, "reopen")])
async def test_what_is_not_offered_is_refused_where_it_is_posted(path: str, right: str) -> None:
    desk = FakeDesk()
    if right == "reopen":
        ended(desk)
    browser = await desk.signed_in()
    form = await browser.form(path) | {"ruling": "minor_traffic", "reason": "why"}
    desk.use_callers('[caller.local]\nkey = "sha256:' + "0" * 64 + '"\nagencies = "*"\nmay = ["read"]\n')
    answer = await browser.post(path, form)
    assert (answer.status_code, f"does not have the right `{right}`" in answer.text) == (403, True)
    assert path not in (await browser.get(CASE_PATH)).text
    assert (desk.cases.sent, desk.cases.reopenings) == ([], [])


async def test_cases_of_other_agencies_are_as_if_not_there() -> None:
    desk = FakeDesk(agencies='"TX"')
    desk.cases.pages = [a_page(), a_page(), FlagPage((), None)]
    browser = await desk.signed_in()
    absent = await browser.get(f"/desk/cases/{ELSEWHERE}/A-9")
    for path in (CASE_PATH, RULING, REOPENING):
        answer = await browser.get(path)
        assert answer.status_code == 404
        assert answer.text.partition("<main")[2] == absent.text.partition("<main")[2]
    for path in ("/desk/", "/desk/attention", "/desk/flags"):
        await browser.get(path)
    assert [wanted.agencies for wanted, *_ in desk.cases.wanted] == [("TX",)] * 3


async def test_text_of_senders_is_text() -> None:
    desk = FakeDesk()
    charge = a_view().charges[0].model_copy(update={"charge_id": HOSTILE, "scheme": HOSTILE, "code": HOSTILE})
    message = (
        a_view().messages[0].model_copy(update={"sender": HOSTILE, "effect": HOSTILE, "message_id": HOSTILE})
    )
    question = a_question(HOSTILE, asks=HOSTILE)
    desk.cases.views[CASE] = a_view(
        explanation=HOSTILE,
        history=HOSTILE,
        charges=(charge,),
        messages=(message,),
        questions=(question,),
        rejected=(rejected(HOSTILE, HOSTILE),),
        rejected_total=1,
        stopped=HOSTILE,
    )
    flag = a_flag(explanation=HOSTILE, grounds=(HOSTILE,), withdrawn_at=NOW, withdrawn_reason=HOSTILE)
    desk.cases.pages = [FlagPage((flag,), None), a_page(a_row(rule=HOSTILE, status=HOSTILE)), a_page(a_row())]
    browser = await desk.signed_in()
    for path in ("/desk/flags", "/desk/attention", "/desk/", CASE_PATH, RULING):
        page = (await browser.get(path)).text
        assert "&lt;script&gt;alert(1)" in page, path
        assert "<script" not in page
        assert "javascript:" not in page.replace("[x](javascript:alert(1))", "")
        assert 'href="javascript' not in page
        assert "\"'&" not in page
    failed = await browser.rule(reason=HOSTILE, ruling=HOSTILE)
    assert "<script" not in failed.text


async def test_a_service_that_is_away_is_said_so() -> None:
    from conviction_gate.client.errors import ServerError

    desk = FakeDesk()
    browser = await desk.signed_in()
    desk.cases.error = ServerError("no server at 127.0.0.1:7233")
    answer = await browser.get(CASE_PATH)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Try again in a minute" in answer.text
    assert "7233" not in answer.text


async def test_every_request_is_a_line_of_the_audit() -> None:
    desk = FakeDesk()
    browser = await desk.signed_in()
    desk.cases.known[CASE] = []
    await browser.rule()
    entered, _, ruled = map(json.loads, desk.audit)
    assert {name: entered[name] for name in ("route", "caller", "person", "by", "status")} == {
        "route": "/desk/enter",
        "caller": "local",
        "person": "r-7",
        "by": "link",
        "status": 303,
    }
    assert (ruled["right"], ruled["case"], ruled["person"]) == ("review", str(CASE), "r-7")
    assert ruled["route"] == "/desk/cases/{agency}/{tracking_number}/ruling"
    assert ruled["message_id"].startswith("desk-")
    assert not [line for line in desk.audit if "token" in line or "statute" in line]


async def test_what_does_not_exist_is_a_page_too() -> None:
    browser = await FakeDesk().signed_in()
    for answer in (await browser.get("/desk/none"), await browser.post("/desk/flags", {})):
        assert isinstance(answer, httpx.Response)
        assert answer.status_code in (404, 405)
        assert "<!doctype html>" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
