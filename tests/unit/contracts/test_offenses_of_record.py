"""What only the history names stays apart from what is charged, also after its way through JSON."""

from conviction_gate.contracts.booking import Offense
from conviction_gate.contracts.internal.activities import HistoryRequest
from conviction_gate.contracts.internal.facts import OffenseOfRecord


def test_a_charged_offense_does_not_become_one_of_the_record() -> None:
    charged = Offense(scheme="CA-VC", code="12500(a)")
    of_record = OffenseOfRecord(scheme="CA-PC", code="459", days=(None,))
    asked = HistoryRequest(case_id="c", agency="CAZZ00100", subjects=(), offenses=(charged, of_record))
    read = HistoryRequest.model_validate_json(asked.model_dump_json())
    assert [type(offense) for offense in read.offenses] == [Offense, OffenseOfRecord]
