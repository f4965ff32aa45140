"""The wire names, written out: senders in any language depend on each of them to the letter."""

from typing import get_args

import pytest
from temporalio.common import SearchAttributeIndexedValueType as Type

from conviction_gate.contracts import names
from conviction_gate.contracts.case import FlagStatus, Outcome
from conviction_gate.contracts.court import Disposition, Entry, Ground, RulingWord
from conviction_gate.contracts.fields import ChargeClass, FindingKind, RuleName, Severity, Status
from conviction_gate.contracts.history import DISPOSITIONS, PRIORITY_KINDS
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.signals import SIGNALS, Signal

NAMES = {
    "conviction",
    "dismissal",
    "court_update",
    "amendment",
    "subject_finding",
    "correction",
    "record_update",
    "review_decision",
    "booking",
}
CLASSES = {
    "minor_traffic",
    "reckless_no_injury",
    "dui",
    "hit_and_run",
    "reckless_injury",
    "other_traffic_serious",
    "non_traffic",
    "court_process",
    "unclassified",
}
FIELDS = {
    "booking": {
        "message_id",
        "sender",
        "agency",
        "tracking_number",
        "booking_number",
        "booked_at",
        "subject",
        "charges",
    },
    "conviction": {"charge_id", "decided_on", "severity", "convicted_of"},
    "dismissal": {"charge_id", "decided_on", "disposition"},
    "court_update": {"charge_id", "occurred_on", "entry", "detail"},
    "amendment": {"filed_on", "charge"},
    "subject_finding": {"finding", "found_on", "source"},
    "correction": {"corrects", "corrects_sender", "ground", "corrected_on", "detail", "replacement"},
    "record_update": {"reported_on", "subject", "detail"},
    "review_decision": {"charge_id", "ruling", "reviewer", "reason", "decided_on"},
}


def test_queue_workflows_update_and_query() -> None:
    assert names.TASK_QUEUE == "booking-cases"
    assert names.BOOKING_CASE == "BookingCase"
    assert names.FLAG_CORRECTION == "FlagCorrection"
    assert names.UPDATE == "submit"
    assert names.QUERY == "case"


def test_signals() -> None:
    assert set(SIGNALS) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_fields_of_a_message(name: str) -> None:
    common = {"message_id", "sender", "court", "docket_number"} if name != "booking" else set()
    assert set(SIGNALS[name].model.model_fields) == common | FIELDS[name]


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
def test_a_message_has_its_date_and_its_field_of_the_facts(signal: Signal) -> None:
    assert signal.model.model_fields[signal.date_field].is_required()
    assert Facts.model_fields[signal.facts_field].annotation == tuple[signal.model, ...]


def test_after_a_flag_every_message_but_a_ruling_is_taken() -> None:
    assert {name for name, signal in SIGNALS.items() if not signal.after_the_end} == {"review_decision"}


def test_search_attributes() -> None:
    assert {(key.name, key.indexed_value_type) for key in names.SEARCH_ATTRIBUTES} == {
        ("CaseStatus", Type.KEYWORD),
        ("CaseRule", Type.KEYWORD),
        ("Agency", Type.KEYWORD),
        ("NeedsAttention", Type.BOOL),
        ("WaitingSince", Type.DATETIME),
    }


def test_ids() -> None:
    case = CaseId("CA0190000", "T-1")
    assert str(case) == "booking-case:CA0190000:T-1"
    assert case.correction_id("c-1") == "flag-correction:CA0190000:T-1:c-1"
    assert case.correction_id("c-1", "court") == "flag-correction:CA0190000:T-1:court:c-1"
    assert CaseId.parse("booking-case:CA0190000:T-1") == case


@pytest.mark.parametrize(
    "workflow_id",
    [
        "",
        "booking-case:CA0190000",
        "booking-case:CA0190000:",
        "booking-case:ca0190000:T-1",
        "booking-case:CA019000:T-1",
        "booking-case:CA0190000:T 1",
        "booking-case:CA0190000:T:1",
        "booking-case:CA0190000:T-1\n",
        "booking-case:CA0190000:" + "T" * 65,
        "x-booking-case:CA0190000:T-1",
    ],
)
def test_what_is_no_id_of_a_case(workflow_id: str) -> None:
    assert CaseId.parse(workflow_id) is None


def test_words_of_the_messages() -> None:
    assert set(get_args(Severity)) == {"infraction", "misdemeanor", "felony"}
    assert set(get_args(Disposition)) == {
        "dismissed",
        "dismissed_without_prejudice",
        "acquitted",
        "nolle_prosequi",
        "declined",
        "not_charged",
        "diversion_completed",
        "vacated",
        "merged",
    }
    assert set(get_args(Entry)) == {
        "continuance",
        "failure_to_appear",
        "warrant_issued",
        "transferred",
        "dismissed_with_leave",
        "reinstated",
        "diversion_started",
        "deferred_with_plea",
        "adjudication_withheld",
        "court_supervision",
        "probation_before_judgment",
        "continued_without_finding",
        "suspended_imposition",
        "prayer_for_judgment_continued",
        "bail_forfeited",
        "juvenile_adjudicated",
        "juvenile_transfer",
        "pardoned",
        "appeal_filed",
        "appeal_affirmed",
        "appeal_reversed",
        "appeal_withdrawn",
        "appeal_de_novo",
        "appeal_ended",
        "other",
    }
    assert set(get_args(FindingKind)) == {"us_citizen", "misidentified", "deceased"}
    assert set(get_args(Ground)) == {
        "clerical_error",
        "vacated",
        "us_citizen",
        "misidentified",
        "deceased",
    }
    assert set(get_args(ChargeClass)) == CLASSES
    assert set(get_args(RulingWord)) == CLASSES | {
        "conviction",
        "not_conviction",
        "history_clean",
        "history_not_clean",
    }


def test_words_of_the_answers() -> None:
    assert set(get_args(Status)) == {
        "awaiting_booking",
        "checking_history",
        "waiting_for_court",
        "needs_review",
        "flagged",
        "cleared",
    }
    assert set(get_args(Outcome)) == {"flagged", "cleared", "withdrawn"}
    assert set(get_args(FlagStatus)) == {"active", "withdrawn"}
    assert set(get_args(RuleName)) == {
        "flag.non_traffic_charge",
        "flag.excluded_offense",
        "flag.prior_conviction",
        "flag.priority_category",
        "flag.convicted",
        "defer.traffic_only",
        "clear.no_conviction",
        "clear.us_citizen",
        "clear.misidentified",
        "clear.deceased",
        "review.unclassified_charge",
        "review.unclear_history",
        "review.unclear_disposition",
        "review.unclear_severity",
    }


def test_words_of_the_history() -> None:
    assert set(DISPOSITIONS) == {
        "convicted",
        "infraction_found",
        "dismissed",
        "acquitted",
        "adjudicated",
        "vacated",
        "expunged",
        "deferred_with_plea",
        "pending",
        "unknown",
    }
    assert set(PRIORITY_KINDS) == {
        "reentrant_after_removal",
        "final_order_fugitive",
        "national_security",
        "gang",
        "outstanding_criminal_warrant",
        "immigration_fraud",
    }
