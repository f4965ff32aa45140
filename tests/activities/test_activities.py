"""Each activity by itself, on a registry of its own, of either kind; run twice, it says and leaves the same."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import LookUps, Outcomes
from conviction_gate.contracts.booking import Booking, Offense
from conviction_gate.contracts.case import CaseResult, CaseView
from conviction_gate.contracts.court import Conviction
from conviction_gate.contracts.history import History, HistoryAnswer
from conviction_gate.contracts.internal.activities import (
    Concluded,
    Conclusion,
    CorrectionRequest,
    DocketRequest,
    EarlierRecord,
    HistoryRequest,
    Intervals,
    OffensesToClassify,
    RulingsPermitted,
    RulingsToPermit,
    Withdrawal,
)
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.internal.permits import NOT_A_WITHDRAWER, Permits
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import read_message
from conviction_gate.policy.catalog import Catalog, built_in, place, read_rows
from conviction_gate.registry import DocketEntry, Registry
from conviction_gate.sources import Sources
from tests.support.workflow_cases import as_json, booking, conviction, correction, court_update, finding

CASE = CaseId("ZZ0000100", "T-1")
AT = datetime(2013, 7, 15, 17, 2, 11, tzinfo=UTC)
INTERVALS = Intervals(docket_check=timedelta(days=7))
UNLICENSED = Offense(scheme="CA-VC", code="12500(a)")
OWN = Offense(scheme="ZZ-VC", code="1(a)")


def catalog_of(agency: str) -> Catalog:
    own = """scheme,code,description,charge_class,severity,source,verified,note
