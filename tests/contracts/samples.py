"""What crosses a process boundary, and samples of it: `make histories` keeps those of the next release.

A folder for each release holds `samples.json`, what the release writes, and `schemas/`, what it reads: those
for senders and, in `models.schema.json`, of every model. None is written anew once its release is out.
"""

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from conviction_gate.contracts import case, history
from conviction_gate.contracts.internal import activities as work
from conviction_gate.contracts.internal.facts import Facts
from conviction_gate.contracts.schemas import write
from conviction_gate.contracts.signals import SIGNALS
from tests.replay.record import release
from workflows.state import CaseState

FOLDER: Final = Path(__file__).parent
MODELS: Final[dict[str, type[BaseModel]]] = {
    model.__name__: model
    for model in (
        *(signal.model for signal in SIGNALS.values()),
        history.HistoryAnswer,
        *(case.CaseView, case.CaseResult, case.SubmitAnswer, case.CorrectionResult, case.Flag),
        *(work.Intervals, work.HistoryRequest, work.HistoryFound, work.RecalledCase),
        *(work.OffensesToClassify, work.OffensesClassified, work.DocketRequest, work.DocketFound),
        *(work.RulingsToPermit, work.RulingsPermitted),
        *(work.Conclusion, work.Concluded, work.Withdrawal, work.CorrectionRequest, work.Corrected),
        *(Facts, CaseState),
    )
}
"""Signals and updates, starts, answers, what activities take and give, what a case carries and leaves."""

Place = tuple[str | int, ...]
_TEXTS: Final = {
    "date": "2013-07-15",
    "date-time": "2013-07-15T08:00:00Z",
    "duration": "P7D",
    "^[A-Z]{2}[A-Z0-9]{7}$": "CAZZ00100",
    "": "x-1",
}


def folders() -> list[Path]:
    """The folder of each release, the oldest first."""
    found = [folder for folder in FOLDER.iterdir() if folder.name[0].isdigit()]
    return sorted(found, key=lambda folder: [int(part) for part in folder.name.split(".")])


def samples(model: type[BaseModel]) -> list[Any]:
    """What a model writes: with as little as it takes, with everything, and with every word in its place."""
    schema = model.model_json_schema()
    whole = _filled(schema, schema, whole=True)
    given = [_filled(schema, schema, whole=False), whole]
    places = [*_words(schema, schema, ())]
    for n in range(max((len(words) for _, words in places), default=0)):
        given.append(with_words(whole, {path: words[n % len(words)] for path, words in places}))
    written = [json.loads(model.model_validate_json(json.dumps(one)).model_dump_json()) for one in given]
    return [one for n, one in enumerate(written) if one not in written[:n]]


def read_schemas() -> dict[str, Any]:
    """What each model reads today, as JSON Schemas with their definitions beside them."""
    return models_json_schema([(model, "validation") for model in MODELS.values()])[1]


def keep(folder: Path) -> None:
    """Write the samples and the schemas of today into a new folder."""
    folder.mkdir()
    texts = (f"{json.dumps(name)}: {_lines(samples(model))}" for name, model in MODELS.items())
    (folder / "samples.json").write_text("{" + ",\n".join(texts) + "}\n")
    write(folder / "schemas")
    (folder / "models.schema.json").write_text(json.dumps(read_schemas(), indent=1) + "\n")


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """The schema that a reference within `root` names, or the schema itself."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _filled(schema: dict[str, Any], root: dict[str, Any], *, whole: bool) -> Any:
    schema = resolved(schema, root)
    if "oneOf" in schema:  # what replaces a message, under an id of its own
        return _filled(schema["oneOf"][0], root, whole=whole) | {"message_id": "x-2"}
    if "anyOf" in schema:
        return _filled(_not_null(schema), root, whole=whole)
    match schema:
        case {"const": word}:
            return word
        case {"enum": [word, *_]}:
            return word
        case {"type": "object", "properties": properties}:
            names = properties if whole or "Subject" in schema.get("title", "") else schema.get("required", ())
            return {name: _filled(properties[name], root, whole=whole) for name in names}
        case {"type": "object", "additionalProperties": dict(inner)}:
            return {"docket_check": _filled(inner, root, whole=whole)}
        case {"type": "array", "items": inner}:
            return [_filled(inner, root, whole=whole)]
        case {"type": "boolean"}:
            return True
        case {"type": "integer"}:
            return 7
        case {"type": "string", "examples": [word, *_]}:
            return word
        case {"type": "string"}:
            return _TEXTS.get(schema.get("format") or schema.get("pattern", ""), "x-1")
        case _:
            raise AssertionError(f"teach tests/contracts/samples.py to fill {schema}")


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in schema["anyOf"] if one.get("type") != "null")
    return found


def words_in(model: type[BaseModel]) -> Iterator[Place]:
    """The place of every word in a model's whole sample."""
    schema = model.model_json_schema()
    yield from (place for place, _ in _words(schema, schema, ()))


def _words(schema: dict[str, Any], root: dict[str, Any], path: Place) -> Iterator[tuple[Place, list[str]]]:
    """Every field that takes one of some words, as the path to it in a whole sample."""
    schema = resolved(schema, root)
    if "oneOf" in schema:
        yield from _words(schema["oneOf"][0], root, path)
    if "anyOf" in schema:
        yield from _words(_not_null(schema), root, path)
    if words := schema.get("enum") or schema.get("examples"):
        yield path, words
    for name, inner in schema.get("properties", {}).items():
        yield from _words(inner, root, (*path, name))
    if schema.get("type") == "array":
        yield from _words(schema["items"], root, (*path, 0))


def with_words(whole: Any, words: dict[Place, str]) -> Any:
    changed = copy.deepcopy(whole)
    for path, word in words.items():
        inner = changed
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = word
    return changed


def _lines(written: list[Any]) -> str:
    return "[\n" + ",\n".join(json.dumps(one) for one in written) + "\n]"


def main() -> int:
    """Keep the contracts of the next release; 1 with one line where they are kept already."""
    folder = FOLDER / release()
    if folder.exists():
        print(
            f"the contracts of {folder.name} are kept already, and never written anew once it is out; raise "
            f"the version in pyproject.toml, or, before that, remove tests/contracts/{folder.name} first",
            file=sys.stderr,
        )
        return 1
    keep(folder)
    print(f"samples of {len(MODELS)} models in tests/contracts/{folder.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
