"""The policy's property in every state of a small world, and how many states that are (`pytest -s`)."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from itertools import product
from multiprocessing import get_context

import pytest

from tests.unit.small_world import (
    ASKED,
    CHARGED,
    COURT_PROCESS,
    EXCLUDED,
    IN_SCOPE,
    NON_TRAFFIC,
    PASTS,
    Seen,
    World,
    explore_orders,
    explore_sets,
)

MINOR, MINOR_INFRACTION, MINOR_UNKNOWN, RECKLESS = IN_SCOPE
SERIOUS, _, UNCLASSIFIED = ASKED
DUI, HIT_AND_RUN, RECKLESS_INJURY, _, _ = EXCLUDED
ONE_OF_EACH_CLASS = (
    MINOR,
    RECKLESS,
    DUI,
    HIT_AND_RUN,
    RECKLESS_INJURY,
    SERIOUS,
    NON_TRAFFIC,
    COURT_PROCESS,
    UNCLASSIFIED,
)
MESSAGES_MOST = 17
TIME_LIMIT = pytest.mark.timeout(600)  # two slow cores under load; alone, a minute and a half for all


@pytest.fixture(scope="module")
def total(pytestconfig: pytest.Config) -> Iterator[Seen]:
    seen = Seen()
    yield seen
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{seen.total():,} states of the small world in all")


@pytest.fixture(scope="module")
def pool() -> Iterator[Executor]:
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        yield pool


def looked_at(what: str, found: Iterable[Seen], total: Seen, least: int) -> Seen:
    """The states of all worlds together, told and counted; fewer than `least` is a world that shrank."""
    seen = sum(found, Seen())
    print(f"\n{what}: {seen.total()} states, {dict(seen)}")
    assert seen.total() >= least
    total.update(seen)
    return seen


def test_a_world_holds_one_message_of_each_class() -> None:
    assert len(World((MINOR,), word="conviction").messages) == MESSAGES_MOST


@TIME_LIMIT
def test_every_set_of_four_on_one_charge_of_every_class_and_severity(pool: Executor, total: Seen) -> None:
    worlds = [World((charged,)) for charged in CHARGED]
    seen = looked_at("one charge", pool.map(partial(explore_sets, most=4), worlds), total, 43_000)
    assert min(seen[answer] for answer in ("flag", "clear", "review", "wait")) > 1_000


@TIME_LIMIT
def test_every_set_of_four_on_two_charges_of_every_class(pool: Executor, total: Seen) -> None:
    worlds = [World(pair) for pair in product(ONE_OF_EACH_CLASS, repeat=2)]
    seen = looked_at("two charges", pool.map(partial(explore_sets, most=4), worlds), total, 216_000)
    assert min(seen[answer] for answer in ("flag", "clear", "review", "wait")) > 1_000


@TIME_LIMIT
def test_every_set_of_two_on_two_charges_of_every_severity(pool: Executor, total: Seen) -> None:
    worlds = [World(pair) for pair in product(CHARGED, repeat=2)]
    looked_at("severities", pool.map(partial(explore_sets, most=2), worlds), total, 34_000)


@TIME_LIMIT
def test_every_set_of_three_where_the_court_speaks_of_both_charges(pool: Executor, total: Seen) -> None:
    pairs = [
        (MINOR, MINOR),
        (MINOR_UNKNOWN, RECKLESS),
        (MINOR_INFRACTION, COURT_PROCESS),
        (MINOR, UNCLASSIFIED),
    ]
    worlds = [World(pair, on_both=True) for pair in pairs]
    looked_at("either charge", pool.map(partial(explore_sets, most=3), worlds), total, 27_000)


@TIME_LIMIT
def test_every_set_of_four_with_every_kind_of_history(pool: Executor, total: Seen) -> None:
    worlds = [World(charges, past) for charges in [(MINOR,), (MINOR_UNKNOWN, RECKLESS)] for past in PASTS]
    looked_at("histories", pool.map(partial(explore_sets, most=4), worlds), total, 48_000)


@TIME_LIMIT
def test_every_set_of_three_on_every_class_with_every_kind_of_history(pool: Executor, total: Seen) -> None:
    worlds = [World((charged,), past) for charged in ONE_OF_EACH_CLASS for past in PASTS]
    looked_at("classes and histories", pool.map(partial(explore_sets, most=3), worlds), total, 60_000)


@TIME_LIMIT
def test_every_message_on_every_two_charges_with_every_kind_of_history(pool: Executor, total: Seen) -> None:
    worlds = [World(pair, past) for pair in product(CHARGED, repeat=2) for past in PASTS]
    looked_at("all of them", pool.map(partial(explore_sets, most=1), worlds, chunksize=20), total, 34_000)


@TIME_LIMIT
def test_every_order_and_repetition_of_three_one_by_one(pool: Executor, total: Seen) -> None:
    worlds = [
        World((MINOR,), word="conviction"),
        World((MINOR_UNKNOWN,), word="not_conviction"),
        World((MINOR, RECKLESS), word="not_conviction"),
        World((RECKLESS, COURT_PROCESS), word="conviction"),
        World((UNCLASSIFIED,), word="minor_traffic"),
        World((MINOR,), "unclear", word="history_clean"),
        World((MINOR,), "unclear", word="history_not_clean"),
    ]
    seen = looked_at("one by one", pool.map(partial(explore_orders, most=3), worlds), total, 171_000)
    assert min(seen[outcome] for outcome in ("flagged", "cleared", "withdrawn", "open")) > 1_000


@TIME_LIMIT
def test_every_order_and_repetition_of_two_on_every_class_and_history(pool: Executor, total: Seen) -> None:
    worlds = [World((charged,), past) for charged in ONE_OF_EACH_CLASS for past in PASTS]
    looked_at("after the end", pool.map(partial(explore_orders, most=2), worlds), total, 60_000)
