"""A page is asked for with the options of the page before; its token holds the moment of the first."""

from datetime import UTC, datetime, timedelta

import pytest

from conviction_gate.client.errors import InvalidPageToken
from conviction_gate.client.listing import Wanted, _read_token, _token

MOMENT = datetime(2026, 11, 24, 12, 0, 0, 123457, UTC)
WANTED = Wanted("waiting_for_court", agency="CAZZ00100", waiting_for=timedelta(days=180))


def test_a_token_brings_back_where_the_list_stood_and_when_it_began() -> None:
    assert _read_token(_token(b"place", WANTED, MOMENT), WANTED) == (MOMENT, b"place")


@pytest.mark.parametrize(
    "other",
    [
        Wanted(),
        WANTED._replace(status="needs_review"),
        WANTED._replace(agency=None),
        WANTED._replace(rule="defer.traffic_only"),
        WANTED._replace(since=MOMENT),
        WANTED._replace(attention=True),
        WANTED._replace(waiting_for=timedelta(days=181)),
    ],
)
def test_a_token_of_another_list_is_none(other: Wanted) -> None:
    with pytest.raises(InvalidPageToken):
        _read_token(_token(b"place", WANTED, MOMENT), other)


def test_a_case_that_has_closed_needs_nobody() -> None:
    assert "ExecutionStatus = 'Running'" in Wanted(attention=True).query(MOMENT)
