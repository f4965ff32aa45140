"""Every message of the contract as senders write it, and everything that does not fit."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from conviction_gate.contracts.booking import Booking
from conviction_gate.contracts.court import Correction, CourtUpdate
from conviction_gate.contracts.names import CaseId
from conviction_gate.contracts.reading import (
    DoesNotFit,
    mismatch,
    read_booking,
    read_message,
    read_object,
    read_typed,
)
from conviction_gate.contracts.signals import SIGNALS, type_of
from tests.support.full_messages import CHARGE, MESSAGES, NAMES, Fields, changed, reason, with_charge

OPTIONAL: dict[str, set[str]] = {
    "booking": {"sender"},
    "conviction": {"severity", "convicted_of"},
    "dismissal": {"charge_id"},
    "court_update": {"charge_id", "detail"},
    "amendment": set(),
    "subject_finding": set(),
    "correction": {"corrects_sender", "detail", "replacement"},
    "record_update": {"subject", "detail"},
    "review_decision": {"charge_id"},
}
NOW = datetime(2014, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("name", NAMES)
def test_messages_go_and_come_back_as_they_were(name: str) -> None:
    message = read_message(name, json.dumps(MESSAGES[name]))
    assert json.loads(message.model_dump_json()) == MESSAGES[name]
    assert read_message(name, message.model_dump_json()) == message
    assert SIGNALS[name].model.model_validate(message.model_dump()) == message
    assert type_of(message) == name


@pytest.mark.parametrize("name", NAMES)
def test_a_message_may_name_itself(name: str) -> None:
    typed = read_typed(json.dumps({"type": name} | MESSAGES[name]))
    assert typed == read_message(name, json.dumps(MESSAGES[name]))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_optional_may_be_absent_or_null(name: str) -> None:
    optional = OPTIONAL[name] | {"sender"}
    if name != "booking":
        optional |= {"court", "docket_number"}
    bare = {field: value for field, value in MESSAGES[name].items() if field not in optional}
    nulls = bare | dict.fromkeys(optional)
    message = read_message(name, json.dumps(bare))
    assert message.sender == ""
    assert read_message(name, json.dumps(nulls)) == message
    assert json.loads(message.model_dump_json()) == bare | {"sender": ""}


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (name, field)
        for name in NAMES
        for field in MESSAGES[name]
        if field not in OPTIONAL[name] | {"sender", "court", "docket_number"}
    ],
)
def test_what_is_required_is_named_where_it_lacks(name: str, field: str) -> None:
    fields = {key: value for key, value in MESSAGES[name].items() if key != field}
    assert reason(name, json.dumps(fields)) == f"{field}: missing; it is required"
    assert reason(name, json.dumps(fields | {field: None})).startswith(f"{field}: ")


@pytest.mark.parametrize("name", NAMES)
def test_unknown_fields_are_ignored(name: str) -> None:
    plain = read_message(name, json.dumps(MESSAGES[name]))
    assert read_message(name, changed(name, later={"a": [1, None]}, other="word")) == plain


def test_a_corrected_sender_that_is_null_is_any_sender() -> None:
    message = read_message("correction", changed("correction", corrects_sender=None))
    assert isinstance(message, Correction)
    assert message.corrects_sender is None


@pytest.mark.parametrize(
    ("name", "text", "field"),
    [
        ("booking", changed("booking", message_id=1), "message_id"),
        ("booking", changed("booking", message_id=True), "message_id"),
        ("booking", changed("booking", message_id=""), "message_id"),
        ("booking", changed("booking", message_id="m" * 129), "message_id"),
        ("booking", changed("booking", sender="s" * 129), "sender"),
        ("booking", changed("booking", sender=5), "sender"),
        ("booking", changed("booking", booking_number="b" * 129), "booking_number"),
        ("booking", changed("booking", agency="ca0000001"), "agency"),
        ("booking", changed("booking", agency="CA00000012"), "agency"),
        ("booking", changed("booking", agency="CA0000001\n"), "agency"),
        ("booking", changed("booking", agency="CA000000١"), "agency"),
        ("booking", changed("booking", tracking_number=""), "tracking_number"),
        ("booking", changed("booking", tracking_number="t" * 65), "tracking_number"),
        ("booking", changed("booking", tracking_number="a b"), "tracking_number"),
        ("booking", changed("booking", tracking_number="a:b"), "tracking_number"),
        ("booking", changed("booking", tracking_number="a\n"), "tracking_number"),
        ("booking", changed("booking", tracking_number="a\x1cb"), "tracking_number"),
        ("booking", changed("booking", tracking_number="a\u00a0b"), "tracking_number"),
        ("booking", changed("booking", tracking_number=42117), "tracking_number"),
        ("booking", changed("booking", booked_at="2012-05-04T02:15:00"), "booked_at"),
        ("booking", changed("booking", booked_at="2012-05-04"), "booked_at"),
        ("booking", changed("booking", booked_at="1336122900"), "booked_at"),
        ("booking", changed("booking", booked_at=1336122900), "booked_at"),
        ("booking", changed("booking", booked_at=1336122900.5), "booked_at"),
        ("booking", changed("booking", booked_at=True), "booked_at"),
        ("booking", changed("booking", booked_at="2012-02-30T02:15:00Z"), "booked_at"),
        ("booking", changed("booking", booked_at="2012-05-04T25:15:00Z"), "booked_at"),
        ("booking", changed("booking", booked_at="2012-05-04T02:15:00+99:00"), "booked_at"),
        ("booking", changed("booking", booked_at="0001-01-01T00:00:00+14:00"), "booked_at"),
        ("booking", changed("booking", booked_at="9999-12-31T23:59:59-12:00"), "booked_at"),
        ("booking", changed("booking", subject={}), "subject"),
        ("booking", changed("booking", subject={"fbi_number": None}), "subject"),
        ("booking", changed("booking", subject={"fbi_number": 7}), "subject.fbi_number"),
        ("booking", changed("booking", subject="F-1"), "subject"),
        ("booking", changed("booking", charges=[]), "charges"),
        ("booking", changed("booking", charges={}), "charges"),
        ("booking", changed("booking", charges="1"), "charges"),
        ("booking", changed("booking", charges=[CHARGE, CHARGE]), "charges"),
        ("booking", changed("booking", charges=[CHARGE, 7]), "charges.1"),
        (
            "booking",
            changed("booking", charges=[CHARGE | {"charge_id": str(n)} for n in range(101)]),
            "charges",
        ),
        (
            "booking",
            changed("booking", charges=[CHARGE | {"charge_id": str(n)} for n in range(201)]),
            "charges",
        ),
        ("booking", with_charge(code=12500), "charges.0.code"),
        ("booking", with_charge(code=""), "charges.0.code"),
        ("booking", with_charge(scheme="s" * 129), "charges.0.scheme"),
        ("booking", with_charge(description="d" * 2001), "charges.0.description"),
        ("booking", with_charge(severity="Misdemeanor"), "charges.0.severity"),
        ("booking", with_charge(severity="wobbler"), "charges.0.severity"),
        ("booking", with_charge(resulted_in_injury="true"), "charges.0.resulted_in_injury"),
        ("booking", with_charge(resulted_in_injury=1), "charges.0.resulted_in_injury"),
        ("conviction", changed("conviction", charge_id=1), "charge_id"),
        ("conviction", changed("conviction", decided_on="2013-07-15T00:00:00Z"), "decided_on"),
        ("conviction", changed("conviction", decided_on="2013-7-15"), "decided_on"),
        ("conviction", changed("conviction", decided_on="20130715"), "decided_on"),
        ("conviction", changed("conviction", decided_on="1373846400"), "decided_on"),
        ("conviction", changed("conviction", decided_on=1373846400), "decided_on"),
        ("conviction", changed("conviction", decided_on=0), "decided_on"),
        ("conviction", changed("conviction", decided_on="2013-02-30"), "decided_on"),
        ("conviction", changed("conviction", decided_on="٢٠١٣-07-15"), "decided_on"),
        ("conviction", changed("conviction", decided_on=[]), "decided_on"),
        ("conviction", changed("conviction", court="c" * 2001), "court"),
        ("conviction", changed("conviction", docket_number="d" * 129), "docket_number"),
        ("conviction", changed("conviction", convicted_of={"scheme": "X"}), "convicted_of.code"),
        ("dismissal", changed("dismissal", disposition="deferred"), "disposition"),
        ("dismissal", changed("dismissal", disposition=""), "disposition"),
        ("dismissal", changed("dismissal", charge_id=""), "charge_id"),
        ("court_update", changed("court_update", entry=7), "entry"),
        ("court_update", changed("court_update", entry="e" * 2001), "entry"),
        ("court_update", changed("court_update", detail=7), "detail"),
        ("court_update", changed("court_update", detail="d" * 2001), "detail"),
        ("court_update", changed("court_update", entry="new", detail="d" * 2001), "detail"),
        ("amendment", changed("amendment", charge={"charge_id": "1"}), "charge.scheme"),
        ("amendment", changed("amendment", charge=[CHARGE]), "charge"),
        ("subject_finding", changed("subject_finding", finding="citizen"), "finding"),
        ("subject_finding", changed("subject_finding", source="s" * 2001), "source"),
        ("correction", changed("correction", ground="because"), "ground"),
        ("review_decision", changed("review_decision", ruling="guilty"), "ruling"),
        ("review_decision", changed("review_decision", reason="r" * 2001), "reason"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(name: str, text: str, field: str) -> None:
    assert reason(name, text).startswith(f"{field}: ")


def test_a_hundred_charges_fit() -> None:
    charges = [CHARGE | {"charge_id": str(number)} for number in range(100)]
    assert len(read_booking(changed("booking", charges=charges)).charges) == 100


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("booking", {"message_id": "m" * 128, "sender": "s" * 128, "tracking_number": "t" * 64}),
        ("booking", {"booked_at": "2012-05-04t02:15:00.25z"}),
        ("booking", {"booked_at": "2012-05-04T02:15:00+05:30"}),
        ("booking", {"subject": {"state_id": "S-1"}}),
        ("conviction", {"court": "c" * 2000}),
        ("conviction", {"decided_on": "2012-02-29"}),
    ],
)
def test_what_just_fits(name: str, fields: Fields) -> None:
    read_message(name, changed(name, **fields))


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"entry": "parking_lot", "detail": None}, "parking_lot"),
        ({"entry": "parking_lot", "detail": "level 2"}, "parking_lot: level 2"),
        ({"entry": " Parking  Lot ", "detail": None}, " Parking  Lot "),
        ({"entry": "e" * 2000, "detail": None}, "e" * 2000),
        ({"entry": "e" * 1000, "detail": "d" * 2000}, f"{'e' * 1000}: {'d' * 998}"),
    ],
)
def test_an_unknown_entry_is_kept_as_other_with_its_word(fields: Fields, detail: str) -> None:
    message = read_message("court_update", changed("court_update", **fields))
    assert isinstance(message, CourtUpdate)
    assert (message.entry, message.detail) == ("other", detail)
    assert message.unknown_entry == fields["entry"]


PERSONAL = "ZZ-PERSONAL-99"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("booking", changed("booking", agency=PERSONAL)),
        ("booking", changed("booking", tracking_number=f"{PERSONAL} x")),
        ("booking", changed("booking", booked_at=PERSONAL)),
        ("booking", changed("booking", subject={"fbi_number": PERSONAL * 20})),
        ("booking", changed("booking", subject=PERSONAL)),
        ("booking", changed("booking", subject={"name": PERSONAL})),
        ("booking", changed("booking", charges=[CHARGE | {"charge_id": PERSONAL}] * 2)),
        ("booking", with_charge(severity=PERSONAL)),
        ("conviction", changed("conviction", decided_on=PERSONAL)),
        ("court_update", changed("court_update", entry=PERSONAL * 200)),
        ("review_decision", changed("review_decision", ruling=PERSONAL)),
        ("conviction", f'{{"{PERSONAL}": "{PERSONAL}", '),
        ("conviction", f'"{PERSONAL}"'),
        ("conviction", f'{{"a": "{PERSONAL}\\ud800"}}'),
        ("conviction", PERSONAL),
    ],
)
def test_a_reason_never_repeats_a_value(name: str, text: str) -> None:
    assert PERSONAL not in reason(name, text)


def test_a_reason_tells_three_problems_and_counts_the_rest() -> None:
    said = reason("conviction", '{"charge_id": 1, "message_id": 1, "court": 1, "docket_number": 1}')
    assert said.endswith("; and 2 more")


NOT_A_MESSAGE = [
    b"",
    b" ",
    b"{",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"a":' * 300 + b"1" + b"}" * 300,
    b'{"later":' + b"[" * 500 + b"]" * 500 + b"," + json.dumps(MESSAGES["conviction"])[1:].encode(),
    b"null",
    b"true",
    b"1",
    b"9" * 5000,
    b'"text"',
    b"[]",
    b"[{}]",
    b"{}",
    b"NaN",
    b'{"later": NaN}',
    b'{"later": Infinity, ' + json.dumps(MESSAGES["conviction"])[1:].encode(),
    b"\xff\xfe",
    json.dumps(MESSAGES["conviction"]).encode("utf-16"),
    b'{"message_id": "\\ud800"}',
    b'{"\\udfff": 1}',
    '{"message_id": "\ud800"}',
    b'{"message_id": "a\\u0000b"}',
    b'{"message_id": "\x00"}',
]


@pytest.mark.parametrize("text", NOT_A_MESSAGE)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_message_does_not_fit(name: str, text: bytes | str) -> None:
    said = reason(name, text)
    assert said
    said.encode()
    with pytest.raises(DoesNotFit):
        read_typed(text, default=name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "the payload is nested too deeply; send one flat JSON object"),
        ("nope", "the payload is not JSON; send one JSON object"),
        ('{"a": NaN}', "the payload is not JSON; send one JSON object"),
        ("null", "the payload is null; send one JSON object"),
        ("[]", "the payload is a list; send one JSON object"),
        ('"a"', "the payload is a text; send one JSON object"),
        ("7", "the payload is a number; send one JSON object"),
        ("true", "the payload is a truth value; send one JSON object"),
    ],
)
def test_what_is_said_of_what_is_no_object(text: str, said: str) -> None:
    assert reason("conviction", text) == said


def test_a_byte_order_mark_and_a_written_out_escape_do_no_harm() -> None:
    text = json.dumps(MESSAGES["conviction"])
    assert read_message("conviction", b"\xef\xbb\xbf" + text.encode()) == read_message("conviction", text)
    read_message("conviction", changed("conviction", court="a backslash and u0000: \\u0000"))


def test_an_unknown_type_is_told_which_are_known() -> None:
    for said in (reason("arrest", "{}"), reason("\ud800", "{}"), reason("x" * 9999, "{}")):
        assert said.startswith("type: ")
        assert "court_update" in said
        assert len(said.encode()) < 300
    with pytest.raises(DoesNotFit, match=r"^type: missing; name one of "):
        read_typed("{}")
    with pytest.raises(DoesNotFit, match=r"^type: not a text; name one of "):
        read_typed('{"type": 1}')


def test_a_type_that_is_absent_or_null_is_the_default() -> None:
    fields = MESSAGES["correction"]
    message = read_message("correction", json.dumps(fields))
    assert read_typed(json.dumps(fields), default="correction") == message
    assert read_typed(json.dumps(fields | {"type": None}), default="correction") == message


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["2012-05-04", "2012-05-04T02:15:00Z", "other", "dui", "CA-VC", "\ud800"])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "code", "charge_id", "fbi_number"]), inner)
    ),
    max_leaves=8,
)


@given(name=st.sampled_from(NAMES), text=st.binary(max_size=200) | st.text(max_size=200))
def test_arbitrary_bytes_never_raise_anything_else(name: str, text: bytes | str) -> None:
    with pytest.raises(DoesNotFit):
        read_message(name, text)
    with pytest.raises(DoesNotFit):
        read_typed(text)


@given(name=st.sampled_from(NAMES), data=st.data())
def test_arbitrary_json_reads_or_does_not_fit(name: str, data: st.DataObject) -> None:
    fields = [*MESSAGES[name], "type", "later"]
    drawn = data.draw(st.dictionaries(st.sampled_from(fields), values, max_size=4))
    text = json.dumps(MESSAGES[name] | drawn)
    try:
        message = read_message(name, text)
    except DoesNotFit as refused:
        said = str(refused)
    else:
        said = "fits"
        assert read_message(name, message.model_dump_json()) == message
    assert said.isprintable()


@given(value=values)
def test_any_value_as_a_payload_reads_or_does_not_fit(value: object) -> None:
    try:
        read_object(json.dumps(value))
    except DoesNotFit as refused:
        said = str(refused)
    else:
        said = "fits"
        assert isinstance(value, dict)
    assert said.isprintable()


def booked() -> Booking:
    return read_booking(json.dumps(MESSAGES["booking"]))


def test_a_booking_belongs_to_its_own_case_alone() -> None:
    assert mismatch(booked(), CaseId("CA0000001", "A-1"), NOW) is None
    assert (mismatch(booked(), CaseId("CA0000002", "A-1"), NOW) or "").startswith("agency: ")
    other = mismatch(booked(), CaseId("CA0000001", "A-2"), NOW) or ""
    assert other.startswith("tracking_number: ")
    assert other.endswith("send it to booking-case:CA0000001:A-1")
    assert "workflow id" in (mismatch(booked(), None, NOW) or "")


DATED = {
    "booking": "booked_at",
    "conviction": "decided_on",
    "dismissal": "decided_on",
    "court_update": "occurred_on",
    "amendment": "filed_on",
    "subject_finding": "found_on",
    "correction": "corrected_on",
    "record_update": "reported_on",
    "review_decision": "decided_on",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_date_may_be_a_day_ahead_and_no_more(name: str) -> None:
    field, case = DATED[name], CaseId("CA0000001", "A-1")
    step = timedelta(seconds=1) if name == "booking" else timedelta(days=1)
    latest: date = NOW + timedelta(days=1) if name == "booking" else date(2014, 1, 2)

    fits = read_message(name, changed(name, **{field: latest.isoformat()}))
    assert mismatch(fits, case, NOW) is None
    ahead = read_message(name, changed(name, **{field: (latest + step).isoformat()}))
    said = mismatch(ahead, case, NOW) or ""
    assert said.startswith(f"{field}: ")
    assert said.endswith("is more than a day in the future; check the sender's clock")


def test_the_end_of_the_calendar_is_ahead_and_no_error() -> None:
    message = read_message("conviction", changed("conviction", decided_on="9999-12-31"))
    assert mismatch(message, CaseId("CA0000001", "A-1"), NOW)


def test_what_does_not_fit_does_not_stand_in_the_error() -> None:
    with pytest.raises(ValidationError) as caught:
        Booking.model_validate({"subject": {"fbi_number": ["MARKER"]}, "charges": "MARKER"})
    assert "MARKER" not in str(caught.value)
