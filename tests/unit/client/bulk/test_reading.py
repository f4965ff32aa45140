"""A message of a file names its case, and a refusal names the field and the reason."""

import json
from typing import Any

import pytest

from conviction_gate.client.bulk.reading import Addressed, read_addressed, read_history
from conviction_gate.client.case_names import read_case_id
from conviction_gate.contracts.reading import DoesNotFit
from tests.support.messages import (
    BOOKING,
    CASE,
    CONVICTION,
    message,
)


@pytest.mark.parametrize(
    "address",
    [
        {"agency": CASE.agency, "tracking_number": CASE.tracking_number},
        {"case_id": str(CASE)},
        {"case_id": f"{CASE.agency}:{CASE.tracking_number}", "type": "conviction"},
    ],
)
def test_a_message_names_its_case(address: dict[str, str]) -> None:
    read = read_addressed(json.dumps(CONVICTION | address), "conviction")
    assert read == Addressed(message("conviction", CONVICTION), CASE)


def test_a_case_can_be_named_for_it() -> None:
    assert read_addressed(json.dumps(CONVICTION), "conviction", CASE).case_id == CASE
    assert read_addressed(json.dumps(BOOKING), "booking", CASE).case_id == CASE
    assert read_case_id("CA0190000:x") == read_case_id("booking-case:CA0190000:x")
    assert read_case_id("CA0190000") is None


@pytest.mark.parametrize(
    ("name", "fields", "reason"),
    [
        ("conviction", CONVICTION, "agency: missing"),
        ("conviction", CONVICTION | {"agency": CASE.agency}, "tracking_number: missing"),
        ("conviction", CONVICTION | {"agency": "x", "tracking_number": "y"}, "agency: "),
        ("conviction", CONVICTION | {"case_id": "CA0190000"}, "case_id: does not name a case"),
        ("booking", BOOKING | {"case_id": "CA0190000:B"}, "case_id: the message names "),
        ("conviction", CONVICTION | {"charge": "1"}, "charge: unknown field; did you mean charge_"),
        ("conviction", CONVICTION | {"zzz": "1"}, "zzz: unknown field; take it out"),
        ("conviction", CONVICTION | {"type": "dismissal"}, "type: 'dismissal'"),
        (None, CONVICTION, "type: missing"),
        (None, CONVICTION | {"type": "verdict", "case_id": str(CASE)}, "type: 'verdict' is no"),
        (
            "booking",
            BOOKING | {"subject": {"fbi_no": "1"}},
            "subject.fbi_no: unknown field; did you mean subject.fbi_number?",
        ),
        (
            "booking",
            BOOKING | {"charges": [{**BOOKING["charges"][0], "statute": "x"}]},
            "charges.0.statute: unknown field",
        ),
        (
            "amendment",
            {"message_id": "m", "filed_on": "2013-01-01", "charge": {"kode": "1"}},
            "charge.kode: unknown field; did you mean charge.code?",
        ),
    ],
)
def test_a_refusal_names_field_and_reason(name: str | None, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(DoesNotFit) as refused:
        read_addressed(json.dumps(fields), name)
    assert str(refused.value).startswith(reason)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"subject": {}}', "subject: give at least one"),
        ('{"subject": {"fbi_number": "1"}, "us_citzen": true}', "us_citzen: unknown field"),
        ('{"subject": {"fbi_number": "1"}, "records": [{"code": 1}]}', "records.0.code: not a"),
        ("[]", "the payload is a list"),
    ],
)
def test_a_history_that_does_not_fit_is_refused(text: str, reason: str) -> None:
    with pytest.raises(DoesNotFit) as refused:
        read_history(text)
    assert str(refused.value).startswith(reason)
