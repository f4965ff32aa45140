"""Contracts only ever grow: what a release wrote is read today, and what is written today it would read."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints

import pytest
from pydantic import BaseModel

import policy  # noqa: F401  (so that every model of the house is known)
import registry.entries  # noqa: F401
import tests.contracts.samples
from activities import LookUps, Outcomes
from contracts.facts import PlacedOffense
from tests.contracts.samples import MODELS, folders, main, read_schemas, samples
from tests.contracts.schema import misfits
from tests.replay.record import release, version

BROKEN = (
    "{what}\nof {model}, release {release}. Contracts only ever grow: add a new optional field with a default, "
    "and keep the old one (docs/changing-workflows.md). Before that release is out, remove its folder and run "
    "`make histories`."
)
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
        assert not reasons, BROKEN.format(what="\n".join(reasons), model=name, release=of)


@pytest.mark.parametrize("folder", RELEASES)
def test_what_is_written_today_a_release_would_read(folder: Path) -> None:
    schemas = kept(folder, "models.schema.json")
    for name in set(MODELS) & set(schemas["$defs"]):
        read_then(schemas, name, samples(MODELS[name]), folder.name)


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
        # Two of its fields are tables, whose keys are anybody's.
        newer = grown(sample) | {name: sample[name] for name in ("seen", "due")}
        assert as_read(MODELS["CaseState"], newer) == sample


@pytest.mark.parametrize("words", [("street_racing", "felony"), ("other_traffic_serious", "petty")])
def test_a_place_that_nobody_knows_goes_to_a_person(words: tuple[str, str]) -> None:
    offense = {"scheme": "CA-VC", "code": "1", "charge_class": words[0], "severity": words[1]}
    placed = PlacedOffense.model_validate_json(json.dumps(offense))
    assert (placed.charge_class, placed.severity) == ("unclassified", None)


# Defaults ---------------------------------------------------------------------------------------------


def models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        if not model.__module__.startswith(("pydantic", "temporalio")):
            yield model
        yield from models(model)


def test_no_default_reads_the_clock_or_makes_an_id() -> None:
    """A default is worked out whenever a history is played back: it must be the same each time."""
    for model in models():
        for name, field in model.model_fields.items():
            assert field.default_factory in (None, list, dict, set, tuple), (
                f"{model.__module__}.{model.__name__}.{name}: a default that is worked out differs at each "
                "replay; let the workflow or an activity give the value"
            )
