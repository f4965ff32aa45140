"""Rows that are imported into the registry: a person's history, and an entry of a docket."""

from datetime import date

from conviction_gate.contracts.booking import Subject
from conviction_gate.contracts.history import HistoryAnswer, HistoryRecord, Priority
from conviction_gate.registry import (
    DocketEntry,
)
from tests.support.conclusions import (
    AGENCY,
)


def answer(ids: dict[str, str], us_citizen: bool = False, code: str = "23C") -> HistoryAnswer:
    record = HistoryRecord(scheme="NIBRS", code=code, disposition="convicted", decided_on=date(2009, 4, 2))
    return HistoryAnswer(
        subject=Subject(**ids),
        records=(record,),
        priorities=(Priority(kind="gang", record_id=f"P-{code}"),),
        us_citizen=us_citizen,
    )


def entry(message_id: str, sender: str = "", case: str = "T-1", court: str = "X") -> DocketEntry:
    text = (
        '{"type": "dismissal", "message_id": "%s", "sender": "%s", "decided_on": "2013-01-02", '
        '"disposition": "dismissed", "court": "%s"}'
    )
    return DocketEntry(agency=AGENCY, tracking_number=case, message=text % (message_id, sender, court))