ZZ-VC,1(a),Stop sign,minor_traffic,infraction,the code itself,yes,"""
    return built_in().with_own(read_rows(own, "own.csv")) if agency == CASE.agency else built_in()


@pytest.fixture
async def registry(url: str) -> AsyncIterator[Registry]:
    async with await Registry.open(url) as opened:
        yield opened


@pytest.fixture
def look_ups(registry: Registry) -> LookUps:
    return LookUps(registry, Sources(), lambda agency: INTERVALS, catalog_of)


@pytest.fixture
def outcomes(registry: Registry, look_ups: LookUps) -> Outcomes:
    return Outcomes(registry, look_ups)


async def twice(activity: Any, request: Any) -> Any:
    """What the activity answers; a second run, as after a lost answer, must say the same."""
    environment = ActivityEnvironment()
    answer = await environment.run(activity, request)
    assert await environment.run(activity, request) == answer
    return answer


def booked() -> Booking:
    message = read_message("booking", as_json(booking(CASE)))
    assert isinstance(message, Booking)
    return message


def convicted() -> Conviction:
    message = read_message("conviction", as_json(conviction()))
    assert isinstance(message, Conviction)
    return message


def conclusion(outcome: str = "flagged", rule: str = "flag.convicted", **facts: Any) -> Conclusion:
    """A case as it ended, on a booking and a conviction, and on further facts."""
    known = Facts(
        bookings=(booked(),), convictions=(convicted(),), history=History(), placements=(place(UNLICENSED),)
    )
    status = "flagged" if outcome == "flagged" else "cleared"
    case = CaseView.model_validate(
        {
            "case_id": str(CASE),
            "agency": CASE.agency,
            "tracking_number": CASE.tracking_number,
            "status": status,
            "rule": rule,
            "explanation": "as it was decided",
            "policy_edition": "2012-04-27",
            "charges": (),
            "messages": (),
            "messages_total": 2,
            "rejected": (),
            "rejected_total": 0,
            "waiting_since": None,
            "next_docket_check_at": None,
            "needs_attention": False,
        }
    )
    result = CaseResult.model_validate(
        {
            "outcome": outcome,
            "rule": rule,
            "explanation": "as it was decided",
            "policy_edition": "2012-04-27",
            "decided_at": AT,
            "grounds": ("c-1",),
        }
    )
    subjects = (booked().subject,)
    return Conclusion(case=case, facts=known.model_copy(update=facts), result=result, subjects=subjects)


def request(payload: dict[str, Any], **changed: Any) -> CorrectionRequest:
    """What came after the end of the case."""
    named = {"agency": CASE.agency, "tracking_number": CASE.tracking_number, "type": "correction"}
    return CorrectionRequest(
        correction_id=CASE.correction_id(str(payload["message_id"])),
        case_id=str(CASE),
        payload=as_json(named | payload),
        received_at=AT + timedelta(days=200),
    ).model_copy(update=changed)


async def test_case_intervals(look_ups: LookUps) -> None:
    assert await twice(look_ups.case_intervals, CASE.agency) == INTERVALS


async def test_check_history(look_ups: LookUps, registry: Registry) -> None:
    answer = {
        "subject": booking(CASE)["subject"],
        "records": [{"disposition": "convicted", "severity": "misdemeanor", "decided_on": "2009-04-02"}],
    }
    await registry.import_history([HistoryAnswer.model_validate(answer)])
    unknown = Offense(scheme="CA-VC", code="no-such-code")
    found = await twice(
        look_ups.check_history,
        HistoryRequest(
            case_id=str(CASE),
            agency=CASE.agency,
            subjects=(booked().subject,),
            offenses=(UNLICENSED, unknown),
        ),
    )
    assert [record.decided_on for record in found.history.records] == [date(2009, 4, 2)]
    assert [placed.charge_class for placed in found.placements] == ["minor_traffic", "unclassified"]
    assert (found.us_citizen, found.has_docket, found.earlier) == (False, False, EarlierRecord())
    assert found.intervals == INTERVALS


async def test_check_history_tells_how_the_case_ended(look_ups: LookUps, outcomes: Outcomes) -> None:
    ended = conclusion("cleared", "clear.no_conviction")
    await twice(outcomes.clear_case, ended)
    asked = HistoryRequest(case_id=str(CASE), agency=CASE.agency, subjects=(booked().subject,), offenses=())
    assert (await twice(look_ups.check_history, asked)).earlier == EarlierRecord(outcome=ended.result)


async def test_recall_case(look_ups: LookUps, outcomes: Outcomes) -> None:
    ended = conclusion("cleared", "clear.no_conviction")
    await twice(outcomes.clear_case, ended)
    recalled = await twice(look_ups.recall_case, str(CASE))
    assert recalled.case == ended.case
    assert recalled.facts == ended.facts.model_copy(update={"history": None})
    with pytest.raises(ApplicationError, match="no longer has"):
        await ActivityEnvironment().run(look_ups.recall_case, str(CASE) + "0")


async def test_a_history_that_no_case_can_carry_is_left_to_a_person(registry: Registry) -> None:
    record = {"scheme": "S" * 128, "code": "C" * 128, "disposition": "pending"}
    answer = {"subject": booking(CASE)["subject"], "records": [record] * 500, "us_citizen": True}
    await registry.import_history([HistoryAnswer.model_validate(answer)])
    look_ups = LookUps(registry, Sources(), lambda agency: INTERVALS, catalog_of)
    asked = HistoryRequest(
        case_id=str(CASE), agency=CASE.agency, subjects=(booked().subject,), offenses=(UNLICENSED,)
    )
    found = await ActivityEnvironment().run(look_ups.check_history, asked)
    left_out = found.history.left_out
    assert left_out
    assert found.history == History(us_citizen=True, too_large=True, left_out=left_out)
    assert found.placements == (place(UNLICENSED),)
    changed = answer | {"records": [record | {"disposition": "convicted"}] * 500}
    await registry.import_history([HistoryAnswer.model_validate(changed)])
    assert (await ActivityEnvironment().run(look_ups.check_history, asked)).history.left_out != left_out


async def test_what_a_history_names_is_classified_like_a_charge(registry: Registry) -> None:
    named = {"scheme": "CA-VC", "code": "23152(a)"}
    answer = {
        "subject": booking(CASE)["subject"],
        "records": [named | {"disposition": "convicted"}, {"disposition": "convicted"}],
        "priorities": [
            {"kind": "outstanding_criminal_warrant", "record_id": "W-1", "scheme": "X", "code": "1"}
        ],
    }
    await registry.import_history([HistoryAnswer.model_validate(answer)])
    look_ups = LookUps(registry, Sources(), lambda agency: INTERVALS, catalog_of)
    asked = HistoryRequest(case_id=str(CASE), agency=CASE.agency, subjects=(booked().subject,), offenses=())
    found = await ActivityEnvironment().run(look_ups.check_history, asked)
    classes = {(offense.scheme, offense.code): offense.charge_class for offense in found.placements}
    assert classes == {("CA-VC", "23152(a)"): "dui", ("X", "1"): "unclassified"}


async def test_more_than_a_case_can_carry_is_asked_for_again_and_ends_nothing(registry: Registry) -> None:
    entries = [court_update(f"u-{n}", detail="x" * 2000) for n in range(250)]
    await registry.import_docket(
        DocketEntry(
            agency=CASE.agency,
            tracking_number=CASE.tracking_number,
            message=as_json({"type": "court_update"} | entry),
        )
        for entry in entries
    )
    look_ups = LookUps(registry, Sources(), lambda agency: INTERVALS, catalog_of)
    whose = DocketRequest(agency=CASE.agency, tracking_number=CASE.tracking_number)
    with pytest.raises(ApplicationError, match="the docket: ") as refused:
        await ActivityEnvironment().run(look_ups.check_docket, whose)
    assert not refused.value.non_retryable


async def test_classify_charge(look_ups: LookUps) -> None:
    dui = Offense(scheme="CA-VC", code="23152(a)")
    placed = (
        await twice(look_ups.classify_charge, OffensesToClassify(agency=CASE.agency, offenses=(dui,)))
    ).placements
    assert [(offense.code, offense.charge_class) for offense in placed] == [("23152(a)", "dui")]


async def test_an_agency_asks_its_own_catalog(look_ups: LookUps) -> None:
    for agency, charge_class in ((CASE.agency, "minor_traffic"), ("ZZZZ00100", "unclassified")):
        later = OffensesToClassify(agency=agency, offenses=(OWN,))
        assert (await twice(look_ups.classify_charge, later)).placements[0].charge_class == charge_class
        asked = HistoryRequest(case_id=str(CASE), agency=agency, subjects=(booked().subject,), offenses=(OWN,))
        assert (await twice(look_ups.check_history, asked)).placements[0].charge_class == charge_class


async def test_check_docket(look_ups: LookUps, registry: Registry) -> None:
    asked = DocketRequest(agency=CASE.agency, tracking_number=CASE.tracking_number)
    found = await twice(look_ups.check_docket, asked)
    assert (found.messages, found.asked, found.intervals) == ((), False, INTERVALS)
    text = as_json({"type": "conviction"} | conviction())
    await registry.import_docket(
        [DocketEntry(agency=CASE.agency, tracking_number=CASE.tracking_number, message=text)]
    )
    found = await twice(look_ups.check_docket, asked)
    assert len(found.messages) == 1
    assert found.asked


async def test_flag_case(outcomes: Outcomes, registry: Registry) -> None:
    concluded = await twice(outcomes.flag_case, conclusion())
    assert concluded == Concluded()  # what was to be written stands
    (flag,) = await registry.flags()
    assert (flag.case_id, flag.status, flag.grounds) == (str(CASE), "active", ("c-1",))


async def test_flag_case_looks_once_more_for_a_citizen(outcomes: Outcomes, registry: Registry) -> None:
    other = CaseId("ZZ0000100", "T-2")
    citizen = read_message("subject_finding", as_json(finding("f-1", "us_citizen")))
    ended = conclusion("cleared", "clear.us_citizen", findings=(citizen,))
    case = ended.case.model_copy(update={"case_id": str(other), "tracking_number": other.tracking_number})
    found = {"case": case, "citizen": ended.subjects}
    await twice(outcomes.clear_case, ended.model_copy(update=found))
    concluded = await twice(outcomes.flag_case, conclusion())
    assert (concluded.result, concluded.us_citizen) == (None, True)
    assert await registry.flags() == ()


async def test_a_clearance_stands_before_a_flag(outcomes: Outcomes, registry: Registry) -> None:
    ended = conclusion("cleared", "clear.no_conviction")
    assert await twice(outcomes.clear_case, ended) == Concluded()
    assert (await twice(outcomes.flag_case, conclusion())).result == ended.result
    assert await registry.flags() == ()


async def test_withdraw_flag(outcomes: Outcomes, registry: Registry) -> None:
    await twice(outcomes.flag_case, conclusion())
    withdrawal = Withdrawal(
        conclusion=conclusion("withdrawn", "clear.no_conviction"),
        reason="the conviction was entered in error",
        lift_code="L",
        withdrawn_at=AT,
        ends=True,
    )
    concluded = await twice(outcomes.withdraw_flag, withdrawal)
    assert concluded.result.outcome == "withdrawn"
    (flag,) = await registry.flags()
    assert (flag.status, flag.withdrawn_at) == ("withdrawn", AT)
    assert flag.withdrawn_reason == "the conviction was entered in error"


async def test_correct_flag(outcomes: Outcomes, registry: Registry) -> None:
    await twice(outcomes.flag_case, conclusion())
    untouched = await twice(outcomes.correct_flag, request(correction("k-1", "c-9")))
    assert untouched.result.outcome == "unchanged"
    corrected = await twice(outcomes.correct_flag, request(correction("k-2", "c-1")))
    assert corrected.result.outcome == "withdrawn"
    (flag,) = await registry.flags()
    assert flag.status == "withdrawn"
    assert len(await registry.corrections(str(CASE))) == 2


async def test_correct_flag_keeps_what_does_not_fit(outcomes: Outcomes, registry: Registry) -> None:
    await twice(outcomes.flag_case, conclusion())
    misfit = request(correction("k-1", "c-1"), rejection="ground: missing; it is required")
    answer = (await twice(outcomes.correct_flag, misfit)).result
    assert (answer.outcome, answer.explanation) == ("unchanged", "ground: missing; it is required")
    (kept,) = await registry.corrections(str(CASE))
    assert kept.payload == misfit.payload


async def test_whoever_may_not_rule_is_named(registry: Registry) -> None:
    permits = Permits(reviewers=frozenset({"r-7"}))
    sources = Sources()
    guarded = LookUps(registry, sources, lambda agency: INTERVALS, catalog_of, permits)
    asked = RulingsToPermit(reviewers=("r-7", "r-8"))
    assert await twice(guarded.permit_rulings, asked) == RulingsPermitted(refused=("r-8",))
    anybody = LookUps(registry, sources, lambda agency: INTERVALS, catalog_of)
    assert await twice(anybody.permit_rulings, asked) == RulingsPermitted()


async def test_a_correction_that_was_judged_is_not_refused_later(
    registry: Registry, look_ups: LookUps, outcomes: Outcomes
) -> None:
    await twice(outcomes.flag_case, conclusion())
    asked = request(correction("k-1", "c-1", sender="county-da"))
    withdrawn = await twice(outcomes.correct_flag, asked)
    guarded = Outcomes(registry, look_ups, Permits(withdrawers=frozenset({"id-desk"})))
    assert await twice(guarded.correct_flag, asked) == withdrawn
    another = asked.model_copy(update={"correction_id": CASE.correction_id("k-2")})
    refused = await twice(guarded.correct_flag, another)
    assert refused.result.explanation == NOT_A_WITHDRAWER
