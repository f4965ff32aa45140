"""What a criminal history names is classified by the law of its own day, not of the booking's."""

from datetime import date

import pytest
from temporalio.testing import ActivityEnvironment

from activities.look_ups import LookUps
from conviction_gate import policy
from conviction_gate.contracts.booking import Booking, Offense
from conviction_gate.contracts.history import History, HistoryAnswer, HistoryRecord, Priority
from conviction_gate.contracts.internal.activities import (
    HistoryFound,
    HistoryRequest,
    Intervals,
    OffensesToClassify,
)
from conviction_gate.contracts.internal.facts import Facts, OffenseOfRecord
from conviction_gate.policy.catalog import built_in
from conviction_gate.policy.matter import Matter
from conviction_gate.registry import Registry
from conviction_gate.sources import Sources
from tests.support.facts import booking, charge

FORMER = {"scheme": "IN-IC", "code": "9-18-2-1"}
"""Minor traffic until the end of 2016, and in no law since."""
BOOKED = booking(charge(), on="2018-05-04")


def look_ups(registry: Registry) -> LookUps:
    return LookUps(registry, Sources(), lambda agency: Intervals(), lambda agency: built_in())


async def history_of(booked: Booking, registry: Registry) -> HistoryFound:
    """What a case learns of the registry's history when it is booked."""
    asked = HistoryRequest(
        case_id=str(booked.case_id),
        agency=booked.agency,
        subjects=(booked.subject,),
        offenses=policy.offenses_named(Facts().including(booked)),
        booked_on=booked.booked_at.date(),
    )
    found: HistoryFound = await ActivityEnvironment().run(look_ups(registry).check_history, asked)
    return found


def record(day: str | None) -> dict[str, str | None]:
    return {**FORMER, "disposition": "convicted", "severity": "misdemeanor", "decided_on": day}


@pytest.mark.parametrize(
    ("days", "charge_class"),
    [
        (["2015-03-02"], "minor_traffic"),
        (["2017-03-02"], "unclassified"),
        ([None], "unclassified"),  # by the day of the booking
        (["2017-03-02", "2015-03-02"], "minor_traffic"),  # the one that goes to a person
    ],
)
async def test_a_record_is_classified_by_its_own_day(
    registry: Registry, days: list[str | None], charge_class: str
) -> None:
    answer = {"subject": BOOKED.subject.model_dump(), "records": [*map(record, days)]}
    await registry.import_history([HistoryAnswer.model_validate(answer)])
    found = await history_of(BOOKED, registry)
    classes = {offense.code: offense.charge_class for offense in found.placements}
    assert classes == {"14601(a)": "minor_traffic", "9-18-2-1": charge_class}
    facts = Facts(history=found.history, placements=found.placements).including(BOOKED)
    decision = policy.decide(facts, policy.EDITIONS[0])
    if charge_class == "minor_traffic":
        assert decision.rule == "review.unclear_history"

    again = OffensesToClassify(
        agency=BOOKED.agency, offenses=policy.offenses_named(facts), booked_on=BOOKED.booked_at.date()
    )
    read = OffensesToClassify.model_validate_json(again.model_dump_json())
    placed = await ActivityEnvironment().run(look_ups(registry).classify_charge, read)
    assert {one.code: one.charge_class for one in placed.placements} == classes


def test_a_warrant_has_a_day_too_and_an_entry_of_the_same_code_as_a_charge_its_own() -> None:
    warrant = Priority(kind="outstanding_criminal_warrant", recorded_on=date(2015, 1, 2), **FORMER)
    held = HistoryRecord(scheme="CA-VC", code="14601(a)", decided_on=date(2010, 1, 2))
    facts = Facts(history=History(records=(held,), priorities=(warrant,))).including(BOOKED)
    assert policy.offenses_named(facts) == (
        Offense(scheme="CA-VC", code="14601(a)"),
        OffenseOfRecord(scheme="CA-VC", code="14601(a)", days=(date(2010, 1, 2),)),
        OffenseOfRecord(**FORMER, days=(date(2015, 1, 2),)),
    )


@pytest.mark.parametrize(
    ("booked_on", "of_charge"), [("2018-05-04", "unclassified"), ("2016-05-04", "minor_traffic")]
)
async def test_an_entry_of_the_same_code_as_a_charge_is_of_its_own_day(
    registry: Registry, booked_on: str, of_charge: str
) -> None:
    """The charge of 2018 is in no law any more; the conviction of 2015 was for minor traffic all the same."""
    booked = booking(charge((FORMER["scheme"], FORMER["code"])), on=booked_on)
    answer = {"subject": booked.subject.model_dump(), "records": [record("2015-03-02")]}
    await registry.import_history([HistoryAnswer.model_validate(answer)])
    found = await history_of(booked, registry)
    classes = {placed.of_record: placed.charge_class for placed in found.placements}
    assert classes == {False: of_charge, True: "minor_traffic"}
    facts = Facts(history=found.history, placements=found.placements).including(booked)
    assert policy.offenses_to_look_up(facts) == ()
    (view,) = policy.charge_views(facts)
    assert view.charge_class == of_charge
    assert [point.doubt for point in Matter(facts).record.points] == ["no_other_crime"]
