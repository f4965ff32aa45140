"""Contracts only ever grow: what a release wrote is read today, and what is written today it would read."""

import copy
import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_type_hints

import pytest
from pydantic import BaseModel
from pydantic_settings import BaseSettings

import conviction_gate.registry.entries  # noqa: F401
import tests.contracts.samples
from activities import LookUps, Outcomes
from conviction_gate import policy  # noqa: F401  (so that every model of the project is known)
from conviction_gate.contracts.internal.activities import ActivityResult
from tests.contracts.samples import MODELS, folders, main, read_schemas, samples, with_words, words_in
from tests.contracts.schema import misfits, narrower
from tests.replay.record import release, version

BROKEN = (
    "{what}\nof {model}, release {release}. Contracts only ever grow: add a new optional field with a default, "
    "and keep the old one (docs/changing-workflows.md). Before that release is out, remove its folder in "
    "tests/contracts and run `python -m tests.contracts.samples`."
)
READ_BY_WORKFLOWS: Final = frozenset(
    {"CaseState", "Facts", "RecalledCase", "HistoryFound", "OffensesClassified", "Concluded", "Corrected"}
)
"""Of a word that it does not know in these, an older worker's workflow tells on, or holds its case."""
BEAR_NEW_WORDS: Final = READ_BY_WORKFLOWS | {"Conclusion", "Withdrawal"}
"""These and what an older worker's activity refuses, so that a newer one's does it. No message, and no
answer to a sender, is among them."""
RELEASES = [pytest.param(folder, id=folder.name) for folder in folders()]


def kept(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def lost(old: Any, new: Any, at: str = "") -> Iterator[str]:
    """What `old` says and `new` does not; what `new` says beside it is no loss."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            if name in new:
                yield from lost(value, new[name], f"{at}.{name}")
            else:
                yield f"{at}.{name} is lost"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for n, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from lost(before, after, f"{at}.{n}")
    elif old != new:
        yield f"{at} was {old!r} and is read as {new!r}"


def as_read(model: type[BaseModel], sample: Any) -> Any:
    return json.loads(model.model_validate_json(json.dumps(sample)).model_dump_json())


def read_today(model: type[BaseModel], name: str, written: list[Any], of: str) -> None:
    """Raises an `AssertionError` where today's model does not read what a release wrote."""
    for sample in written:
        try:
            losses = [*lost(sample, as_read(model, sample))]
        except ValueError as error:
            losses = [str(error)]
        assert not losses, BROKEN.format(what="\n".join(losses), model=name, release=of)


@pytest.mark.parametrize("folder", RELEASES)
def test_what_a_release_wrote_is_read_today(folder: Path) -> None:
    for name, written in kept(folder, "samples.json").items():
        read_today(MODELS[name], name, written, folder.name)


def read_then(schemas: dict[str, Any], name: str, written: list[Any], of: str) -> None:
    """Raises an `AssertionError` where a release would not read what is written today."""
    for sample in written:
        reasons = [*misfits(sample, {"$ref": name}, schemas)]
        if name in BEAR_NEW_WORDS:
            reasons = [reason for reason in reasons if "is new" not in reason]
        assert not reasons, BROKEN.format(what="\n".join(reasons), model=name, release=of)


@pytest.mark.parametrize("folder", RELEASES)
def test_what_is_written_today_a_release_would_read(folder: Path) -> None:
    schemas = kept(folder, "models.schema.json")
    for name in set(MODELS) & set(schemas["$defs"]):
        read_then(schemas, name, samples(MODELS[name]), folder.name)


def takes_no_less(then: Any, now: Any, name: str, of: str) -> None:
    """Raises an `AssertionError` where today's model takes less than a release's did, limits too."""
    reasons = [*narrower({"$ref": name}, {"$ref": name}, (then, now))]
    assert not reasons, BROKEN.format(what="\n".join(reasons), model=name, release=of)


@pytest.mark.parametrize("folder", RELEASES)
def test_what_a_release_took_is_taken_today(folder: Path) -> None:
    then, now = kept(folder, "models.schema.json"), read_schemas()
    for name in set(MODELS) & set(then["$defs"]):
        takes_no_less(then, now, name, folder.name)


@pytest.mark.parametrize("folder", RELEASES)
def test_what_is_told_today_fits_the_schemas_that_senders_have(folder: Path) -> None:
    answers = {"case": "CaseView", "case_result": "CaseResult", "submit_answer": "SubmitAnswer"}
    for file, name in (answers | {"correction_result": "CorrectionResult", "flag": "Flag"}).items():
        schema = kept(folder, f"schemas/{file}.schema.json")
        for sample in samples(MODELS[name]):
            reasons = [*misfits(sample, schema, schema)]
            assert not reasons, BROKEN.format(what="\n".join(reasons), model=file, release=folder.name)


def test_the_contracts_of_this_release_are_kept() -> None:
    newest = folders()[-1]
    if newest.name != release():
        assert ".dev" in version(), "a release keeps its contracts: run `make histories`"
        return
    missing = set(MODELS) - set(kept(newest, "samples.json"))
    assert not missing, (
        f"{sorted(missing)} came after {newest.name} was kept; raise the version, `make histories`"
    )


def test_what_a_release_wrote_is_never_given_up() -> None:
    for folder in folders():
        assert set(kept(folder, "samples.json")) <= set(MODELS)


def test_every_model_of_an_activity_has_samples() -> None:
    for method in (m for c in (LookUps, Outcomes) for m in vars(c).values() if inspect.isfunction(m)):
        if hasattr(method, "__temporal_activity_definition"):
            crossing = {hint for hint in get_type_hints(method).values() if hint is not str}
            assert crossing <= set(MODELS.values()), f"add what {method.__name__} takes and gives to MODELS"


def test_the_contracts_of_a_release_are_never_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tests.contracts.samples, "FOLDER", tmp_path)
    assert main() == 0
    (folder,) = tmp_path.iterdir()
    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    assert set(kept(folder, "samples.json")) == set(MODELS)
    assert main() == 1
    assert "raise the version" in capsys.readouterr().err
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before


