"""What Conviction Gate answers: cases, results and flags, as they are written."""

import json

import pytest
from pydantic import BaseModel

from conviction_gate.contracts.case import CaseResult, CaseView, CorrectionResult, Flag, SubmitAnswer
from conviction_gate.contracts.history import HistoryAnswer
from tests.support.full_messages import Fields

ANSWERS: list[tuple[type[BaseModel], Fields]] = [
    (
        CaseView,
        {
            "case_id": "booking-case:CA0000001:A-1",
            "agency": "CA0000001",
            "tracking_number": "A-1",
            "status": "waiting_for_court",
            "rule": "defer.traffic_only",
            "explanation": "Charge 1 is open.",
            "policy_edition": "2012-04-27",
            "charges": [
                {
                    "charge_id": "1",
                    "scheme": "CA-VC",
                    "code": "12500(a)",
                    "charge_class": "minor_traffic",
                    "severity": "misdemeanor",
                    "disposition": None,
                    "decided_on": None,
                }
            ],
            "messages": [
                {
                    "message_id": "court-3",
                    "sender": "",
                    "type": "court_update",
                    "received_at": "2012-05-04T09:15:03Z",
                    "effect": "recorded",
                    "by_door": False,
                }
            ],
            "messages_total": 1,
            "rejected": [
                {
                    "name": "conviction",
                    "received_at": "2012-05-04T09:15:03Z",
                    "reason": "decided_on: not a date",
                    "payload": "{}",
                }
            ],
            "rejected_total": 1,
            "waiting_since": "2012-05-04T09:15:03Z",
            "next_docket_check_at": "2012-08-02T09:15:03Z",
            "needs_attention": True,
            "flag_status": None,
            "reopened": {
                "by": "clerk-7",
                "reason": "refiled",
                "reopened_at": "2014-05-02T09:00:00Z",
            },
            "booked_at": "2012-05-04T02:15:00-07:00",
            "history": "The record is clean.",
            "questions": [
                {
                    "rule": "review.unclear_disposition",
                    "charge_id": "1",
                    "asks": "Did charge 1 end in a conviction for a crime?",
                    "answers": ["conviction", "not_conviction"],
                }
            ],
            "reminders": 2,
            "stopped": None,
        },
    ),
    (
        CaseResult,
        {
            "outcome": "flagged",
            "rule": "flag.convicted",
            "explanation": "Charge 1 ended in a conviction.",
            "policy_edition": "2012-04-27",
            "decided_at": "2013-07-15T17:02:11Z",
            "grounds": ["court-1"],
        },
    ),
    (
        SubmitAnswer,
        {
            "accepted": True,
            "duplicate": False,
            "status": "waiting_for_court",
            "effect": "recorded; charge 2 still open",
        },
    ),
    (CorrectionResult, {"outcome": "unchanged", "explanation": "There is no such case."}),
    (
        Flag,
        {
            "case_id": "booking-case:CA0000001:A-1",
            "agency": "CA0000001",
            "tracking_number": "A-1",
            "status": "withdrawn",
            "rule": "flag.convicted",
            "explanation": "Charge 1 ended in a conviction.",
            "policy_edition": "2012-04-27",
            "grounds": ["court-1"],
            "flagged_at": "2013-07-15T17:02:11Z",
            "withdrawn_at": "2013-08-15T17:02:11Z",
            "withdrawn_reason": "The conviction was vacated.",
        },
    ),
    (
        HistoryAnswer,
        {
            "subject": {"fbi_number": "N-1"},
            "records": [
                {
                    "scheme": "NIBRS",
                    "code": "23C",
                    "disposition": "convicted",
                    "severity": "misdemeanor",
                    "decided_on": "2009-04-02",
                    "juvenile": False,
                }
            ],
            "priorities": [
                {
                    "kind": "reentrant_after_removal",
                    "record_id": "P-1",
                    "recorded_on": "2007-03-03",
                    "scheme": None,
                    "code": None,
                },
                {
                    "kind": "outstanding_criminal_warrant",
                    "record_id": "W-2",
                    "recorded_on": None,
                    "scheme": "NIBRS",
                    "code": "23C",
                },
            ],
            "us_citizen": False,
        },
    ),
]


@pytest.mark.parametrize(("model", "fields"), ANSWERS)
def test_answers_go_and_come_back_as_they_were(model: type[BaseModel], fields: Fields) -> None:
    answer = model.model_validate_json(json.dumps(fields))
    assert json.loads(answer.model_dump_json()) == fields
    assert model.model_validate(answer.model_dump()) == answer
