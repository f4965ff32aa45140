"""The policy's property and its mirror in every state of a small world; `pytest -s` counts the states."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from itertools import product
from multiprocessing import get_context

import pytest

from tests.support.small_world import (
    ASKED,
    CHARGED,
    COURT_PROCESS,
    EXCLUDED,
    IN_SCOPE,
    NON_TRAFFIC,
    PASTS,
    World,
)
from tests.support.small_world_walks import Seen, explore_falls, explore_orders, explore_sets

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
PAIRS = [
    (MINOR, MINOR),
    (MINOR_UNKNOWN, RECKLESS),
    (MINOR_INFRACTION, COURT_PROCESS),
    (MINOR, UNCLASSIFIED),
]
ASKED_AND_RULED = [
    World((MINOR,), word="conviction"),
    World((MINOR_UNKNOWN,), word="not_conviction"),
    World((MINOR, RECKLESS), word="not_conviction"),
    World((RECKLESS, COURT_PROCESS), word="conviction"),
    World((UNCLASSIFIED,), word="minor_traffic"),
    World((MINOR,), "unclear", word="history_clean"),
    World((MINOR,), "unclear", word="history_not_clean"),
]
RECORD_CHANGED = [
    World((MINOR,), "another crime", "clean"),
    World((MINOR,), "clean", "another crime"),
    World((MINOR,), "a priority", "unclear", word="history_not_clean"),
    World((DUI,), "clean", "unclear"),
]
MESSAGES_MOST = 29
TIME_LIMIT = pytest.mark.timeout(600)  # two slow cores under load; alone, two minutes for all
SOAK = [pytest.mark.soak, pytest.mark.timeout(7200)]


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
    """The states of all worlds together, printed and counted; fewer than `least` is a world that shrank."""
    seen = sum(found, Seen())
    print(f"\n{what}: {seen.total()} states, {dict(seen)}")
    assert seen.total() >= least
    total.update(seen)
    return seen


def test_a_world_holds_one_message_of_each_class() -> None:
    world = World((MINOR,), then="unclear", word="conviction")
    assert len(world.messages) == len({message.message_id for message in world.messages}) == MESSAGES_MOST


@TIME_LIMIT
def test_every_set_of_four_on_one_charge(pool: Executor, total: Seen) -> None:
    worlds = [World((charged,)) for charged in (MINOR, MINOR_UNKNOWN, RECKLESS, COURT_PROCESS)]
    seen = looked_at("one charge", pool.map(partial(explore_sets, most=4), worlds), total, 169_000)
    assert min(seen[answer] for answer in ("flag", "clear", "review", "wait")) > 1_000


@TIME_LIMIT
def test_every_set_of_three_on_one_charge_of_every_class_and_severity(pool: Executor, total: Seen) -> None:
    worlds = [World((charged,)) for charged in CHARGED]
    looked_at("classes", pool.map(partial(explore_sets, most=3), worlds), total, 81_000)


@TIME_LIMIT
def test_every_set_of_three_on_two_charges(pool: Executor, total: Seen) -> None:
    worlds = [World(pair) for pair in (*PAIRS, (COURT_PROCESS, MINOR), (MINOR, DUI))]
    looked_at("two charges", pool.map(partial(explore_sets, most=3), worlds), total, 38_000)


@TIME_LIMIT
def test_every_set_of_two_on_two_charges_of_every_severity(pool: Executor, total: Seen) -> None:
    worlds = [World(pair) for pair in product(CHARGED, repeat=2)]
    looked_at("severities", pool.map(partial(explore_sets, most=2), worlds, chunksize=20), total, 111_000)


@TIME_LIMIT
def test_every_set_of_three_where_the_court_speaks_of_both_charges(pool: Executor, total: Seen) -> None:
    worlds = [World(pair, on_both=True) for pair in PAIRS]
    looked_at("either charge", pool.map(partial(explore_sets, most=3), worlds), total, 146_000)


@TIME_LIMIT
def test_every_set_of_three_with_every_kind_of_history(pool: Executor, total: Seen) -> None:
    worlds = [World(charges, past) for charges in [(MINOR,), (MINOR_UNKNOWN, RECKLESS)] for past in PASTS]
    looked_at("histories", pool.map(partial(explore_sets, most=3), worlds), total, 167_000)


@TIME_LIMIT
def test_every_set_of_two_on_every_class_with_every_kind_of_history(pool: Executor, total: Seen) -> None:
    worlds = [World((charged,), past) for charged in ONE_OF_EACH_CLASS for past in PASTS]
    found = pool.map(partial(explore_sets, most=2), worlds, chunksize=10)
    looked_at("classes and histories", found, total, 75_000)


@TIME_LIMIT
def test_every_message_on_every_two_charges_with_every_kind_of_history(pool: Executor, total: Seen) -> None:
    worlds = [World(pair, past) for pair in product(CHARGED, repeat=2) for past in PASTS]
    looked_at("all of them", pool.map(partial(explore_sets, most=1), worlds, chunksize=50), total, 103_000)


@TIME_LIMIT
def test_every_flag_falls_with_its_ground(pool: Executor, total: Seen) -> None:
    """The mirror: whatever falls, however late, of every set of three in scope and of two elsewhere."""
    in_scope = [World((charged,)) for charged in IN_SCOPE]
    others = [World((charged,)) for charged in (*EXCLUDED, NON_TRAFFIC, *ASKED, COURT_PROCESS)]
    others += [World((MINOR,), past) for past in PASTS] + [World(pair) for pair in (*PAIRS, (MINOR, DUI))]
    seen = looked_at("falls", pool.map(partial(explore_falls, most=3), in_scope), total, 10_000)
    assert min(seen["withdrawn"], seen["stands"]) > 1_000
    seen = looked_at("falls elsewhere", pool.map(partial(explore_falls, most=2), others), total, 34_000)
    assert min(seen["withdrawn"], seen["stands"]) > 1_000


@TIME_LIMIT
def test_every_order_and_repetition_of_two_one_by_one(pool: Executor, total: Seen) -> None:
    worlds = [*ASKED_AND_RULED, *RECORD_CHANGED, *(World((charged,)) for charged in ONE_OF_EACH_CLASS)]
    seen = looked_at("one by one", pool.map(partial(explore_orders, most=2), worlds), total, 60_000)
    assert min(seen[outcome] for outcome in ("flagged", "cleared", "withdrawn", "open")) > 500
    assert seen["flagged again"] > 20


@TIME_LIMIT
@pytest.mark.parametrize("kind", ["appeals", "corrections"])
def test_every_order_and_repetition_of_three_of_the_same_kind(kind: str, pool: Executor, total: Seen) -> None:
    worlds = {
        "appeals": [*ASKED_AND_RULED[:2], World((RECKLESS,))],
        "corrections": [*ASKED_AND_RULED[4:], *RECORD_CHANGED],
    }[kind]
    explore = partial(explore_orders, most=3, kind=kind)
    seen = looked_at(kind, pool.map(explore, worlds), total, 44_000)
    assert min(seen[outcome] for outcome in ("flagged", "cleared", "withdrawn", "open")) > 200
    assert seen["flagged again"] > 20


@pytest.mark.parametrize("most", [pytest.param(5, marks=SOAK)])
def test_larger_sets_on_one_charge(most: int, pool: Executor, total: Seen) -> None:
    worlds = [World((charged,)) for charged in (*IN_SCOPE, COURT_PROCESS)]
    looked_at("one charge", pool.map(partial(explore_sets, most=most), worlds), total, 500_000)


@pytest.mark.parametrize("most", [pytest.param(4, marks=SOAK)])
def test_larger_sets_on_two_charges_of_every_class(most: int, pool: Executor, total: Seen) -> None:
    worlds = [World(pair) for pair in product(ONE_OF_EACH_CLASS, repeat=2)]
    looked_at("two charges", pool.map(partial(explore_sets, most=most), worlds), total, 2_000_000)


@pytest.mark.parametrize("most", [pytest.param(3, marks=SOAK)])
def test_the_mirror_on_every_class_and_history(most: int, pool: Executor, total: Seen) -> None:
    worlds = [World((charged,), past) for charged in ONE_OF_EACH_CLASS for past in PASTS]
    looked_at("falls", pool.map(partial(explore_falls, most=most), worlds), total, 1_000_000)


@pytest.mark.parametrize("most", [pytest.param(3, marks=SOAK)])
def test_every_order_of_all_messages(most: int, pool: Executor, total: Seen) -> None:
    worlds = [*ASKED_AND_RULED, *RECORD_CHANGED]
    looked_at("one by one", pool.map(partial(explore_orders, most=most), worlds), total, 1_000_000)