# Changes that would not be read ---------------------------------------------------------------------

LOOSE = {"message_id": "x-1", "charge_id": "1", "decided_on": "2013-07-15", "severity": "felony"}


class Renamed(BaseModel):
    message_id: str
    charge: str = ""


class Required(BaseModel):
    message_id: str
    judge: str


@pytest.mark.parametrize("model", [Renamed, Required])
def test_a_field_that_is_renamed_or_required_is_found_out(model: type[BaseModel]) -> None:
    with pytest.raises(AssertionError, match="only ever grow"):
        read_today(model, "Conviction", [LOOSE], "0.1.0")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"severity": "petty"}, "the word 'petty' is new"),
        ({"charge_id": 7}, "not of type string"),
        ({"charge_id": None}, "not of type string"),
        ({"charge_id": "9" * 200}, "longer than 128"),
    ],
)
def test_what_a_release_would_not_read_is_found_out(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        read_then(read_schemas(), "Conviction", [LOOSE | changed], "0.1.0")


@pytest.mark.parametrize(
    ("field", "changed", "reason"),
    [
        ("message_id", {"type": "string", "maxLength": 64, "minLength": 1}, "maxLength was 128 and is 64"),
        ("charge_id", {"type": "string", "minLength": 2}, "minLength was 1 and is 2"),
        ("message_id", {"type": "string", "pattern": "^x"}, "pattern was not set and is"),
        ("severity", {"enum": ["felony"], "type": "string"}, "no longer takes"),
        ("decided_on", {"type": "string", "format": "date-time"}, "format was date and is date-time"),
        ("sender", {"type": "string"}, "type was null and is string"),
    ],
)
def test_a_limit_that_is_tightened_is_found_out(field: str, changed: Any, reason: str) -> None:
    then = read_schemas()
    now = copy.deepcopy(then)
    now["$defs"]["Conviction"]["properties"][field] = changed
    with pytest.raises(AssertionError, match=reason):
        takes_no_less(then, now, "Conviction", "0.1.0")
    takes_no_less(then, then, "Conviction", "0.1.0")


@pytest.mark.parametrize("name", ["OffensesClassified", "Conclusion"])
def test_a_new_word_may_be_written_where_an_older_worker_bears_it(name: str) -> None:
    text = json.dumps(samples(MODELS[name])[1])
    newer = [json.loads(text.replace("minor_traffic", "street_racing"))]
    assert "street_racing" in json.dumps(newer)
    read_then(read_schemas(), name, newer, "0.1.0")
    with pytest.raises(AssertionError, match="not of type"):
        read_then(read_schemas(), name, [dict.fromkeys(newer[0])], "0.1.0")


# What a newer worker wrote, read by an older one after a rollback -----------------------------------


def grown(value: Any) -> Any:
    """The same with a field in each object that nobody knows."""
    if isinstance(value, dict):
        return {"since_0_9": [1]} | {name: grown(inner) for name, inner in value.items()}
    return [grown(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"CaseState"}))
def test_a_field_that_nobody_knows_is_passed_over(name: str) -> None:
    for sample in samples(MODELS[name]):
        assert as_read(MODELS[name], grown(sample)) == sample


def test_a_carried_state_passes_over_what_it_does_not_know() -> None:
    for sample in samples(MODELS["CaseState"]):
        # Three of its fields are tables, whose keys are anybody's.
        newer = grown(sample) | {name: sample[name] for name in ("seen", "remembered", "due")}
        assert as_read(MODELS["CaseState"], newer) == sample


@pytest.mark.parametrize("name", sorted(READ_BY_WORKFLOWS))
def test_a_word_that_nobody_knows_is_kept_or_not_read_at_all(name: str) -> None:
    model, sample = MODELS[name], samples(MODELS[name])[1]
    places = [*words_in(model)]
    assert places
    for place in places:
        newer = with_words(sample, {place: "since_0_9"})
        read = model.model_validate_json(json.dumps(newer))
        unread = isinstance(read, ActivityResult) and not read.is_read
        assert unread or not [*lost_of_any_order(newer, json.loads(read.model_dump_json()))], place


def lost_of_any_order(old: Any, new: Any) -> Iterator[str]:
    """What is lost where entries that could not be read come last."""
    yield from lost(in_order(old), in_order(new))


def in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: in_order(inner) for name, inner in value.items()}
    return sorted(map(in_order, value), key=json.dumps) if isinstance(value, list) else value


def test_every_answer_that_says_when_it_is_not_read_is_held_to_it() -> None:
    assert {model.__name__ for model in ActivityResult.__subclasses__()} <= READ_BY_WORKFLOWS


# Defaults ---------------------------------------------------------------------------------------------


def models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        if not model.__module__.startswith(("pydantic", "temporalio")):
            yield model
        yield from models(model)


def test_no_default_reads_the_clock_or_makes_an_id() -> None:
    """A default is worked out whenever a history is played back: it must be the same each time."""
    for model in models():
        if issubclass(model, BaseSettings):  # no part of a case
            continue
        for name, field in model.model_fields.items():
            assert field.default_factory in (None, list, dict, set, tuple), (
                f"{model.__module__}.{model.__name__}.{name}: a default that is worked out differs at each "
                "replay; let the workflow or an activity give the value"
            )
