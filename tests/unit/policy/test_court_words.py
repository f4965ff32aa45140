"""A court's word about an earlier charge, as the record says it."""

from typing import get_args

import pytest

from conviction_gate.contracts.court import ENTRIES, Disposition
from conviction_gate.contracts.history import DISPOSITIONS
from conviction_gate.policy.court_words import history_disposition


@pytest.mark.parametrize(
    ("word", "disposition"),
    [
        ("nolle_prosequi", "dismissed"),
        ("acquitted", "acquitted"),
        ("vacated", "vacated"),
        ("suspended_imposition", "deferred_with_plea"),
        ("reinstated", "pending"),
        ("dismissed_with_leave", "pending"),
        ("juvenile_adjudicated", "adjudicated"),
        ("juvenile_transfer", "unknown"),
        ("bail_forfeited", "unknown"),
        ("pardoned", "unknown"),
        ("appeal_filed", "unknown"),
        ("other", "unknown"),
        ("a word of no court", "unknown"),
    ],
)
def test_what_is_in_doubt_stays_so_on_the_record(word: str, disposition: str) -> None:
    assert history_disposition(word) == disposition


def test_every_word_of_the_contract_has_a_disposition_and_none_convicts() -> None:
    found = {history_disposition(word) for word in (*get_args(Disposition), *ENTRIES)}
    assert found <= DISPOSITIONS - {"convicted", "infraction_found"}
