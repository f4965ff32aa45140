"""Facts of which a newer release wrote a part that is not known here."""

import json
from typing import Any, Final

from conviction_gate.contracts.internal.facts import Facts

ON: Final = {"message_id": "n-1", "charge_id": "1", "decided_on": "2014-01-09"}
PLACE: Final = {"scheme": "CA-VC", "code": "1"}
NEWER: Final[dict[str, dict[str, Any]]] = {
    "bookings": {"message_id": "n-1", "kind": "by summons"},
    "convictions": ON | {"severity": "petty"},
    "dismissals": ON | {"disposition": "sealed"},
    "court_updates": {"message_id": "n-1", "occurred_on": "2014-01-09", "entry": "plea_withdrawn"},
    "amendments": {"message_id": "n-1", "filed_on": "2014-01-09", "charge": PLACE},
    "findings": {"message_id": "n-1", "finding": "refugee", "found_on": "2014-01-09", "source": "desk"},
    "corrections": {"message_id": "n-1", "corrects": "c", "ground": "pardon", "corrected_on": "2014-01-09"},
    "record_updates": {"message_id": "n-1", "kind": "sealed"},
    "from_docket": {"message_id": "n-1"},
    "by_door": {"message_id": "n-1"},
    "rulings": {"decision": {"message_id": "n-1"}, "question": {"rule": "review.else", "about": "x"}},
    "unasked": {"message_id": "n-1", "ruling": "race"},
    "placements": PLACE | {"charge_class": "street_racing"},
    "reopenings": {"by": "clerk-7", "reopened_at": "2014"},
    "history": {"records": [{"disposition": "pardoned"}]},
}
"""One entry of each field of the facts with a word, or of a form, that is not known here."""


def written_by_a_newer_release(facts: Facts, field: str) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(facts.model_dump_json())
    one = NEWER[field]
    return written | {field: one if field == "history" else [*written.get(field, ()), one]}


def unread(facts: Facts, field: str) -> Facts:
    return Facts.model_validate_json(json.dumps(written_by_a_newer_release(facts, field)))
