"""The schemas in docs/ are those of the contract as it is now, and nothing else lies there."""

import json
from pathlib import Path
from typing import Any

import pytest

from conviction_gate.contracts.schemas import main, schemas, write
from conviction_gate.contracts.signals import SIGNALS

FOLDER = Path(__file__).parents[3] / "docs" / "schemas"


def read(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(schemas()[f"{name}.schema.json"])
    return schema


def test_the_schemas_in_docs_are_fresh() -> None:
    there = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}
    assert there == schemas(), "run `make schemas`"


def test_every_message_and_every_answer_has_one() -> None:
    answers = {"case", "case_result", "correction_result", "flag", "submit_answer"}
    inputs = {*SIGNALS, "submit", "flag_correction", "history_answer"}
    assert set(schemas()) == {f"{name}.schema.json" for name in answers | inputs}


def test_submit_takes_every_signal_by_its_name() -> None:
    kinds = read("submit")["$defs"].values()
    named = {kind["properties"]["type"]["const"] for kind in kinds if "type" in kind["properties"]}
    assert named == set(SIGNALS)


def test_a_flag_correction_names_its_case_and_may_leave_its_type_out() -> None:
    schema = read("flag_correction")
    kinds = {name: kind for name, kind in schema["$defs"].items() if name.startswith("FlagCorrectionBy")}
    assert [one["$ref"].rpartition("/")[2] for one in schema["anyOf"]] == [*kinds]
    types = [kind["properties"]["type"] for kind in kinds.values()]
    named = {type.get("const") or type["anyOf"][0]["const"] for type in types}
    assert named == set(SIGNALS) - {"review_decision"}
    assert all({"agency", "tracking_number"} <= set(kind["required"]) for kind in kinds.values())
    may_leave_it_out = [name for name, kind in kinds.items() if "type" not in kind["required"]]
    assert may_leave_it_out == ["FlagCorrectionByCorrection"]


def test_an_entry_may_be_any_word() -> None:
    assert "enum" not in read("court_update")["properties"]["entry"]


def test_a_replacement_may_fit_the_schemas_of_two_messages() -> None:
    """A dismissal has all that a conviction needs: of `oneOf` it would fit none."""
    assert len(read("correction")["properties"]["replacement"]["anyOf"]) == 6 + len(["null"])
    assert "oneOf" not in "".join(schemas().values())


def test_writing_removes_what_is_stale(tmp_path: Path) -> None:
    (tmp_path / "gone.schema.json").write_text("{}")
    (tmp_path / "README.md").write_text("kept")
    assert main([str(tmp_path)]) == 0
    assert {file.name for file in tmp_path.iterdir()} == {*schemas(), "README.md"}


def test_writing_makes_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b")
    assert {file.name for file in (tmp_path / "a" / "b").iterdir()} == set(schemas())


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_one_folder_must_be_named(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "python -m conviction_gate.contracts.schemas docs/schemas" in capsys.readouterr().err
